//! The statement on the server, before its rows.

use devstack::TcpFault;

use crate::matrix::fault::Fault;
use crate::matrix::row::{Config, Query, Row, row};

/// Parse carries the statement.
const PARSE: &[u8] = b"SELECT g AS id";
/// Execute without a limit of rows.
const EXECUTE: &[u8] = b"E\0\0\0\x09\0\0\0\0\0";

fn plain(name: &'static str, fault: TcpFault) -> Row {
    row("query", name).config(Config::Plain).tcp_once(fault)
}

fn sql(name: &'static str, sql: &'static str) -> Row {
    row("query", name).query(Query::Sql(sql))
}

pub fn rows() -> Vec<Row> {
    vec![
        sql("a syntax error", "SELECT FROM WHERE").fails("QueryInvalid", "query"),
        sql("an unknown table", "SELECT * FROM nowhere").fails("QueryInvalid", "query"),
        sql("a table without permission", "SELECT * FROM forbidden").fails("QueryDenied", "query"),
        sql("a statement without a result", "SET work_mem = '4MB'").fails("QueryInvalid", "query"),
        sql("a table that another session holds", "SELECT * FROM locked")
            .fault(Fault::Lock)
            .runs_out(4, "query"),
        // The server has begun the transaction and waits, while its answer is held back on the way.
        row("query", "the role's own idle_in_transaction_session_timeout")
            .tcp(TcpFault::Throttle(2_000))
            .fault(Fault::Sql {
                before: "ALTER ROLE \"{role}\" SET idle_in_transaction_session_timeout = '20ms'",
                after: "ALTER ROLE \"{role}\" RESET idle_in_transaction_session_timeout",
                lasts: None,
            })
            .takes(2)
            .fails("QueryTimeout", "query"),
        plain("closed at Parse", TcpFault::CutWhen(PARSE)).fails("ConnectionLost", "query"),
        plain("reset at Parse", TcpFault::ResetWhen(PARSE)).fails("ConnectionLost", "query"),
        plain("silence at Parse", TcpFault::StallWhen(PARSE)).runs_out(4, "query"),
        plain("closed at Execute", TcpFault::CutWhen(EXECUTE)).fails("ConnectionLost", "query"),
        plain("silence at Execute", TcpFault::StallWhen(EXECUTE)).runs_out(4, "rows"),
    ]
}
