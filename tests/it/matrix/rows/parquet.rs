//! Parquet, whose rows wait for their row group, and whose footer comes last.

use devstack::{HttpFault, TcpFault};
use serde_json::json;

use super::error;
use crate::matrix::row::{Query, Row, row};

/// In the rows of any reader.
const EARLY: u64 = 1_000_000;
/// When row groups were sent.
const LATE: u64 = 12_000_001;

/// The last row fails when row groups were sent; the server's message contains a cell.
const FAILS_LATE: &str = "SELECT g, note, repeat(md5(g::text), 32) AS pad, \
    CASE WHEN g = 14000 THEN note::int END AS number FROM cells, generate_series(1, 14000) g";
/// Parquet does not have the last row's timestamp.
const INFINITE_LATE: &str = "SELECT g, note, repeat(md5(g::text), 32) AS pad, \
    CASE WHEN g = 14000 THEN 'infinity'::timestamp END AS moment FROM cells, generate_series(1, 14000) g";

fn many(stage: &'static str, name: &'static str) -> Row {
    row(stage, name).many().parquet()
}

fn sql(name: &'static str, sql: &'static str) -> Row {
    row("rows", name).query(Query::Sql(sql)).parquet()
}

pub fn rows() -> Vec<Row> {
    vec![
        many("rows", "Parquet: closed in the middle of a row, row groups were sent")
            .tcp_once(TcpFault::CutAfter(LATE))
            .fails("ConnectionLost", "rows"),
        many("rows", "Parquet: silence in the middle of a row, row groups were sent")
            .tcp_once(TcpFault::StallAfter(LATE))
            .runs_out(10, "rows"),
        row("rows", "Parquet: reader 2 of 3 is closed in the middle of a row")
            .reader(2, TcpFault::CutAfter(EARLY))
            .parquet()
            .fails("ConnectionLost", "rows"),
        sql("Parquet: the last row fails, row groups were sent", FAILS_LATE).fails("QueryFailed", "rows"),
        sql("Parquet: it has no such value as the last one, row groups were sent", INFINITE_LATE)
            .fails("ValueUnrepresentable", "encode"),
        row("upload", "Parquet by three readers: UploadPart: 503 SlowDown, once")
            .query(Query::Table)
            .parquet()
            .once("s3", "UploadPart", error(503, "SlowDown"))
            .takes(2),
        many("upload", "Parquet: UploadPart: 503 SlowDown")
            .every("s3", "UploadPart", error(503, "SlowDown"))
            .takes(10)
            .fails("UploadFailed", "upload"),
        many("upload", "Parquet: CompleteMultipartUpload: answer lost").every(
            "s3",
            "CompleteMultipartUpload",
            HttpFault::LoseAnswer,
        ),
        many("upload", "Parquet: CompleteMultipartUpload: 403")
            .every("s3", "CompleteMultipartUpload", error(403, "AccessDenied"))
            .fails("BucketAccessDenied", "upload"),
        many("rows", "a set of Parquet by size: closed in the middle of a row, files are open")
            .set(json!({"maxFileSize": "5MiB"}))
            .tcp_once(TcpFault::CutAfter(LATE))
            .fails("ConnectionLost", "rows"),
        many("upload", "a set of Parquet by size: UploadPart: 503 SlowDown, once")
            .set(json!({"maxFileSize": "5MiB"}))
            .once("s3", "UploadPart", error(503, "SlowDown"))
            .takes(2),
    ]
}
