//! Sets: the folder that is claimed, files side by side, their completions, and what makes the set complete.

use std::time::Duration;

use devstack::{HttpFault, Rule, TcpFault};
use serde_json::json;

use super::error;
use crate::matrix::fault::Fault;
use crate::matrix::row::{Object, Query, Row, row};

const CREATE: &str = "CreateMultipartUpload";
const PART: &str = "UploadPart";
const COMPLETE: &str = "CompleteMultipartUpload";
const DELETE: &str = "DeleteObjects";
const LIST: &str = "ListObjectsV2";
/// What the names of files have, that of the third by size, and that of the third of five partitions.
const A_FILE: &str = "part-";
const THIRD: &str = "part-00002";
const THIRD_PARTITION: &str = "never-shown2";
const MANIFEST: &str = "_manifest.json";

/// In the rows of any reader.
const EARLY: u64 = 1_000_000;
/// When two files by size have ended.
const LATE: u64 = 12_000_001;
/// When each of three partitions has a file.
const LATER: u64 = 30_000_000;

/// 14 MB that end with a row that fails. The server's message contains a cell.
const FAILS_LATE: &str = "SELECT g, note, repeat(md5(g::text), 32) AS pad, \
    CASE WHEN g = 14000 THEN note::int END AS number FROM cells, generate_series(1, 14000) g";
const TERMINATED_LATE: &str = "SELECT g, note, repeat(md5(g::text), 32) AS pad, \
    CASE WHEN g = 14000 THEN pg_terminate_backend(pg_backend_pid()) END AS ends \
    FROM cells, generate_series(1, 20000) g";
const CANCELLED_LATE: &str = "SELECT g, note, repeat(md5(g::text), 32) AS pad, \
    CASE WHEN g = 14000 THEN pg_cancel_backend(pg_backend_pid()) END AS ends \
    FROM cells, generate_series(1, 20000) g";
/// Three partitions of 14 MB, whose rows come in turn.
const PARTITIONS: &str = "SELECT g, repeat(md5(g::text), 32) AS pad, note || g % 3 AS country \
    FROM cells, generate_series(1, 40000) g";
/// The last row has no folder.
const NO_FOLDER_LATE: &str = "SELECT g, repeat(md5(g::text), 32) AS pad, \
    CASE WHEN g < 40000 THEN note || g % 3 ELSE '' END AS country FROM cells, generate_series(1, 40000) g";
const SORTED: &str =
    "SELECT g, note || g % 3 AS country FROM cells, generate_series(1, 200000) g ORDER BY country";

/// Four files by one reader.
fn by_size(stage: &'static str, name: &'static str) -> Row {
    row(stage, name).many().set(json!({"maxFileSize": "5MiB"}))
}

/// Five small files.
fn by_partition(stage: &'static str, name: &'static str) -> Row {
    row(stage, name).query(Query::Parted).set(json!({"partitionBy": ["country"]}))
}

/// A file of one table and several of another, by three readers.
fn of_tables(stage: &'static str, name: &'static str) -> Row {
    row(stage, name).query(Query::Tables).set(json!({"maxFileSize": "5MiB", "parallelism": 3}))
}

fn denied() -> HttpFault {
    error(403, "AccessDenied")
}

pub fn rows() -> Vec<Row> {
    [before(), reading(), claiming(), sending(), completing(), appearing()].into_iter().flatten().collect()
}

/// The folder is claimed while the database is connected.
fn before() -> Vec<Row> {
    let alone = Fault::Sql {
        before: "ALTER ROLE \"{role}\" CONNECTION LIMIT 1",
        after: "ALTER ROLE \"{role}\" CONNECTION LIMIT -1",
        lasts: None,
    };
    vec![
        by_size("connection", "a set by size: refused, and little time")
            .fault(Fault::Refuse(None))
            .within(3)
            .takes(2)
            .fails("ConnectRefused", "connection"),
        of_tables("connection", "a set of tables: reader 3 of 3 is accepted, then silence")
            .fault(Fault::Tcp(vec![TcpFault::None; 2], TcpFault::Silent))
            .runs_out(5, "query"),
        of_tables("connection", "a set of tables: no second connection for one reader")
            .fields(json!({"parallelism": 1}))
            .fault(alone)
            .takes(28)
            .fails("SnapshotUnavailable", "query"),
        of_tables("query", "a set of tables: another session holds one of them")
            .fields(json!({"tables": ["public.cells", "public.locked"]}))
            .fault(Fault::Lock)
            .runs_out(4, "query"),
    ]
}

