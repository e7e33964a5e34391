//! Prepares and runs the request of a command.

use std::io::IsTerminal;
use std::time::Duration;

use super::arguments::AwsArguments;
use super::interrupt::Interrupts;
use crate::answer::Answer;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::event::{self, Given, RawEvent};
use crate::handler;
use crate::job::Request;
use crate::pipeline::{Process, Run};
use crate::telemetry::{self, Output, RequestContext};

/// When a command writes the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// Only if `LOG_LEVEL` is set, since the answer says the same.
    Asked,
    /// Also if standard error is not a terminal.
    Unwatched,
}

/// A command whose request is ready to run.
pub(super) struct Begun {
    /// The request, which the command may change.
    pub(super) request: Request,
    pub(super) run: Run,
    /// Where the log goes, and the metrics of an extraction.
    pub(super) log: Output,
    process: Process,
    aws: AwsArguments,
    interrupts: Interrupts,
}

/// Begins a command: refuses malformed AWS names before the SDK sees them, then calls `read` for the event
/// and what the flags give in addition.
pub(super) fn begin(
    aws: &AwsArguments,
    environment: Environment,
    timeout: Option<u64>,
    log: Log,
    read: impl FnOnce(&Environment) -> Result<(RawEvent, Given)>,
) -> Result<Begun> {
    aws.check(&environment)?;
    let (event, given) = read(&environment)?;
    let unwatched = log == Log::Unwatched && !std::io::stderr().is_terminal();
    let log = if unwatched || environment.get("LOG_LEVEL").is_some() {
        telemetry::init(&environment, Output::Stderr);
        Output::Stderr
    } else {
        Output::Nowhere
    };
    let interrupts = Interrupts::watch();
    let run = Run::by_hand(request_id(), timeout.map(Duration::from_secs), interrupts.once.clone());
    let request = event::read_with(&event, &given, &environment);
    let process = Process::new(environment).with_profile(aws.profile.clone(), aws.region.clone());
    Ok(Begun { request, run, log, process, aws: aws.clone(), interrupts })
}

impl Begun {
    /// Runs the request and returns the answer and the request id.
    pub(super) async fn answer(self) -> (Answer, String) {
        if self.request.action.calls_aws()
            && let Err(error) = self.aws.check_profile(&self.process.environment).await
        {
            return refusal(error);
        }
        let Self { request, run, log, process, interrupts, .. } = self;
        // The log lines contain the request id and the trace of TRACEPARENT.
        let context = RequestContext::new(&run.request_id, process.environment.get("TRACEPARENT"));
        let answer = context.run(handler::answer(&process, request, &run, Vec::new(), log));
        let answer = interrupts.unless_twice(answer).await;
        (answer, run.request_id)
    }
}

/// Runs the request of a command that has begun, and returns the answer and the request id. A command that
/// could not begin is answered with its error.
pub(super) async fn answer_of(begun: Result<Begun>) -> (Answer, String) {
    match begun {
        Ok(begun) => begun.answer().await,
        Err(error) => refusal(error),
    }
}

/// Returns the answer of a command that could not begin, and its request id.
pub(super) fn refusal(error: Error) -> (Answer, String) {
    (Answer::Failed(error).for_shell(), request_id())
}

/// Returns the request id of a command.
pub(super) fn request_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}
