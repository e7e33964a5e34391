//! What all failures have in common: the errorType of the list, a hint, and nothing left behind.

use std::time::Duration;

use devstack::{Invocation, RuntimeApi};
use rds_data_extractor::error::ErrorType;
use serde_json::Value;

use crate::fixture::{Fixture, PATIENCE, response};

/// Whichever stage a run is in while rows flow.
pub const STREAMING: &str = "rows, encode or upload";
/// Stands in cells and passwords, and in nothing that is said.
pub const SECRET: &str = "hunter2-never-shown";

/// Fails as `error_type` in `stage`, with a hint, without a trace; the answer's body.
pub async fn fails(
    fixture: &Fixture,
    function: &RuntimeApi,
    event: &Value,
    error_type: &str,
    stage: &str,
) -> Value {
    fails_within(fixture, function, event, error_type, stage, PATIENCE).await
}

/// The same with a time limit.
pub async fn fails_within(
    fixture: &Fixture,
    function: &RuntimeApi,
    event: &Value,
    error_type: &str,
    stage: &str,
    limit: Duration,
) -> Value {
    let before = fixture.leftovers().await;
    let invocation = function.invoke(event, limit).await.expect("an answer");
    let answer = response(&invocation);
    let body = answer["body"].clone();
    assert_eq!(body["errorType"], error_type, "{body}");
    let known = ErrorType::ALL.iter().find(|known| known.as_str() == error_type).expect("a known type");
    assert_eq!(answer["statusCode"], known.status_code(), "{answer}");
    // Reading, encoding and uploading alternate: where they do, any of them may be the one.
    let streaming =
        stage == STREAMING && ["rows", "encode", "upload"].iter().any(|one| body["stage"] == *one);
    assert!(streaming || body["stage"] == stage, "{body}");
    let section = format!(" (docs/errors.md#{})", error_type.to_lowercase());
    assert!(body["hint"].as_str().is_some_and(|hint| hint.len() > 10 && hint.ends_with(&section)), "{body}");
    assert_eq!(fixture.leftovers().await, before, "{error_type}: something is left");
    shows_no_secret(fixture, &invocation);
    body
}

/// Checks that neither the response nor a log line has shown a secret.
pub fn shows_no_secret(fixture: &Fixture, invocation: &Invocation) {
    let shown = invocation.shown();
    assert!(
        !shown.contains(SECRET) && !shown.contains(fixture.stack.postgres.password()),
        "a secret was shown"
    );
}

/// Whether the answer's sentence holds all of these.
pub fn names(body: &Value, words: &[&str]) {
    let error = body["error"].as_str().expect("a sentence");
    assert!(words.iter().all(|word| error.contains(word)), "{words:?} are not all in: {error}");
}
