//! Prepares and runs the request of a command.

use std::io::IsTerminal;
use std::time::Duration;

use super::arguments::AwsArguments;
use super::interrupt::Interrupts;
use crate::answer::Answer;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::event::{self, RawEvent};
use crate::handler;
use crate::job::Request;
use crate::pipeline::{Run, Shared};
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
    shared: Shared,
    run: Run,
    interrupts: Interrupts,
}

/// Begins a command: refuses malformed AWS names before the SDK sees them, then reads the request from
/// `event`.
pub(super) fn begin(
    aws: &AwsArguments,
    environment: Environment,
    timeout: Option<u64>,
    log: Log,
    event: impl FnOnce() -> Result<RawEvent>,
) -> Result<Begun> {
    aws.check(&environment)?;
    let event = event()?;
    let unwatched = log == Log::Unwatched && !std::io::stderr().is_terminal();
    if unwatched || environment.get("LOG_LEVEL").is_some() {
        telemetry::init(&environment, Output::Stderr);
    }
    let interrupts = Interrupts::watch();
    let run = Run::by_hand(request_id(), timeout.map(Duration::from_secs), interrupts.once.clone());
    let request = event::read(&event, &environment);
    let shared = Shared::new(environment).with_profile(aws.profile.clone(), aws.region.clone());
    Ok(Begun { request, shared, run, interrupts })
}

impl Begun {
    /// Runs the request and returns the answer and the request id. These commands write no metrics.
    pub(super) async fn answer(self) -> (Answer, String) {
        let Self { request, shared, run, interrupts } = self;
        let answer = interrupts.unless_twice(answer(&shared, request, &run, Output::Nowhere)).await;
        (answer, run.request_id)
    }
}

/// Returns the answer of a command that could not begin, and its request id.
pub(super) fn refusal(error: Error) -> (Answer, String) {
    (Answer::Failed(error), request_id())
}

fn request_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Runs the request. Its log lines contain the request id and the trace of `TRACEPARENT`.
pub(super) async fn answer(shared: &Shared, request: Request, run: &Run, output: Output) -> Answer {
    let context = RequestContext::new(&run.request_id, shared.environment.get("TRACEPARENT"));
    context.run(handler::answer(shared, request, run, Vec::new(), output)).await
}
