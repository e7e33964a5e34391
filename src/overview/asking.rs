//! Calls with a time limit, and their failures.

use std::time::Duration;

use aws_config::SdkConfig;
use extractor_overview::{Failure, Source};

use crate::error::{Error, Result};
use crate::pipeline::Run;

/// Time reserved for evaluating, writing and publishing the overview.
const KEPT_BACK: Duration = Duration::from_secs(15);

pub(super) fn late(run: &Run) -> Error {
    let message = format!("The time ran out after {:.1} seconds.", run.deadline.elapsed().as_secs_f64());
    run.out_of_time(message, "ask for fewer roles at once")
}

/// Awaits `asked`, or fails if there is no time left for it.
pub(super) async fn in_time<T>(
    run: &Run,
    source: Source,
    asked: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let limit = run.deadline.remaining().map(|left| left.saturating_sub(KEPT_BACK.min(left / 4)));
    match limit {
        None => asked.await,
        Some(limit) => match tokio::time::timeout(limit, asked).await {
            Ok(given) => given,
            Err(_) => Err(failure(source, &late(run))),
        },
    }
}

pub(super) fn failure(source: Source, error: &Error) -> Failure {
    Failure {
        source,
        error: error.message.clone(),
        error_type: error.error_type.as_str().to_owned(),
        hint: error.hint.clone(),
    }
}

/// Returns the region of a configuration for display.
pub(super) fn region_of(aws: &SdkConfig) -> String {
    aws.region().map(ToString::to_string).unwrap_or_default()
}
