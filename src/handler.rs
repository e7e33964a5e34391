//! One invocation: event → action → response. Only this module knows Lambda's context.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::watch;

use crate::answer::{Answer, Extracted};
use crate::deadline::Deadline;
use crate::diagnose;
use crate::discover;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::event::{self, Batch, Envelope, HttpBody, RawEvent, Refusal, parse_envelope};
use crate::form;
use crate::job::{Action, Naming, Request};
use crate::overview;
use crate::pipeline::{self, Process, Run};
use crate::plan;
use crate::telemetry::{self, Output, RequestContext, RunMetrics};

/// How often a run logs its progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.error_type.as_str().to_owned(),
            error_message: format!("{} (stage {}) {}", error.message, error.stage, error.advice()),
        }
    }
}

/// Handles one invocation of the Lambda function.
///
/// # Errors
/// The run's own error if `raiseOnError` is set or nobody reads the response, so that Lambda counts it,
/// retries it and sends the event to the failure destination.
pub async fn invoke(process: &Process, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Diagnostic> {
    let context = &event.context;
    let request = RequestContext::new(&context.request_id, context.xray_trace_id.as_deref());
    request.run(handle(process, event)).await
}

async fn handle(process: &Process, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Diagnostic> {
    let request_id = event.context.request_id.clone();
    let mut warnings = Vec::new();
    let deadline = Deadline::of_lambda(event.context.deadline()).unwrap_or_else(|| {
        warnings.push("The invocation's deadline lies in the past and was ignored.".to_owned());
        Deadline::none()
    });
    // Nothing interrupts an invocation: Lambda freezes or kills the process.
    let (_interrupt, interrupted) = watch::channel(false);
    let run = || Run::new(request_id.clone(), deadline, interrupted.clone());
    let (request, is_unread) = match parse_envelope(event.payload.get().as_bytes()) {
        Ok(Envelope::One(event)) => (event::read(&event, &process.environment), false),
        Err(Refusal { error, is_unread }) => (event::refused(error, &process.environment), is_unread),
        Ok(Envelope::Http(body)) => {
            let request = event::read_http(decoded(body), &process.environment);
            let answer = answer(process, request, &run(), warnings, Output::Stdout).await;
            return Ok(fitting(&answer, |answer| answer.to_http(&request_id)));
        }
        Ok(Envelope::Batch(batch)) => {
            return Ok(process_batch(process, batch, run).await?.to_json(&request_id));
        }
    };
    let raises = request.raise_on_error || is_unread;
    match answer(process, request, &run(), warnings, Output::Stdout).await {
        Answer::Failed(error) if raises => Err(error.into()),
        answer => Ok(fitting(&answer, |answer| answer.to_json(&request_id))),
    }
}

fn decoded(HttpBody { text, is_base64 }: HttpBody) -> Result<RawEvent> {
    if !is_base64 {
        return Ok(RawEvent::new(text));
    }
    let text = aws_smithy_types::base64::decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(RawEvent::new).ok_or_else(|| {
        let message = "The body of the request is not a text in Base64.";
        Error::new(ErrorType::InvalidRequest, Stage::Event, message)
    })
}

/// The size in bytes of the largest response that Lambda accepts. A larger one would fail the invocation
/// without a message of the function.
const LARGEST: usize = 6 << 20;

fn fitting(answer: &Answer, to_json: impl Fn(&Answer) -> Value) -> Value {
    let json = to_json(answer);
    let bytes = json.to_string().len();
    if bytes <= LARGEST {
        return json;
    }
    let megabytes = bytes as f64 / f64::from(1 << 20);
    let message = format!("The response would have {megabytes:.1} MB, but Lambda accepts 6 MB at most.");
    let error = Error::new(ErrorType::InvalidRequest, Stage::Event, message).with_hint(
        "Request less at once (fewer roles, identifier, engine), or use the command line, which has no such limit.",
    );
    let answer = Answer::Failed(error);
    log(&answer);
    to_json(&answer)
}

/// Processes the messages one after another, and returns those that must be delivered again: those that
/// failed, and those for which no time was left.
///
/// # Errors
/// The error of a message that is delivered again only if the invocation fails.
async fn process_batch(process: &Process, batch: Batch, run: impl Fn() -> Run) -> Result<Answer> {
    let Batch { messages, in_order } = batch;
    let least = run().deadline.remaining().map_or(Duration::ZERO, |all| LEAST_TIME.min(all / 4));
    let (mut failed, mut is_first) = (Vec::new(), true);
    let mut messages = messages.into_iter().enumerate();
    for (index, message) in messages.by_ref() {
        let mut run = run();
        let which = message.message_id.clone().unwrap_or_else(|| index.to_string());
        run.delivery = format!("{}/{which}", run.delivery);
        let is_late = run.deadline.remaining().is_some_and(|left| left < least);
        let failure = if is_late && !is_first {
            Some(not_started("no time is left"))
        } else {
            let request = match message.event {
                Ok(event) => event::read(&event, &process.environment),
                Err(error) => event::refused(error, &process.environment),
            };
            match answer(process, request, &run, Vec::new(), Output::Stdout).await {
                Answer::Failed(error) => Some(error),
                _ => None,
            }
        };
        is_first = false;
        let Some(error) = failure else { continue };
        failed.push(message.message_id.ok_or(error)?);
        if in_order {
            break;
        }
    }
    for (_, message) in messages {
        failed.push(message.message_id.ok_or_else(|| not_started("an earlier one failed"))?);
    }
    Ok(Answer::Batch(failed))
}

/// The minimum time for starting a message other than the first, since connecting alone may take that long.
const LEAST_TIME: Duration = Duration::from_secs(10);

fn not_started(why: &str) -> Error {
    tracing::warn!(reason = why, "a message was not started");
    let message = format!("A message was not started: {why}.");
    Error::new(ErrorType::DeadlineExceeded, Stage::Event, message)
        .with_hint("Give the function more time, or send fewer messages in a batch.")
}

/// Performs one request, logs its result and returns it; an extraction also writes metrics.
pub(crate) async fn answer(
    process: &Process,
    request: Request,
    run: &Run,
    warnings: Vec<String>,
    output: Output,
) -> Answer {
    let started = Instant::now();
    let is_extraction = matches!(request.action, Action::Extract(_));
    let wanted = wanted(&request.action, run);
    let done = tokio::select! {
        done = act(process, request.action, run).boxed() => done,
        () = log_progress(run, wanted.as_deref()) => unreachable!("it never ends"),
    };
    let mut answer = done.unwrap_or_else(Answer::Failed);
    if run.is_by_hand() {
        answer = answer.for_shell();
    }
    if let Answer::Extracted(Extracted { outcome, .. }) = &mut answer {
        outcome.warnings.splice(0..0, warnings);
    }
    // Only extractions write metrics: an alarm on missing runs must not count other actions.
    if is_extraction {
        telemetry::write_metrics(output, &metrics(process, run, &answer, started.elapsed()));
    }
    log(&answer);
    answer
}

fn metrics(process: &Process, run: &Run, answer: &Answer, elapsed: Duration) -> RunMetrics {
    let (outcome, bytes) = match answer {
        Answer::Extracted(extracted) => ("Success", extracted.outcome.bytes_written),
        Answer::Failed(error) => (error.error_type.as_str(), 0),
        _ => ("Success", 0),
    };
    let window = match answer {
        Answer::Extracted(Extracted { outcome, .. }) => outcome.window.as_deref(),
        _ => None,
    };
    let function = process.environment.get("AWS_LAMBDA_FUNCTION_NAME").and_then(form::function_name);
    RunMetrics {
        function: function.map(str::to_owned),
        rows: run.progress.rows(),
        bytes,
        milliseconds: elapsed.as_millis() as u64,
        stages: run.progress.milliseconds(),
        readers: run.progress.readers().len(),
        window: window.map(|window| (window.age, window.held_back_by)),
        outcome,
        level: telemetry::level_of_metrics(&process.environment),
    }
}

fn log(answer: &Answer) {
    match answer {
        Answer::Extracted(Extracted { outcome, .. }) => tracing::info!(
            rows = outcome.records_processed,
            bytes = outcome.bytes_written,
            location = outcome.s3_location.as_deref(),
            "extraction completed"
        ),
        Answer::Failed(error) => tracing::error!(
            errorType = error.error_type.as_str(),
            stage = error.stage.as_str(),
            hint = error.advice(),
            "{}",
            error.message
        ),
        other => tracing::info!(ok = other.ok(), "{}", other.message()),
    }
}

async fn act(process: &Process, action: Action, run: &Run) -> Result<Answer> {
    let started = Instant::now();
    match action {
        Action::Extract(extraction) => {
            let outcome = pipeline::extract(process, &extraction?, run).boxed().await?;
            let timings = run.progress.milliseconds();
            let readers = run.progress.readers();
            Ok(Answer::Extracted(Extracted { outcome, elapsed: started.elapsed(), timings, readers }))
        }
        // Boxed, since its type would be too deep for the compiler.
        Action::Diagnose(extraction) => {
            Ok(Answer::Diagnosed(diagnose::diagnose(process, extraction, run).boxed().await))
        }
        Action::Discover(discovery) => {
            let inventory = discover::discover(process, &discovery?, run).boxed().await?;
            Ok(Answer::Discovered(inventory, run.deadline.elapsed()))
        }
        Action::Overview(survey) => {
            let kept = overview::overview(process, &survey?, run).boxed().await?;
            Ok(Answer::Overviewed(Box::new(kept), run.deadline.elapsed()))
        }
        Action::Plan(asked) => {
            let asked = asked?;
            let planned = plan::plan(process, &asked, run).boxed().await?;
            Ok(Answer::Planned(Box::new(planned), run.deadline.elapsed()))
        }
    }
}

/// Returns where the rows of an extraction go, by which whoever waits for them finds its lines among those of the others.
fn wanted(action: &Action, run: &Run) -> Option<String> {
    let Action::Extract(Ok(extraction)) = action else { return None };
    extraction.wanted_location(Naming { request_id: &run.request_id, started: run.started })
}

async fn log_progress(run: &Run, wanted: Option<&str>) {
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        tracing::info!(
            wanted,
            stage = run.progress.stage().as_str(),
            rows = run.progress.rows(),
            bytes = run.progress.bytes(),
            seconds = run.deadline.elapsed().as_secs(),
            "extracting"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Issue, Level};

    #[test]
    fn the_body_of_a_request_may_be_base64() {
        let body = |text: &str, is_base64| decoded(HttpBody { text: text.to_owned(), is_base64 });
        assert_eq!(body("{}", false).unwrap().json(), "{}");
        assert_eq!(body("eyJhIjoxfQ==", true).unwrap().json(), r#"{"a":1}"#);
        for not in ["%", "/w=="] {
            assert_eq!(body(not, true).unwrap_err().error_type, ErrorType::InvalidRequest);
        }
    }

    #[test]
    fn an_answer_that_lambda_does_not_carry_says_so() {
        let of = |bytes: usize| {
            let issue = Issue { level: Level::Odd, key: String::new(), what: "x".repeat(bytes) };
            Answer::ConfigChecked { source: "s".to_owned(), issues: vec![issue] }
        };
        let json = |answer: &Answer| answer.to_json("r");
        assert_eq!(fitting(&of(LARGEST - 1_000), json)["source"], "s");
        let refused = fitting(&of(LARGEST), json);
        assert_eq!(refused["statusCode"], 400);
        let error = refused["body"]["error"].as_str().unwrap();
        assert_eq!(error, "The response would have 6.0 MB, but Lambda accepts 6 MB at most.");
    }
}
