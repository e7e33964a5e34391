//! Name, TCP, TLS, login, session.

use std::time::Duration;

use devstack::TcpFault;

use crate::matrix::fault::Fault;
use crate::matrix::row::{Config, Row, row};

/// What the client sends during a login without TLS.
const SASL: &[u8] = b"SCRAM-SHA-256";
const BEGIN: &[u8] = b"BEGIN READ ONLY; SET LOCAL ";
const ROLLBACK: &[u8] = b"ROLLBACK";
/// The server's first byte, which answers the request for TLS.
const ONE_BYTE: u64 = 1;
/// In the middle of the server's side of the handshake.
const HANDSHAKE: u64 = 300;

fn plain(name: &'static str, fault: TcpFault) -> Row {
    row("connection", name).config(Config::Plain).tcp(fault)
}

fn tls(name: &'static str, fault: TcpFault) -> Row {
    row("connection", name).tcp(fault)
}

fn sql(name: &'static str, before: &'static str, after: &'static str, lasts: Option<Duration>) -> Row {
    row("connection", name).fault(Fault::Sql { before, after, lasts })
}

pub fn rows() -> Vec<Row> {
    let a_while = Some(Duration::from_millis(600));
    let (few, many) =
        ("ALTER ROLE \"{role}\" CONNECTION LIMIT 0", "ALTER ROLE \"{role}\" CONNECTION LIMIT -1");
    vec![
        row("connection", "the host's name is unknown")
            .config(Config::UnknownHost)
            .fails("DnsFailed", "connection"),
        row("connection", "refused for 0.6 s").fault(Fault::Refuse(a_while)).takes(2),
        row("connection", "refused")
            .fault(Fault::Refuse(None))
            .takes(8)
            .within(32)
            .fails("ConnectRefused", "connection"),
        row("connection", "refused, and little time")
            .fault(Fault::Refuse(None))
            .within(3)
            .takes(2)
            .fails("ConnectRefused", "connection"),
        tls("accepted, then silence", TcpFault::Silent).takes(31).fails("ConnectTimeout", "connection"),
        tls("accepted, then silence, and little time", TcpFault::Silent).runs_out(3, "connection"),
        row("connection", "reset when accepted, once").tcp_once(TcpFault::Reset),
        tls("reset when accepted", TcpFault::Reset).takes(8).within(32).fails("ConnectFailed", "connection"),
        row("connection", "closed in the TLS handshake, once").tcp_once(TcpFault::CutAfter(ONE_BYTE)),
        tls("closed in the TLS handshake", TcpFault::CutAfter(HANDSHAKE))
            .takes(8)
            .within(32)
            .fails("ConnectFailed", "connection"),
        row("connection", "reset in the TLS handshake, once").tcp_once(TcpFault::ResetAfter(HANDSHAKE)),
        tls("silence in the TLS handshake", TcpFault::StallAfter(HANDSHAKE)).runs_out(3, "connection"),
        tls("a byte of the TLS handshake altered", TcpFault::AlterAt(HANDSHAKE))
            .fails("TlsFailed", "connection"),
        tls("2 KB a second", TcpFault::Throttle(2_000)).takes(10),
        row("connection", "closed in the login, once")
            .config(Config::Plain)
            .tcp_once(TcpFault::CutWhen(SASL)),
        plain("closed in the login", TcpFault::CutWhen(SASL))
            .takes(8)
            .within(32)
            .fails("ConnectFailed", "connection"),
        plain("reset in the login", TcpFault::ResetWhen(SASL))
            .takes(8)
            .within(32)
            .fails("ConnectFailed", "connection"),
        plain("silence in the login", TcpFault::StallWhen(SASL)).runs_out(3, "connection"),
        row("connection", "wrong password")
            .config(Config::WrongPassword)
            .fails("AuthenticationFailed", "connection"),
        row("connection", "unknown database")
            .config(Config::UnknownDatabase)
            .fails("InvalidDbConfig", "connection"),
        sql("the role may not log in", "ALTER ROLE \"{role}\" NOLOGIN", "ALTER ROLE \"{role}\" LOGIN", None)
            .fails("AuthenticationFailed", "connection"),
        sql("too many connections for 0.6 s", few, many, a_while).takes(2),
        sql("too many connections", few, many, None).takes(8).within(32).fails("ConnectFailed", "connection"),
        plain("closed at BEGIN", TcpFault::CutWhen(BEGIN)).fails("ConnectionLost", "connection"),
        plain("reset at BEGIN", TcpFault::ResetWhen(BEGIN)).fails("ConnectionLost", "connection"),
        plain("silence at BEGIN", TcpFault::StallWhen(BEGIN)).runs_out(3, "connection"),
        plain("silence at ROLLBACK, after the last row", TcpFault::StallWhen(ROLLBACK)),
    ]
}
