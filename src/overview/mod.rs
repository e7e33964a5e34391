//! `action: overview`: one page of all databases and exports, made from AWS APIs.
//!
//! It connects to no database, so neither a VPC nor a network between the accounts is needed. The model, the
//! findings and the page are in the crate `extractor_overview`; this module collects, stores and publishes.

mod asking;
mod calls;
mod exports;
mod figures;
mod functions;
mod inventory;
mod keep;
mod kept;
mod maintenance;
mod places;
mod publish;
mod state;

use aws_config::retry::RetryConfig;
use chrono::{DateTime, Utc};
use extractor_overview::{Failure, Overview, Source};

use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::Survey;
use crate::pipeline::{Process, Run};
use asking::{in_time, late};
use calls::Calls;
use keep::keep;
pub use kept::Kept;

/// RDS's limits are per account, so a throttled call succeeds within a few attempts although many accounts
/// are queried at once.
const ATTEMPTS: u32 = 6;

/// Collects everything, writes the page and publishes what is new.
///
/// # Errors
/// `Cancelled`, or an error that keeps the page from being written. A call that fails is not an error: the
/// page shows it.
pub async fn overview(process: &Process, survey: &Survey, run: &Run) -> Result<Kept> {
    tokio::select! {
        biased;
        () = run.deadline.expired() => Err(late(run)),
        () = run.interruption() => {
            Err(Error::new(ErrorType::Cancelled, run.progress.stage(), "The overview was interrupted."))
        }
        kept = work(process, survey, run) => kept,
    }
}

async fn work(process: &Process, survey: &Survey, run: &Run) -> Result<Kept> {
    let target = survey.target.as_ref().ok_or_else(|| {
        let message = "`bucket` is missing: set it in the event or as S3_BUCKET_NAME.";
        Error::new(ErrorType::InvalidRequest, Stage::Event, message)
    })?;
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let aws = process.aws().await.to_builder().retry_config(retries).build();
    let calls = Calls::default();
    let mut overview = Overview::new(whole_seconds(run.started), run.request_id.clone(), survey.thresholds);
    run.progress.enter(Stage::Endpoint);
    let (places, exports, functions) = tokio::join!(
        places::collect(process, &aws, survey, run, &calls),
        exports::collect(process, survey, run, &calls),
        in_time(run, Source::Functions, functions::collect(&aws, run.started.into(), &calls)),
    );
    (overview.places, overview.databases) = places;
    match exports {
        Ok((exports, notes)) => {
            overview.exports = exports;
            overview.notes.extend(notes);
        }
        Err(failure) => overview.failures.push(failure),
    }
    match functions {
        Ok(functions) => overview.functions = functions,
        Err(failure) => overview.failures.push(failure),
    }
    overview.calls = calls.counted();
    log_failures(&overview);
    if overview.databases.is_empty() && overview.places.iter().all(nothing_answered) {
        // An empty page must not replace the previous one.
        let failure = overview.places.first().and_then(|place| place.failures.first());
        if let Some(failure) = failure {
            return Err(of_failure(failure));
        }
    }
    keep(process, &aws, survey, target, run, overview).await
}

fn nothing_answered(place: &extractor_overview::Place) -> bool {
    !place.answered(Source::Inventory)
}

/// Truncates a time to seconds, by which history is compared and beyond which JSON keeps nothing.
fn whole_seconds(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

fn of_failure(failure: &Failure) -> Error {
    let named = |error_type: &&ErrorType| error_type.as_str() == failure.error_type;
    let error_type = ErrorType::ALL.iter().find(named).copied().unwrap_or(ErrorType::DescribeFailed);
    let stage = if failure.source == Source::Role { Stage::Credentials } else { Stage::Endpoint };
    Error::new(error_type, stage, failure.error.clone()).with_hint(failure.hint.clone())
}

fn log_failures(overview: &Overview) {
    let of_places = overview.places.iter().flat_map(|place| {
        place.failures.iter().map(move |failure| (place.role_arn.as_deref(), Some(&*place.region), failure))
    });
    let others = overview.failures.iter().map(|failure| (None, None, failure));
    for (role, region, failure) in of_places.chain(others) {
        tracing::warn!(
            roleArn = role,
            region = region,
            errorType = failure.error_type.as_str(),
            hint = failure.hint.as_str(),
            "{}",
            failure.error
        );
    }
}
