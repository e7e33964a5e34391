//! What all failures have in common: an `errorType` of the list, a hint, and nothing left behind.

use devstack::{Invocation, RuntimeApi};
use rds_data_extractor::error::ErrorType;
use serde_json::Value;

use crate::fixture::{Fixture, PATIENCE, response};

/// A text in cells and passwords, which no output may show.
pub const SECRET: &str = "hunter2-never-shown";

/// Checks that the event fails as `error_type` in `stage`, with a hint, and leaves nothing behind. Returns the body of the
/// answer.
pub async fn fails(
    fixture: &Fixture,
    function: &RuntimeApi,
    event: &Value,
    error_type: &str,
    stage: &str,
) -> Value {
    let before = fixture.leftovers().await;
    let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
    let answer = response(&invocation);
    let body = answer["body"].clone();
    assert_eq!(body["errorType"], error_type, "{body}");
    let known = ErrorType::ALL.iter().find(|known| known.as_str() == error_type).expect("a known type");
    assert_eq!(answer["statusCode"], known.status_code(), "{answer}");
    assert_eq!(body["stage"], stage, "{body}");
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

/// Checks that the error message contains all of these words.
pub fn names(body: &Value, words: &[&str]) {
    let error = body["error"].as_str().expect("a sentence");
    assert!(words.iter().all(|word| error.contains(word)), "{words:?} are not all in: {error}");
}
