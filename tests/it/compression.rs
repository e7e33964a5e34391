//! Compressed files: the programs of gzip and Zstandard read them, and they contain the same as the
//! uncompressed file.

use std::io::{Seek, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::fixture::{BUCKET, Fixture, PATIENCE, response};

/// Returns the output of `program` with `option` for `file`, or nothing if it reports an error.
fn run(program: &str, option: &str, file: &[u8]) -> Option<Vec<u8>> {
    let mut input = tempfile::tempfile().expect("a file");
    input.write_all(file).and_then(|()| input.rewind()).expect("room");
    let output = Command::new(program).arg(option).stdin(Stdio::from(input)).output().expect("the program");
    output.status.success().then_some(output.stdout)
}

/// Several parts even when compressed: hash values hardly shrink.
const LARGE: &str =
    "SELECT g, sha512(g::text::bytea) AS a, sha512((-g)::text::bytea) AS b FROM generate_series(1, 120000) g";
/// Too small for a multipart upload, and for a part that is compressed in parallel.
const SMALL: &str = "SELECT 1 AS one";

/// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` with one core, and with more.
const MEMORY: [&str; 2] = ["512", "3008"];

#[tokio::test]
async fn the_programs_of_each_format_read_what_is_the_uncompressed_file() {
    let fixture = Fixture::start().await;
    for (i, memory) in MEMORY.into_iter().enumerate() {
        let function = fixture.function(&[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)]).await;
        for (name, query) in [("large", LARGE), ("small", SMALL)] {
            let key = format!("{i}-{name}.csv");
            let invocation = function.invoke(fixture.event(&key, query), PATIENCE).await.expect("an answer");
            let body = &response(&invocation)["body"];
            let plain = fixture.object(&key).await.unwrap_or_else(|| panic!("{body}"));
            assert_eq!(body["bytesUncompressed"], plain.len(), "{body}");
            for (compression, extension, level) in [("gzip", "gz", 1), ("zstd", "zst", 1)] {
                let key = format!("{key}.{extension}");
                let mut event = fixture.event(&key, query);
                (event["compression"], event["compressionLevel"]) = (json!(compression), json!(level));
                let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
                let body = &response(&invocation)["body"];
                let file = fixture.object(&key).await.unwrap_or_else(|| panic!("{body}"));
                assert_eq!(body["bytesWritten"], file.len(), "{body}");
                assert_eq!(body["bytesUncompressed"], plain.len(), "{body}");
                assert!(run(compression, "-t", &file).is_some(), "{compression} -t finds fault");
                assert!(run(compression, "-dc", &file) == Some(plain.clone()), "{key} holds something else");
                if name == "large" {
                    assert!(file.len() < plain.len() && file.len() > 8 << 20, "{} bytes", file.len());
                }
                assert!(invocation.peak_rss < 80 << 20, "{} MiB", invocation.peak_rss >> 20);
            }
        }
    }
    fixture.leaves_only_objects().await;
}

#[tokio::test]
async fn names_and_headers_say_what_the_file_is() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[("COMPRESSION", "gzip")]).await;
    let location = async |event: Value| {
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        let location = body["s3Location"].as_str().unwrap_or_else(|| panic!("{body}"));
        location.strip_prefix(&format!("s3://{BUCKET}/")).expect("a key in the bucket").to_owned()
    };
    for (event, name, content_type, content_encoding) in [
        (json!({"keyPrefix": "a"}), ".csv.gz", "application/gzip", None),
        (json!({"keyPrefix": "b", "compression": "zstd"}), ".csv.zst", "application/zstd", None),
        (json!({"keyPrefix": "c", "compression": "none"}), ".csv", "text/csv; charset=utf-8", None),
        (json!({"fileName": "report.gz"}), "report.gz", "application/gzip", None),
        (json!({"fileName": "report.csv"}), "report.csv", "text/csv; charset=utf-8", Some("gzip")),
        (json!({"keyPrefix": "d", "format": "jsonl"}), ".jsonl.gz", "application/gzip", None),
        (json!({"fileName": "report.jsonl"}), "report.jsonl", "application/x-ndjson", Some("gzip")),
    ] {
        let mut event = event;
        event["query"] = json!(SMALL);
        let key = location(event).await;
        assert!(key.ends_with(name), "{key}");
        let head =
            fixture.stack.account_a().head_object(BUCKET, &key).await.expect("an answer").expect("an object");
        let header = |name| head.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("content-type"), Some(content_type), "{key}");
        assert_eq!(header("content-encoding"), content_encoding, "{key}");
    }
    // The name is taken, and the suffix goes before both extensions.
    let taken = json!({"query": SMALL, "fileName": "taken.csv.gz"});
    assert_eq!(location(taken.clone()).await, "taken.csv.gz");
    let second = location(taken).await;
    let suffix = second.strip_prefix("taken_").and_then(|rest| rest.strip_suffix(".csv.gz"));
    assert!(suffix.is_some_and(|suffix| suffix.len() == 8), "{second}");
}

#[tokio::test]
async fn a_failure_in_the_middle_leaves_nothing() {
    let fixture = Fixture::start().await;
    for memory in MEMORY {
        let function = fixture.function(&[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)]).await;
        let late = LARGE.replace("SELECT g,", "SELECT 1 / (119000 - g),");
        let mut event = fixture.event("failed.csv.zst", &late);
        event["compression"] = json!("zstd");
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        assert_eq!(response(&invocation)["body"]["errorType"], "QueryFailed");
        assert_eq!(fixture.object("failed.csv.zst").await, None);
        fixture.leaves_only_objects().await;
        // The next invocation works.
        let mut event = fixture.event(&format!("after-{memory}.csv.zst"), SMALL);
        event["compression"] = json!("zstd");
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        assert_eq!(response(&invocation)["body"]["recordsProcessed"], 1);
    }
}
