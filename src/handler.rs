//! One invocation: event → action → answer. The only place that knows Lambda's context.

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
use crate::error::{Error, Result};
use crate::event::{self, Envelope, Message, parse_envelope};
use crate::form;
use crate::job::{Action, Request};
use crate::overview;
use crate::pipeline::{self, Run, Shared};
use crate::telemetry::{self, Output, RequestContext, RunMetrics};

/// How often a run says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.error_type.as_str().to_owned(),
            error_message: format!("{} (stage {}) {}", error.message, error.stage, error.advice()),
        }
    }
}

/// Answers one invocation of the Lambda function.
///
/// # Errors
/// The run's own error where `raiseOnError` asks for it, so that Lambda counts, retries and redirects it.
pub async fn invoke(shared: &Shared, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Diagnostic> {
    let context = &event.context;
    let request = RequestContext::new(&context.request_id, context.xray_trace_id.as_deref());
    request.run(handle(shared, event)).await
}

async fn handle(shared: &Shared, event: LambdaEvent<Box<RawValue>>) -> Result<Value, Diagnostic> {
    let request_id = event.context.request_id.clone();
    let mut warnings = Vec::new();
    let deadline = Deadline::of_lambda(event.context.deadline()).unwrap_or_else(|| {
        warnings.push("The invocation's deadline lies in the past and was ignored.".to_owned());
        Deadline::none()
    });
    // Nobody interrupts an invocation; Lambda freezes or kills.
    let (_interrupt, interrupted) = watch::channel(false);
    let run = || Run::new(request_id.clone(), deadline, interrupted.clone());
    let request = match parse_envelope(event.payload.get().as_bytes()) {
        Ok(Envelope::One(event)) => event::read(&event, &shared.environment),
        Ok(Envelope::Batch(messages)) => {
            return Ok(batch(shared, messages, run).await.to_json(&request_id));
        }
        Err(error) => event::refused(error, &shared.environment),
    };
    let raises = request.raise_on_error;
    match answer(shared, request, &run(), warnings, Output::Stdout).await {
        Answer::Failed(error) if raises => Err(error.into()),
        answer => Ok(answer.to_json(&request_id)),
    }
}

/// Runs the records of an SQS event one after another; those for which no time is left come again.
async fn batch(shared: &Shared, messages: Vec<Message>, run: impl Fn() -> Run) -> Answer {
    let mut failed = Vec::new();
    for message in messages {
        let run = run();
        let late = run.deadline.remaining().is_some_and(|left| left < LEAST_TIME);
        let fails = async {
            let request = event::read(&message.event, &shared.environment);
            matches!(answer(shared, request, &run, Vec::new(), Output::Stdout).await, Answer::Failed(_))
        };
        if late || fails.await {
            failed.push(message.message_id);
        }
    }
    Answer::Batch(failed)
}

/// With less time a record is not begun.
const LEAST_TIME: Duration = Duration::from_secs(1);

/// Does what one request asks for and makes its answer and its log; an extraction also has metrics.
pub async fn answer(
    shared: &Shared,
    request: Request,
    run: &Run,
    warnings: Vec<String>,
    output: Output,
) -> Answer {
    let started = Instant::now();
    let is_extraction = matches!(request.action, Action::Extract(_));
    let done = tokio::select! {
        done = act(shared, request.action, run).boxed() => done,
        () = say_progress(run) => unreachable!("it never ends"),
    };
    let mut answer = done.unwrap_or_else(Answer::Failed);
    if let Answer::Extracted(Extracted { outcome, .. }) = &mut answer {
        outcome.warnings.splice(0..0, warnings);
    }
    // Without an extraction no run: what watches for runs is not to take it for one.
    if is_extraction {
        telemetry::write_metrics(output, &metrics(shared, run, &answer, started.elapsed()));
    }
    log(&answer);
    answer
}

fn metrics(shared: &Shared, run: &Run, answer: &Answer, elapsed: Duration) -> RunMetrics {
    let (outcome, bytes) = match answer {
        Answer::Extracted(extracted) => ("Success", extracted.outcome.bytes_written),
        Answer::Failed(error) => (error.error_type.as_str(), 0),
        _ => ("Success", 0),
    };
    let function = shared.environment.get("AWS_LAMBDA_FUNCTION_NAME").and_then(form::function_name);
    RunMetrics {
        function: function.map(str::to_owned),
        rows: run.progress.rows(),
        bytes,
        milliseconds: elapsed.as_millis() as u64,
        stages: run.progress.milliseconds(),
        outcome,
        level: telemetry::level_of_metrics(&shared.environment),
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

async fn act(shared: &Shared, action: Action, run: &Run) -> Result<Answer> {
    let started = Instant::now();
    match action {
        Action::Extract(extraction) => {
            let outcome = pipeline::extract(shared, &extraction?, run).boxed().await?;
            let timings = run.progress.milliseconds();
            Ok(Answer::Extracted(Extracted { outcome, elapsed: started.elapsed(), timings }))
        }
        // Without its type, which would be too deep for the compiler otherwise.
        Action::Diagnose(extraction) => {
            Ok(Answer::Diagnosed(diagnose::diagnose(shared, extraction, run).boxed().await))
        }
        Action::Discover(discovery) => {
            let inventory = discover::discover(shared, &discovery?, run).boxed().await?;
            Ok(Answer::Discovered(inventory, run.deadline.elapsed()))
        }
        Action::Overview(survey) => {
            let kept = overview::overview(shared, &survey?, run).boxed().await?;
            Ok(Answer::Overviewed(Box::new(kept), run.deadline.elapsed()))
        }
    }
}

async fn say_progress(run: &Run) {
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        tracing::info!(
            stage = run.progress.stage().as_str(),
            rows = run.progress.rows(),
            bytes = run.progress.bytes(),
            seconds = run.deadline.elapsed().as_secs(),
            "extracting"
        );
    }
}
