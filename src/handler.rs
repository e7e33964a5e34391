//! One invocation: event → action → answer. The only place that knows Lambda's context.

use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::watch;

use crate::deadline::Deadline;
use crate::diagnose;
use crate::discover;
use crate::error::{Error, Result};
use crate::event::{self, Envelope, Message, parse_envelope};
use crate::form;
use crate::job::{Action, Request};
use crate::overview;
use crate::pipeline::{self, Run, Shared};
use crate::response::{self, Circumstances, Outcome, Report};
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
        Ok(Envelope::Batch(messages)) => return Ok(batch(shared, messages, run).await),
        Err(error) => event::refused(error, &shared.environment),
    };
    let raises = request.raise_on_error;
    let (answer, result) = answer(shared, request, &run(), warnings, Output::Stdout).await;
    match result {
        Err(error) if raises => Err(error.into()),
        _ => Ok(answer),
    }
}

/// Runs the records of an SQS event one after another; those for which no time is left come again.
async fn batch(shared: &Shared, messages: Vec<Message>, run: impl Fn() -> Run) -> Value {
    let mut failed = Vec::new();
    for message in messages {
        let run = run();
        let late = run.deadline.remaining().is_some_and(|left| left < LEAST_TIME);
        let fails = async {
            let request = event::read(&message.event, &shared.environment);
            answer(shared, request, &run, Vec::new(), Output::Stdout).await.1.is_err()
        };
        if late || fails.await {
            failed.push(message.message_id);
        }
    }
    response::batch(&failed)
}

/// With less time a record is not begun.
const LEAST_TIME: Duration = Duration::from_secs(1);

/// What came of an event that did not fail.
#[derive(Debug)]
pub enum Answered {
    /// An extraction.
    Extracted(Outcome),
    /// Another action.
    Reported(Report),
}

impl Answered {
    /// Whether nobody has to fix anything; the command line's exit status follows it.
    pub fn ok(&self) -> bool {
        match self {
            Self::Extracted(_) => true,
            Self::Reported(report) => report.ok,
        }
    }
}

/// Does what one request asks for and makes its answer and its log; an extraction also has metrics.
pub async fn answer(
    shared: &Shared,
    request: Request,
    run: &Run,
    warnings: Vec<String>,
    output: Output,
) -> (Value, Result<Answered>) {
    let started = SystemTime::now();
    let is_extraction = matches!(request.action, Action::Extract(_));
    let mut result = tokio::select! {
        result = act(shared, request.action, run) => result,
        () = say_progress(run) => unreachable!("it never ends"),
    };
    if let Ok(Answered::Extracted(outcome)) = &mut result {
        outcome.warnings.splice(0..0, warnings);
    }
    let elapsed = started.elapsed().unwrap_or_default();
    let timings = run.progress.milliseconds();
    let metrics = |outcome, bytes| {
        telemetry::write_metrics(
            output,
            &RunMetrics {
                function: shared
                    .environment
                    .get("AWS_LAMBDA_FUNCTION_NAME")
                    .and_then(form::function_name)
                    .map(str::to_owned),
                rows: run.progress.rows(),
                bytes,
                milliseconds: elapsed.as_millis() as u64,
                stages: timings.clone(),
                outcome,
                level: telemetry::level_of_metrics(&shared.environment),
            },
        );
    };
    let answer = match &result {
        Ok(Answered::Extracted(outcome)) => {
            metrics("Success", outcome.bytes_written);
            tracing::info!(
                rows = outcome.records_processed,
                bytes = outcome.bytes_written,
                location = outcome.s3_location.as_deref(),
                "extraction completed"
            );
            let request_id = run.request_id.clone();
            response::success(outcome, &Circumstances { request_id, seconds: elapsed.as_secs_f64(), timings })
        }
        // No run: what watches for runs is not to take it for one.
        Ok(Answered::Reported(report)) => {
            tracing::info!(ok = report.ok, "{}", report.message);
            response::report(report, &run.request_id)
        }
        Err(error) => {
            if is_extraction {
                metrics(error.error_type.as_str(), 0);
            }
            tracing::error!(
                errorType = error.error_type.as_str(),
                stage = error.stage.as_str(),
                hint = error.advice(),
                "{}",
                error.message
            );
            response::failure(error, &run.request_id)
        }
    };
    (answer, result)
}

async fn act(shared: &Shared, action: Action, run: &Run) -> Result<Answered> {
    match action {
        Action::Extract(extraction) => {
            pipeline::extract(shared, &extraction?, run).await.map(Answered::Extracted)
        }
        // Without its type, which would be too deep for the compiler otherwise.
        Action::Diagnose(extraction) => {
            Ok(Answered::Reported(diagnose::diagnose(shared, extraction, run).boxed().await))
        }
        Action::Discover(discovery) => {
            let inventory = discover::discover(shared, &discovery?, run).await?;
            Ok(Answered::Reported(inventory.report(run.deadline.elapsed())))
        }
        Action::Overview(survey) => {
            overview::overview(shared, &survey?, run).boxed().await.map(Answered::Reported)
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
