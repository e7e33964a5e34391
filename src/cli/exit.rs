//! The exit statuses.

use std::process::ExitCode;

use super::interrupt;
use crate::answer::Answer;
use crate::error::ErrorType;

/// The exit status if the event or the flags are wrong, which is also clap's.
const WRONG: u8 = 2;
/// The exit status that a shell reports for a program ended by SIGPIPE.
pub(super) const PIPE_CLOSED: u8 = 141;

/// Returns the exit status for an answer.
pub(super) fn exit_status(answer: &Answer) -> ExitCode {
    match (answer, interrupt::received()) {
        (Answer::Failed(error), _) if error.error_type == ErrorType::InvalidRequest => ExitCode::from(WRONG),
        (answer, _) if answer.ok() => ExitCode::SUCCESS,
        (_, Some(number)) => ExitCode::from(interrupt::exit_status(number)),
        (_, None) => ExitCode::FAILURE,
    }
}
