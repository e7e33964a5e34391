//! What a refused run has to say, and that it changes nothing.

use devstack::Postgres;
use serde_json::{Value, json};

use super::stream::Stream;

/// Runs the stream with a changed event, which must be refused since its state is of something else: with these words in
/// the message, and with how to go on.
pub async fn is_stale(stream: &Stream, server: &Postgres, changes: &Value, words: &[&str]) {
    let answer = refused(stream, server, changes, "WatermarkInvalid", words).await;
    assert_eq!(answer["retryable"], false, "{answer}");
    let hint = answer["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("\"restart\": true"), "{answer}");
}

/// Runs the stream with a changed event, which must be refused as a wrong request.
pub async fn is_wrong(stream: &Stream, server: &Postgres, changes: &Value, words: &[&str]) {
    refused(stream, server, changes, "InvalidRequest", words).await;
}

async fn refused(
    stream: &Stream,
    server: &Postgres,
    changes: &Value,
    error_type: &str,
    words: &[&str],
) -> Value {
    let before = (stream.state_bytes().await, stream.names().await);
    let answer = stream.run_with(server, changes).await;
    assert_eq!(answer["errorType"], error_type, "{changes}: {answer}");
    let error = answer["error"].as_str().unwrap_or_default();
    assert!(words.iter().all(|word| error.contains(word)), "{changes}: {words:?} are not all in: {answer}");
    assert_eq!((stream.state_bytes().await, stream.names().await), before, "{changes}: {answer}");
    answer
}

/// Runs the stream as it is, which must be refused since its state is of something else.
pub async fn is_stale_at(stream: &Stream, server: &Postgres, words: &[&str]) {
    is_stale(stream, server, &json!({}), words).await;
}
