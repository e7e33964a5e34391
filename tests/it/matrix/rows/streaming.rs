//! Faults while rows are sent.

use devstack::{HttpFault, TcpFault};

use super::error;
use crate::matrix::fault::Fault;
use crate::matrix::row::{Config, Query, Row, row};

/// In the first part.
const EARLY: u64 = 1_000_000;
/// In the second part, when the upload is open or about to be.
const LATE: u64 = 12_000_001;
/// `ReadyForQuery`, and `CommandComplete` of 100 rows before it.
const READY: u64 = 6;
const COMPLETE: u64 = 16;
/// The answer to the `ROLLBACK` behind them that ends a session: `CommandComplete` and `ReadyForQuery`.
const ROLLED_BACK: u64 = 14 + READY;

/// The last row fails, after more parts than a reader can be ahead of the upload. The server's message contains a cell.
const FAILS_LATE: &str = "SELECT g, note, repeat(md5(g::text), 32), \
    CASE WHEN g = 50000 THEN note::int END FROM cells, generate_series(1, 50000) g";
/// A query that does not end during any test.
const ENDLESS: &str = "SELECT generate_series(1, 1000000000) AS id, note FROM cells";

fn once(name: &'static str, fault: TcpFault) -> Row {
    row("rows", name).many().tcp_once(fault)
}

fn sql(name: &'static str, sql: &'static str) -> Row {
    row("rows", name).query(Query::Sql(sql))
}

pub fn rows() -> Vec<Row> {
    vec![
        once("closed in the middle of a row", TcpFault::CutAfter(EARLY)).fails("ConnectionLost", "rows"),
        once("closed in the middle of a row, parts were sent", TcpFault::CutAfter(LATE))
            .fails("ConnectionLost", "rows"),
        once("reset in the middle of a row", TcpFault::ResetAfter(EARLY)).fails("ConnectionLost", "rows"),
        once("reset in the middle of a row, parts were sent", TcpFault::ResetAfter(LATE))
            .fails("ConnectionLost", "rows"),
        once("a byte altered", TcpFault::AlterAt(EARLY)).fails("ConnectionLost", "rows"),
        once("a byte altered, parts were sent", TcpFault::AlterAt(LATE)).fails("ConnectionLost", "rows"),
        once("silence in the middle of a row", TcpFault::StallAfter(EARLY)).runs_out(6, "rows"),
        once("silence in the middle of a row, parts were sent", TcpFault::StallAfter(LATE))
            .runs_out(10, "rows"),
        once("silence, and the cancel request finds nobody", TcpFault::StallAfter(EARLY))
            .fault(Fault::Tcp(vec![TcpFault::StallAfter(EARLY)], TcpFault::Silent))
            .runs_out(6, "rows"),
        row("rows", "a second of silence, then on").many().fault(Fault::Freeze).takes(2),
        once("5 MB a second", TcpFault::Throttle(5_000_000)).takes(4),
        once("500 KB a second, and little time", TcpFault::Throttle(500_000)).runs_out(6, "rows"),
        row("rows", "closed after the last row, before CommandComplete")
            .config(Config::Plain)
            .fault(Fault::CutBeforeEnd(COMPLETE + READY + ROLLED_BACK))
            .fails("ConnectionLost", "rows"),
        row("rows", "closed between CommandComplete and ReadyForQuery")
            .config(Config::Plain)
            .fault(Fault::CutBeforeEnd(READY + ROLLED_BACK))
            .fails("ConnectionLost", "rows"),
        sql("the last row fails, parts were sent", FAILS_LATE).fails("QueryFailed", "rows"),
        sql("the last row fails, and the first abort gets 500", FAILS_LATE)
            .once("s3", "AbortMultipartUpload", error(500, "InternalError"))
            .fails("QueryFailed", "rows"),
        sql("the last row fails, and the first abort's answer is lost", FAILS_LATE)
            .once("s3", "AbortMultipartUpload", HttpFault::LoseAnswer)
            .fails("QueryFailed", "rows"),
        sql("the last row fails, and the abort is denied", FAILS_LATE)
            .every("s3", "AbortMultipartUpload", error(403, "AccessDenied"))
            .fails("QueryFailed", "rows")
            .names_upload(),
        sql(
            "the backend is terminated, parts were sent",
            "SELECT CASE WHEN g = 50000 THEN pg_terminate_backend(pg_backend_pid()) END, note, \
             repeat(md5(g::text), 32) FROM cells, generate_series(1, 60000) g",
        )
        .fails("ConnectionLost", "rows"),
        sql(
            "an administrator cancels the statement",
            "SELECT CASE WHEN g = 2000 THEN pg_cancel_backend(pg_backend_pid()) END, note \
             FROM cells, generate_series(1, 4000) g",
        )
        .fails("QueryTimeout", "rows"),
        sql("the role's own statement_timeout", "SELECT pg_sleep(60)")
            .fault(Fault::Sql {
                before: "ALTER ROLE \"{role}\" SET statement_timeout = '400ms'",
                after: "ALTER ROLE \"{role}\" RESET statement_timeout",
                lasts: None,
            })
            .fails("QueryTimeout", "rows"),
        sql(
            "no disk for a sort",
            "SELECT g, note FROM cells, generate_series(1, 200000) g ORDER BY md5(g::text)",
        )
        .fault(Fault::Sql {
            before: "ALTER ROLE \"{role}\" SET temp_file_limit = '64kB'",
            after: "ALTER ROLE \"{role}\" RESET ALL",
            lasts: None,
        })
        .fails("QueryFailed", "rows"),
        sql("a change in a read-only session", "SELECT nextval('counted')").fails("QueryDenied", "rows"),
        sql("a query that sleeps", "SELECT pg_sleep(60)").runs_out(4, "rows"),
        row("rows", "a query without an end, slowly")
            .query(Query::Sql(ENDLESS))
            .tcp_once(TcpFault::Throttle(2_000_000))
            .runs_out(6, "rows"),
    ]
}