fn reading() -> Vec<Row> {
    let sql = |row: Row, sql| row.query(Query::Sql(sql));
    vec![
        by_size("rows", "a set by size: closed in the middle of a row, files are open")
            .tcp_once(TcpFault::CutAfter(LATE))
            .fails("ConnectionLost", "rows"),
        by_size("rows", "a set by size: silence in the middle of a row, files are open")
            .tcp_once(TcpFault::StallAfter(LATE))
            .runs_out(10, "rows"),
        sql(by_size("rows", "a set by size: the last row fails, files are open"), FAILS_LATE)
            .fails("QueryFailed", "rows"),
        sql(by_size("rows", "a set by size: the backend is terminated, files are open"), TERMINATED_LATE)
            .fails("ConnectionLost", "rows"),
        sql(
            by_size("rows", "a set by size: an administrator cancels the statement, files are open"),
            CANCELLED_LATE,
        )
        .fails("QueryTimeout", "rows"),
        by_size("rows", "a set by size: reader 2 of 3 is closed in the middle of a row")
            .reader(2, TcpFault::CutAfter(EARLY))
            .fails("ConnectionLost", "rows"),
        sql(
            by_partition("rows", "a set by partition: closed in the middle of a row, files are open"),
            PARTITIONS,
        )
        .tcp_once(TcpFault::CutAfter(LATER))
        .takes(3)
        .fails("ConnectionLost", "rows"),
        sql(
            by_partition("rows", "a set by partition: the last row has no folder, files are open"),
            NO_FOLDER_LATE,
        )
        .takes(3)
        .fails("ValueUnrepresentable", "encode"),
        sql(by_partition("rows", "a set by partition: no disk for a sort"), SORTED)
            .fault(Fault::Sql {
                before: "ALTER ROLE \"{role}\" SET temp_file_limit = '64kB'",
                after: "ALTER ROLE \"{role}\" RESET ALL",
                lasts: None,
            })
            .fails("QueryFailed", "rows"),
        of_tables("rows", "a set of tables: reader 2 of 3 is closed in the middle of a row")
            .fault(Fault::Tcp(vec![TcpFault::None, TcpFault::CutAfter(EARLY)], TcpFault::None))
            .fails("ConnectionLost", "rows"),
        of_tables("rows", "a set of tables: one reader is reset in the middle of a row, files are open")
            .fields(json!({"parallelism": 1}))
            .tcp_once(TcpFault::ResetAfter(LATE))
            .fails("ConnectionLost", "rows"),
    ]
}

fn claiming() -> Vec<Row> {
    vec![
        by_size("upload", "a set by size: CreateMultipartUpload of the manifest: done, but no answer")
            .of(MANIFEST, CREATE, HttpFault::StallAnswer)
            .runs_out(5, "upload"),
        by_size("upload", "a set by size: ListObjectsV2: 403, so that the writes decide").every(
            "s3",
            LIST,
            denied(),
        ),
        by_size("upload", "a set by size: ListObjectsV2: 503 SlowDown")
            .every("s3", LIST, error(503, "SlowDown"))
            .takes(4)
            .fails("UploadFailed", "upload"),
        by_size("upload", "a set by size: ListObjectsV2: no answer")
            .every("s3", LIST, HttpFault::Stall)
            .runs_out(5, "upload"),
    ]
}

fn sending() -> Vec<Row> {
    vec![
        by_size("upload", "a set by size: CreateMultipartUpload of the third file: 403")
            .of(THIRD, CREATE, denied())
            .fails("BucketAccessDenied", "upload"),
        by_size("upload", "a set by size: CreateMultipartUpload of the files: done, but no answer")
            .of(A_FILE, CREATE, HttpFault::StallAnswer)
            .runs_out(10, "upload"),
        by_size("upload", "a set by size: UploadPart: 503 SlowDown, once")
            .once("s3", PART, error(503, "SlowDown"))
            .takes(2),
        by_size("upload", "a set by size: UploadPart: 503 SlowDown")
            .every("s3", PART, error(503, "SlowDown"))
            .takes(10)
            .fails("UploadFailed", "upload"),
        by_size("upload", "a set by size: UploadPart of the third file: no answer")
            .of(THIRD, PART, HttpFault::Stall)
            .runs_out(10, "upload"),
        by_size("upload", "a set by size: UploadPart: no answer, nor to the aborts")
            .every("s3", PART, HttpFault::Stall)
            .every("s3", "AbortMultipartUpload", HttpFault::Stall)
            .runs_out(10, "upload")
            .names_upload(),
        by_partition("upload", "a set by partition: UploadPart of the third file: 403")
            .of(THIRD_PARTITION, PART, denied())
            .fails("BucketAccessDenied", "upload"),
    ]
}

