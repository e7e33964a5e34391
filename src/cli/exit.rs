//! The exit statuses.

use std::process::ExitCode;

use super::interrupt;
use crate::answer::Answer;
use crate::error::{Error, ErrorType};

const DONE: u8 = 0;
const FAILED: u8 = 1;
/// The exit status if the event or the flags are wrong, which is also clap's.
const WRONG: u8 = 2;
/// The exit status if the same may succeed later: `EX_TEMPFAIL` of sysexits.h.
const TEMPORARY: u8 = 75;
/// The exit status that a shell reports for a program ended by SIGPIPE.
pub(super) const PIPE_CLOSED: u8 = 141;

/// Returns the exit status for an answer.
pub(super) fn exit_status(answer: &Answer) -> ExitCode {
    ExitCode::from(status(answer, interrupt::received()))
}

/// Returns the exit status for an answer that could not be written to the place of `--result`. Whoever waits for it there
/// must not take this for a success.
pub(super) fn exit_status_unwritten(answer: &Answer, unwritten: &Error) -> ExitCode {
    ExitCode::from(match status(answer, interrupt::received()) {
        DONE => of_error(unwritten),
        status => status,
    })
}

fn status(answer: &Answer, interrupted: Option<i32>) -> u8 {
    match (answer, interrupted) {
        (Answer::Failed(error), _) if error.error_type == ErrorType::InvalidRequest => WRONG,
        (answer, _) if answer.ok() => DONE,
        (_, Some(number)) => interrupt::exit_status(number),
        (Answer::Failed(error), None) => of_error(error),
        (_, None) => FAILED,
    }
}

fn of_error(error: &Error) -> u8 {
    match error.error_type {
        // An existing object does not go away, and whoever interrupts a run does not want it again.
        ErrorType::ObjectExists | ErrorType::Cancelled => FAILED,
        _ if error.retryable => TEMPORARY,
        _ => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Stage;

    #[test]
    fn the_status_says_whether_the_same_may_succeed_later() {
        const TERMINATED: Option<i32> = Some(15);
        let failed = |error_type| Answer::Failed(Error::new(error_type, Stage::Event, "It failed."));
        for (error_type, undisturbed, terminated) in [
            (ErrorType::InvalidRequest, WRONG, WRONG),
            (ErrorType::QueryInvalid, FAILED, 143),
            (ErrorType::ConnectRefused, TEMPORARY, 143),
            (ErrorType::DeadlineExceeded, TEMPORARY, 143),
            (ErrorType::ObjectExists, FAILED, 143),
            (ErrorType::Cancelled, FAILED, 143),
        ] {
            assert_eq!(status(&failed(error_type), None), undisturbed, "{error_type}");
            assert_eq!(status(&failed(error_type), TERMINATED), terminated, "{error_type}");
        }
        assert_eq!(status(&Answer::DryRun(Vec::new()), TERMINATED), DONE);
    }
}
