//! Invocations with little time: the function stops by itself and answers before Lambda would kill it.

use std::time::Duration;

use devstack::{HttpFault, TcpFault};
use serde_json::json;

use crate::matrix::environment::environment;
use crate::matrix::lane::Lane;
use crate::matrix::row::{Query, Row, row};
use crate::turns::alone;

fn cases() -> Vec<Row> {
    let sleeps = Query::Sql("SELECT pg_sleep(60)");
    let endless = Query::Sql("SELECT generate_series(1, 1000000000) AS id, note FROM cells");
    vec![
        row("rows", "a query that sleeps").query(sleeps),
        row("rows", "a query without an end").query(endless).tcp_once(TcpFault::Throttle(4_000_000)),
        row("upload", "an upload that stalls").every("s3", "PutObject", HttpFault::Stall),
        row("upload", "a part that stalls").many().every("s3", "UploadPart", HttpFault::Stall),
        row("upload", "a part of a set that stalls").many().set(json!({"maxFileSize": "5MiB"})).every(
            "s3",
            "UploadPart",
            HttpFault::Stall,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_in_time_however_little_is_left() {
    let _turn = alone().await;
    let environment = environment().await;
    let mut lane = Lane::start(environment, "lane-deadline").await;
    for milliseconds in [3_000, 1_000, 500] {
        for case in cases() {
            let name = case.name;
            // With so little time, the run may stop in any stage.
            let case = case.runs_out_anywhere(Duration::from_millis(milliseconds));
            let ran = lane.run(environment, &case).await;
            assert!(ran.problems.is_empty(), "{name} with {milliseconds} ms: {:#?}", ran.problems);
        }
    }
}
