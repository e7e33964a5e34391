//! What all failures have in common: the errorType of the list, a hint, and nothing left behind.

use std::time::Duration;

use devstack::{Invocation, RuntimeApi};
use serde_json::Value;

use crate::bed::{BUCKET, Bed, PATIENCE, response};

/// Whichever stage a run is in while rows flow.
pub const STREAMING: &str = "rows, encode or upload";
/// Stands in cells and passwords, and in nothing that is said.
pub const SECRET: &str = "hunter2-never-shown";

/// Fails as `error_type` in `stage`, with a hint, without a trace; the answer's body.
pub async fn fails(bed: &Bed, function: &RuntimeApi, event: &Value, error_type: &str, stage: &str) -> Value {
    fails_within(bed, function, event, error_type, stage, PATIENCE).await
}

/// The same with a time limit.
pub async fn fails_within(
    bed: &Bed,
    function: &RuntimeApi,
    event: &Value,
    error_type: &str,
    stage: &str,
    limit: Duration,
) -> Value {
    let before = objects(bed).await;
    let invocation = function.invoke(event, limit).await.expect("an answer");
    let body = response(&invocation)["body"].clone();
    assert_eq!(body["errorType"], error_type, "{body}");
    // Reading, encoding and uploading alternate: where they do, any of them may be the one.
    let streaming =
        stage == STREAMING && ["rows", "encode", "upload"].iter().any(|one| body["stage"] == *one);
    assert!(streaming || body["stage"] == stage, "{body}");
    let section = format!(" (docs/errors.md#{})", error_type.to_lowercase());
    assert!(body["hint"].as_str().is_some_and(|hint| hint.len() > 10 && hint.ends_with(&section)), "{body}");
    assert_eq!(objects(bed).await, before, "{error_type}: an object was written");
    leaves_nothing(bed, &invocation).await;
    body
}

/// How many objects the bucket has.
pub async fn objects(bed: &Bed) -> usize {
    bed.stack.account_a().list_objects(BUCKET, "").await.expect("a list").len()
}

/// No upload is open, no session is left, no secret was shown.
pub async fn leaves_nothing(bed: &Bed, invocation: &Invocation) {
    let uploads = bed.stack.account_a().list_multipart_uploads(BUCKET).await.expect("a list");
    assert!(uploads.is_empty(), "{uploads:?}");
    let mut sessions = None;
    for _ in 0..50 {
        sessions = bed.stack.postgres.client_sessions().await.ok();
        if sessions.is_none_or(|sessions| sessions == 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(sessions.is_none_or(|sessions| sessions == 0), "{sessions:?} sessions are left");
    let said = said(invocation);
    assert!(!said.contains(SECRET) && !said.contains(bed.stack.postgres.password()), "a secret was shown");
}

/// Everything that an invocation has said: answer, log lines and metrics.
pub fn said(invocation: &Invocation) -> String {
    format!("{:?}{}", invocation.result, invocation.logs.join("\n"))
}

/// Whether the answer's sentence holds all of these.
pub fn names(body: &Value, words: &[&str]) {
    let error = body["error"].as_str().expect("a sentence");
    assert!(words.iter().all(|word| error.contains(word)), "{words:?} are not all in: {error}");
}
