//! A deadline finds thousands of open uploads.

use std::time::{Duration, Instant};

use devstack::{DiscardS3, HttpFault, HttpProxy, Rule};
use serde_json::{Value, json};

use crate::fixture::{Fixture, response};
use crate::memory::PARTITIONS;

/// The time of the function. A debug build opens more than 10,000 uploads in it.
const LIMIT: Duration = Duration::from_secs(90);
const MANY: u64 = 10_000;

/// Writes partitions until the deadline; returns the answer's body and the endpoint.
async fn partitions_without_end(aborts: Option<HttpFault>) -> (Value, DiscardS3) {
    let fixture = Fixture::start().await;
    let discard = DiscardS3::start(0).expect("an endpoint");
    let address = discard.url().trim_start_matches("http://").to_owned();
    let proxy = HttpProxy::start(&[("s3", address)]).await.expect("a proxy");
    let endpoint = match aborts {
        None => discard.url(),
        Some(fault) => {
            proxy.rule(Rule::every("s3", "AbortMultipartUpload", fault));
            proxy.url()
        }
    };
    let function = fixture.function(&[("AWS_ENDPOINT_URL_S3", &endpoint)]).await;
    // So many bytes that a partition ends its file with every row.
    let query = "SELECT g % 10000 AS k, repeat(md5(g::text), 250) AS a \
        FROM (SELECT generate_series(1, 1000000000) AS g) t";
    let mut event = fixture.event("endless", query);
    event["partitionBy"] = json!(["k"]);
    let begun = Instant::now();
    let invocation = function.invoke(event, LIMIT).await.expect("an answer");
    let (body, stats) = (response(&invocation)["body"].clone(), discard.stats());
    eprintln!("{:.1} s, {} MiB, {stats:?}: {body}", begun.elapsed().as_secs_f64(), invocation.peak_rss >> 20);
    assert_eq!(body["errorType"], "DeadlineExceeded", "{body}");
    assert!(stats.uploads_created > MANY, "{stats:?}");
    assert!(invocation.peak_rss < PARTITIONS, "{} MiB", invocation.peak_rss >> 20);
    (body, discard)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 90 seconds: make drills"]
async fn ten_thousand_uploads_are_aborted_before_the_deadline() {
    let (body, discard) = partitions_without_end(None).await;
    assert_eq!(discard.open_uploads(), Vec::<String>::new(), "{body}");
    assert!(!body["error"].to_string().contains("may still be open"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 90 seconds: make drills"]
async fn ten_thousand_uploads_that_stay_are_counted_before_the_deadline() {
    let (body, discard) = partitions_without_end(Some(HttpFault::Stall)).await;
    let error = body["error"].as_str().expect("a text");
    let (before, _) = error.split_once(" uploads of s3://").expect("a number of uploads");
    let named: u64 = before.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number");
    let open = discard.open_uploads();
    assert!(named > MANY && named + 1 == open.len() as u64, "{named} of {}: {body}", open.len());
    assert!(error.contains("_manifest.json") && !error.contains("k="), "{body}");
    let hint = body["hint"].as_str().expect("a hint");
    assert!(hint.contains("list-multipart-uploads") && hint.contains("--prefix 'endless/'"), "{hint}");
}