fn completing() -> Vec<Row> {
    vec![
        by_size("upload", "a set by size: CompleteMultipartUpload of the third file: 403")
            .of(THIRD, COMPLETE, denied())
            .fails("BucketAccessDenied", "upload"),
        by_size("upload", "a set by size: CompleteMultipartUpload of the third file: answer lost").of(
            THIRD,
            COMPLETE,
            HttpFault::LoseAnswer,
        ),
        by_size("upload", "a set by size: CompleteMultipartUpload of the third file: no answer")
            .of(THIRD, COMPLETE, HttpFault::Stall)
            .runs_out(10, "upload"),
        by_size("upload", "a set by size: CompleteMultipartUpload of the third file: done, but no answer")
            .of(THIRD, COMPLETE, HttpFault::StallAnswer)
            .runs_out(10, "upload"),
        by_size("upload", "a set by size: CompleteMultipartUpload of the third file: 403, and the first DeleteObjects gets 500")
            .of(THIRD, COMPLETE, denied())
            .once("s3", DELETE, error(500, "InternalError"))
            .takes(2)
            .fails("BucketAccessDenied", "upload"),
        by_size("upload", "a set by size: CompleteMultipartUpload of the third file: 403, and DeleteObjects: 403")
            .of(THIRD, COMPLETE, denied())
            .every("s3", DELETE, denied())
            .fails("BucketAccessDenied", "upload")
            .object(Object::Named(3)),
        by_partition("upload", "a set by partition: CompleteMultipartUpload of the third file: 403, and DeleteObjects: 403")
            .of(THIRD_PARTITION, COMPLETE, denied())
            .every("s3", DELETE, denied())
            .fails("BucketAccessDenied", "upload")
            .object(Object::Named(4)),
        by_partition("upload", "a set by partition: CompleteMultipartUpload of the third file: 503 SlowDown, once")
            .fault(Fault::Http(
                Rule::first("s3", COMPLETE, 1, error(503, "SlowDown")).with_target(THIRD_PARTITION),
            ))
            .takes(2),
        of_tables("upload", "a set of tables: CompleteMultipartUpload of one of them: 403")
            .of("public.cells", COMPLETE, denied())
            .fails("BucketAccessDenied", "upload"),
        of_tables("upload", "a set of tables: CompleteMultipartUpload of one of them: answer lost").of(
            "public.cells",
            COMPLETE,
            HttpFault::LoseAnswer,
        ),
    ]
}

/// All files are complete.
fn appearing() -> Vec<Row> {
    let rival = |name| {
        by_size("upload", name)
            .once("s3", COMPLETE, HttpFault::Delay(Duration::from_secs(1)))
            .fault(Fault::Rival(COMPLETE))
            .takes(3)
    };
    vec![
        by_size("upload", "a set by size: UploadPart of the manifest: 403")
            .of(MANIFEST, PART, denied())
            .fails("BucketAccessDenied", "upload"),
        by_size("upload", "a set by size: CompleteMultipartUpload of the manifest: 403")
            .of(MANIFEST, COMPLETE, denied())
            .fails("BucketAccessDenied", "upload"),
        by_size(
            "upload",
            "a set by size: CompleteMultipartUpload of the manifest: 412, once, and nothing is there",
        )
        .fault(Fault::Http(
            Rule::first("s3", COMPLETE, 1, error(412, "PreconditionFailed")).with_target(MANIFEST),
        ))
        .takes(3),
        by_size("upload", "a set by size: CompleteMultipartUpload of the manifest: answer lost").of(
            MANIFEST,
            COMPLETE,
            HttpFault::LoseAnswer,
        ),
        by_size("upload", "a set by size: CompleteMultipartUpload of the manifest: no answer")
            .of(MANIFEST, COMPLETE, HttpFault::Stall)
            .runs_out(10, "upload"),
        by_size("upload", "a set by size: CompleteMultipartUpload of the manifest: done, but no answer")
            .of(MANIFEST, COMPLETE, HttpFault::StallAnswer)
            .within(10)
            .takes(8),
        rival("a set by size: CompleteMultipartUpload: a rival's manifest is first").object(Object::Both),
        rival("a set by size: CompleteMultipartUpload: a rival's manifest is first, ifExists fail")
            .fields(json!({"ifExists": "fail"}))
            .fails("ObjectExists", "upload")
            .object(Object::Rivals),
        rival("a set by size: CompleteMultipartUpload: a rival's manifest is first, ifExists skip")
            .fields(json!({"ifExists": "skip"}))
            .object(Object::Rivals),
        by_size("upload", "a set by size: PutObject of _SUCCESS: 403")
            .every("s3", "PutObject", denied())
            .object(Object::Unmarked),
        by_size("upload", "a set by size: PutObject of _SUCCESS: no answer")
            .every("s3", "PutObject", HttpFault::Stall)
            .within(10)
            .takes(10)
            .object(Object::Unmarked),
    ]
}
