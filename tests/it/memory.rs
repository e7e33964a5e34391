//! Memory does not grow with the result.

use devstack::DiscardS3;
use serde_json::json;

use crate::fixture::{Fixture, PATIENCE, response};

/// The memory in addition to that of a process that has run once: three parts of 8 MiB, and what allocators
/// and sockets use. `make bench` measures the memory of the whole program, as it is released.
const BOUND: u64 = 32 << 20;

#[tokio::test]
async fn a_result_of_many_parts_takes_no_more_memory_than_three_parts() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let small = function.invoke(fixture.event("small.csv", "SELECT 1"), PATIENCE).await.expect("an answer");
    response(&small);
    let query = "SELECT g AS id, md5(g::text) AS a, md5((-g)::text) AS b FROM generate_series(1, 600000) g";
    let invocation = function.invoke(fixture.event("many.csv", query), PATIENCE).await.expect("an answer");
    let body = &response(&invocation)["body"];
    assert_eq!(body["recordsProcessed"], 600_000, "{body}");
    assert!(body["bytesWritten"].as_u64() > Some(5 * (8 << 20)), "{body}");
    let (before, with) = (small.peak_rss, invocation.peak_rss);
    assert!(with - before < BOUND, "{} MiB, and {} before", with >> 20, before >> 20);
    let object = fixture.object("many.csv").await.expect("the object");
    assert_eq!(object.split(|byte| *byte == b'\n').count() - 1, 600_001);
    fixture.leaves_only_objects().await;
}

/// What docs/parquet.md promises for one reader, in all.
const PARQUET: u64 = 160 << 20;

#[tokio::test]
async fn row_groups_of_fifty_texts_keep_within_the_promised_memory() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    // One half is all distinct, the other half has dictionaries.
    let column = |n: i32| {
        if n % 2 == 0 {
            format!("md5((g + {n})::text) AS c{n}")
        } else {
            format!("'customer ' || (g * 7919) % (4000 + {n}) AS c{n}")
        }
    };
    let columns: Vec<_> = (0..50).map(column).collect();
    let query = format!("SELECT {} FROM generate_series(1, 200000) g", columns.join(", "));
    let mut event = fixture.event("fifty.parquet", &query);
    event["format"] = json!("parquet");
    let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
    let body = &response(&invocation)["body"];
    assert_eq!(body["recordsProcessed"], 200_000, "{body}");
    assert!(body["bytesWritten"].as_u64() > Some(80 << 20), "{body}");
    assert!(invocation.peak_rss < PARQUET, "{} MiB", invocation.peak_rss >> 20);
    fixture.leaves_only_objects().await;
}

/// What docs/sets.md promises for one reader, in all.
pub const PARTITIONS: u64 = 128 << 20;

#[tokio::test]
#[ignore = "takes more than a minute: make drills"]
async fn ten_thousand_partitions_in_any_order_keep_within_the_promised_memory() {
    let fixture = Fixture::start().await;
    let discard = DiscardS3::start(0).expect("an endpoint");
    let function = fixture.function(&[("AWS_ENDPOINT_URL_S3", &discard.url())]).await;
    // The rows of a partition are as far from one another as they can be, and more than may wait.
    let query = "SELECT g % 10000 AS k, g AS id, md5(g::text) || md5((-g)::text) AS a, md5((7 * g)::text) AS b \
        FROM generate_series(1, 400000) g";
    let mut event = fixture.event("partitions", query);
    event["partitionBy"] = json!(["k"]);
    let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
    let body = &response(&invocation)["body"];
    assert_eq!(body["recordsProcessed"], 400_000, "{body}");
    assert!(body["bytesWritten"].as_u64() > Some(40 << 20), "{body}");
    assert!(body["files"].as_u64() > Some(10_000), "{body}");
    eprintln!("10,000 partitions: {} MiB, {} files", invocation.peak_rss >> 20, body["files"]);
    assert!(invocation.peak_rss < PARTITIONS, "{} MiB: {body}", invocation.peak_rss >> 20);
}
