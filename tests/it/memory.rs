//! Memory does not grow with the result.

use crate::bed::{BUCKET, Bed, PATIENCE, response};

/// The bound for the whole process, whatever the number of rows.
const BOUND: u64 = 64 << 20;

#[tokio::test]
async fn peak_memory_stays_below_the_bound_for_a_result_of_many_parts() {
    let bed = Bed::start().await;
    let function = bed.function(&[]).await;
    let query = "SELECT g AS id, md5(g::text) AS a, md5((-g)::text) AS b FROM generate_series(1, 600000) g";
    let invocation = function.invoke(bed.event("many.csv", query), PATIENCE).await.expect("an answer");
    let body = &response(&invocation)["body"];
    assert_eq!(body["recordsProcessed"], 600_000, "{body}");
    assert!(body["bytesWritten"].as_u64() > Some(5 * (8 << 20)), "{body}");
    assert!(invocation.peak_rss < BOUND, "{} MiB", invocation.peak_rss >> 20);
    let object = bed.object("many.csv").await.expect("the object");
    assert_eq!(object.split(|byte| *byte == b'\n').count() - 1, 600_001);
    assert!(bed.stack.account_a().list_multipart_uploads(BUCKET).await.expect("a list").is_empty());
}
