//! `action: overview`: one page of all databases and exports, made of what AWS's APIs tell.
//!
//! No database is connected to, so neither a VPC nor a network between the accounts is needed. The model, the findings and
//! the page are the crate `extractor_overview`; here is what collects, keeps and publishes.

mod calls;
mod exports;
mod figures;
mod functions;
mod inventory;
mod keep;
mod maintenance;
mod places;
mod publish;
mod state;
mod survey;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use chrono::{DateTime, Utc};
use extractor_overview::{Failure, Overview, Source};
use serde_json::json;

use crate::error::{Error, ErrorType, Result, Stage};
use crate::pipeline::{Run, Shared};
use crate::response::Report;
use calls::Calls;
use keep::keep;
pub use survey::{Survey, Target, WatchedPrefix};

/// Many accounts are asked at once; RDS's limits are per account, so that a throttled call comes through in a few tries.
const ATTEMPTS: u32 = 6;
/// What is kept back of the time for judging, writing and publishing.
const KEPT_BACK: Duration = Duration::from_secs(15);

/// Looks at everything, writes the page and says what is new.
///
/// # Errors
/// `Cancelled`, or what keeps the page from being written. What could not be asked is no error: it stands on the page.
pub async fn overview(shared: &Shared, survey: &Survey, run: &Run) -> Result<Report> {
    tokio::select! {
        biased;
        () = run.deadline.expired() => Err(late(run)),
        () = run.interruption() => {
            Err(Error::new(ErrorType::Cancelled, run.progress.stage(), "The overview was interrupted."))
        }
        report = work(shared, survey, run) => report,
    }
}

async fn work(shared: &Shared, survey: &Survey, run: &Run) -> Result<Report> {
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let aws = shared.aws().await.to_builder().retry_config(retries).build();
    let calls = Calls::default();
    let mut overview = Overview::new(whole_seconds(run.started), run.request_id.clone(), survey.thresholds);
    run.progress.enter(Stage::Endpoint);
    let (places, exports, functions) = tokio::join!(
        places::collect(shared, &aws, survey, run, &calls),
        exports::collect(shared, survey, run, &calls),
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
        // A page of nothing in the place of yesterday's helps nobody.
        let failure = overview.places.first().and_then(|place| place.failures.first());
        if let Some(failure) = failure {
            return Err(of_failure(failure));
        }
    }
    let kept = keep(shared, &aws, survey, run, overview).await?;
    Ok(kept.report(run.deadline.elapsed()))
}

fn nothing_answered(place: &extractor_overview::Place) -> bool {
    !place.answered(Source::Inventory)
}

/// History is compared by it, and JSON keeps no more.
fn whole_seconds(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

fn late(run: &Run) -> Error {
    let message = format!("The time ran out after {:.1} seconds.", run.deadline.elapsed().as_secs_f64());
    Error::new(ErrorType::DeadlineExceeded, run.progress.stage(), message)
        .with_hint("Give the function more time, or ask for fewer roles at once.")
}

/// What `asked` gives, or that there was no time for it.
async fn in_time<T>(
    run: &Run,
    source: Source,
    asked: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let limit = run.deadline.remaining().map(|left| left.saturating_sub(KEPT_BACK));
    match limit {
        None => asked.await,
        Some(limit) => match tokio::time::timeout(limit, asked).await {
            Ok(given) => given,
            Err(_) => Err(failure(source, &late(run))),
        },
    }
}

fn failure(source: Source, error: &Error) -> Failure {
    Failure {
        source,
        error: error.message.clone(),
        error_type: error.error_type.as_str().to_owned(),
        hint: error.hint.clone(),
    }
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

/// What became of the overview.
#[derive(Debug)]
struct Kept {
    overview: Overview,
    location: String,
    appeared: usize,
    ended: usize,
    published: usize,
    warnings: Vec<String>,
}

impl Kept {
    fn report(&self, elapsed: Duration) -> Report {
        let overview = &self.overview;
        let failures =
            overview.failures.len() + overview.places.iter().map(|place| place.failures.len()).sum::<usize>();
        let missing = match failures {
            0 => String::new(),
            failures => format!("; {failures} could not be asked, see the page"),
        };
        let message = format!(
            "{} databases in {} accounts, {} findings{missing}",
            overview.databases.len(),
            overview.accounts().len(),
            overview.findings.len()
        );
        let body = [
            ("message", json!(message)),
            ("page", json!(self.location)),
            ("databases", json!(overview.databases.len())),
            ("findings", json!(overview.findings)),
            ("appeared", json!(self.appeared)),
            ("ended", json!(self.ended)),
            ("published", json!(self.published)),
            ("failures", json!(failures)),
            ("calls", json!(overview.calls)),
            ("warnings", json!(self.warnings)),
            ("executionTime", json!(format!("{:.1} seconds", elapsed.as_secs_f64()))),
        ];
        let body = body.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Report { ok: failures == 0 && self.warnings.is_empty(), message, body }
    }
}

/// The region of a configuration, as it is shown.
fn region_of(aws: &SdkConfig) -> String {
    aws.region().map(ToString::to_string).unwrap_or_default()
}
