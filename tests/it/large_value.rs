//! A value of 100 MB: memory grows by its size, since it is received whole, and not with the number of such rows.

use devstack::DiscardS3;
use serde_json::json;

use crate::fixture::{Fixture, PATIENCE, response};

const SIZE: u64 = 100_000_000;
/// What the program takes without a large value: the parts, and the program itself in a debug build.
const USUAL: u64 = 80 << 20;

#[tokio::test]
async fn a_large_value_is_in_memory_once() {
    let fixture = Fixture::start().await;
    let discard = DiscardS3::start(0).expect("an endpoint");
    let url = discard.url();
    let repeat = |what: &str, times: u64| format!("repeat('{what}', {times})");
    for (name, value, file, compression) in [
        ("text", repeat("x", SIZE), "java", "none"),
        ("text in quotes", repeat("x,", SIZE / 2), "postgres", "none"),
        ("bytea", format!("decode({}, 'hex')", repeat("ab", SIZE / 2)), "postgres", "none"),
        ("jsonb", format!("to_jsonb({})", repeat("x", SIZE)), "java", "gzip"),
        ("compressed text", repeat("x", SIZE), "postgres", "zstd"),
        ("string", repeat("x", SIZE), "jsonl", "none"),
        ("json of the server", format!("ARRAY[{}]", repeat("x", SIZE)), "jsonl", "zstd"),
    ] {
        let function = fixture.function(&[("AWS_ENDPOINT_URL_S3", &url)]).await;
        let query = format!("SELECT {value} AS v FROM generate_series(1, 3)");
        let mut event = fixture.event("large", &query);
        event["compression"] = json!(compression);
        match file {
            "jsonl" => event["format"] = json!(file),
            dialect => event["csv"] = json!({"dialect": dialect}),
        }
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        assert_eq!(body["recordsProcessed"], 3, "{body}");
        let bytes = body["bytesUncompressed"].as_u64().expect("a number");
        assert!((3 * SIZE..3 * SIZE + 100).contains(&bytes), "{body}");
        let times = invocation.peak_rss.saturating_sub(USUAL) as f64 / SIZE as f64;
        eprintln!("{name}: {} MiB, {times:.1} times the value beside the usual", invocation.peak_rss >> 20);
        assert!(times < 1.3, "{name}: {times:.1} times the value");
    }
}
