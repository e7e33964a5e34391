//! One of three readers.

use devstack::TcpFault;
use serde_json::json;

use crate::matrix::fault::Fault;
use crate::matrix::row::{Config, Query, Row, row};

/// In the rows of any reader.
const EARLY: u64 = 1_000_000;
/// What a reader sends to join, without TLS.
const JOIN: &[u8] = b"SET TRANSACTION SNAPSHOT";
/// Every reader is still at work when one of them is struck.
const SLOW: &str = "SELECT id, slowly(note) AS note FROM divided";

pub fn rows() -> Vec<Row> {
    joining().into_iter().chain(reading()).collect()
}

/// While the others wait for it. The first reader is there before it is known that there will be more.
fn joining() -> Vec<Row> {
    let all = "ALTER ROLE \"{role}\" CONNECTION LIMIT -1";
    let few = |name: &'static str, before: &'static str| {
        let fault = Fault::Sql { before, after: all, lasts: None };
        row("connection", name).query(Query::Table).fault(fault).takes(8)
    };
    let plain = |name: &'static str| row("connection", name).config(Config::Plain);
    vec![
        row("connection", "three readers").query(Query::Table),
        row("connection", "reader 2 of 3 is reset when accepted, once").reader(2, TcpFault::Reset),
        row("connection", "reader 3 of 3 is reset when accepted, once").reader(3, TcpFault::Reset),
        row("connection", "reader 2 of 3 is reset when accepted")
            .readers_from(2, &[], TcpFault::Reset)
            .takes(8)
            .fails("SnapshotUnavailable", "query"),
        row("connection", "reader 3 of 3 is reset when accepted")
            .readers_from(3, &[], TcpFault::Reset)
            .takes(8)
            .fails("SnapshotUnavailable", "query"),
        row("connection", "reader 2 of 3 is accepted, then silence")
            .readers_from(2, &[], TcpFault::Silent)
            .runs_out(5, "connection"),
        row("connection", "reader 3 of 3 is accepted, then silence")
            .readers_from(3, &[], TcpFault::Silent)
            .runs_out(5, "query"),
        few("no connection for reader 2 of 3", "ALTER ROLE \"{role}\" CONNECTION LIMIT 1")
            .fails("SnapshotUnavailable", "query"),
        few("no connection for reader 3 of 3", "ALTER ROLE \"{role}\" CONNECTION LIMIT 2")
            .fails("SnapshotUnavailable", "query"),
        plain("reader 2 of 3 is closed when it joins")
            .reader(2, TcpFault::CutWhen(JOIN))
            .fails("ConnectionLost", "connection"),
        plain("reader 3 of 3 is closed when it joins")
            .reader(3, TcpFault::CutWhen(JOIN))
            .fails("ConnectionLost", "connection"),
        plain("reader 2 of 3 is silent when it joins")
            .reader(2, TcpFault::StallWhen(JOIN))
            .runs_out(5, "query"),
        plain("reader 3 of 3 is silent when it joins")
            .reader(3, TcpFault::StallWhen(JOIN))
            .runs_out(5, "query"),
    ]
}

/// While all of them read.
fn reading() -> Vec<Row> {
    let named = |names: [&'static str; 3], make: &dyn Fn(usize, Row) -> Row| -> Vec<Row> {
        (1..).zip(names).map(|(reader, name)| make(reader, row("rows", name))).collect()
    };
    let lost =
        |fault: TcpFault| move |reader, row: Row| row.reader(reader, fault).fails("ConnectionLost", "rows");
    let signalled = |function: &'static str, error_type: &'static str| {
        move |reader, row: Row| divided(row).fault(Fault::Backend(reader, function)).fails(error_type, "rows")
    };
    [
        named(
            [
                "reader 1 of 3 is closed in the middle of a row",
                "reader 2 of 3 is closed in the middle of a row",
                "reader 3 of 3 is closed in the middle of a row",
            ],
            &lost(TcpFault::CutAfter(EARLY)),
        ),
        named(
            [
                "reader 1 of 3 is reset in the middle of a row",
                "reader 2 of 3 is reset in the middle of a row",
                "reader 3 of 3 is reset in the middle of a row",
            ],
            &lost(TcpFault::ResetAfter(EARLY)),
        ),
        named(
            [
                "a byte of reader 1 of 3 altered",
                "a byte of reader 2 of 3 altered",
                "a byte of reader 3 of 3 altered",
            ],
            &lost(TcpFault::AlterAt(EARLY)),
        ),
        named(
            [
                "reader 1 of 3 is silent in the middle of a row",
                "reader 2 of 3 is silent in the middle of a row",
                "reader 3 of 3 is silent in the middle of a row",
            ],
            &|reader, row| row.reader(reader, TcpFault::StallAfter(EARLY)).runs_out(10, "rows"),
        ),
        named(
            [
                "the backend of reader 1 of 3 is terminated",
                "the backend of reader 2 of 3 is terminated",
                "the backend of reader 3 of 3 is terminated",
            ],
            &signalled("pg_terminate_backend", "ConnectionLost"),
        ),
        named(
            [
                "an administrator cancels the statement of reader 1 of 3",
                "an administrator cancels the statement of reader 2 of 3",
                "an administrator cancels the statement of reader 3 of 3",
            ],
            &signalled("pg_cancel_backend", "QueryTimeout"),
        ),
    ]
    .into_iter()
    .flatten()
    .chain([divided(row("rows", "three readers of a query that is slow")).runs_out(4, "rows")])
    .collect()
}

/// A query that keeps three readers at work.
fn divided(row: Row) -> Row {
    row.query(Query::Sql(SLOW)).fields(json!({"splitBy": "id", "parallelism": 3}))
}
