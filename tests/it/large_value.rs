//! A value of 100 MB: memory grows by it a few times, no more, and not with the number of such rows.

use devstack::DiscardS3;
use serde_json::json;

use crate::fixture::{Fixture, PATIENCE, response};

const SIZE: u64 = 100_000_000;

#[tokio::test]
async fn a_value_of_a_hundred_megabytes_takes_a_few_times_its_size() {
    let fixture = Fixture::start().await;
    let discard = DiscardS3::start(0).expect("an endpoint");
    let url = discard.url();
    let repeat = |what: &str, times: u64| format!("repeat('{what}', {times})");
    for (name, value, compression) in [
        ("text", repeat("x", SIZE), "none"),
        ("bytea", format!("decode({}, 'hex')", repeat("ab", SIZE / 2)), "none"),
        ("compressed text", repeat("x", SIZE), "zstd"),
    ] {
        let function = fixture.function(&[("AWS_ENDPOINT_URL_S3", &url)]).await;
        let mut event =
            fixture.event("large.csv", &format!("SELECT {value} AS v FROM generate_series(1, 3)"));
        event["compression"] = json!(compression);
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        assert_eq!(body["recordsProcessed"], 3, "{body}");
        let bytes = body["bytesUncompressed"].as_u64().expect("a number");
        assert!((3 * SIZE..3 * SIZE + 100).contains(&bytes), "{body}");
        let times = invocation.peak_rss as f64 / SIZE as f64;
        eprintln!("{name}: {} MiB, {times:.1} times the value", invocation.peak_rss >> 20);
        assert!(times < 5.5, "{name}: {times:.1} times the value");
    }
}
