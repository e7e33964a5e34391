//! One request from a shell: how a command begins, and its answer.

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

/// When a command writes its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// Where `LOG_LEVEL` asks for it: the answer says the same.
    Asked,
    /// And where no person watches.
    Unwatched,
}

/// A command that has begun.
pub(super) struct Begun {
    /// What it asks for; a command may change it.
    pub(super) request: Request,
    shared: Shared,
    run: Run,
    interrupts: Interrupts,
}

/// Begins a command: what is no name of AWS's is refused before AWS's client sees it, and only then `event` is made and read.
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
    /// Does what is asked for, and says under which request id. These commands leave no figures of a run, so no output is named
    /// for them.
    pub(super) async fn answer(self) -> (Answer, String) {
        let Self { request, shared, run, interrupts } = self;
        let answer = interrupts.unless_twice(answer(&shared, request, &run, Output::Nowhere)).await;
        (answer, run.request_id)
    }
}

/// The answer of a command that could not begin.
pub(super) fn refusal(error: Error) -> (Answer, String) {
    (Answer::Failed(error), request_id())
}

fn request_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Does what the request asks for; its lines in the log name it, and the trace of `TRACEPARENT`.
pub(super) async fn answer(shared: &Shared, request: Request, run: &Run, output: Output) -> Answer {
    let context = RequestContext::new(&run.request_id, shared.environment.get("TRACEPARENT"));
    context.run(handler::answer(shared, request, run, Vec::new(), output)).await
}
