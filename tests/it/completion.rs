//! A result counts as complete once the server has sent both `CommandComplete` and `ReadyForQuery`, and not before.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::fails;

/// What happens to the messages after the first row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// Messages of this kind are lost.
    Lose(u8),
    /// The connection is closed in good order before such a message.
    CloseBefore(u8),
}

const COMMAND_COMPLETE: u8 = b'C';
const READY_FOR_QUERY: u8 = b'Z';

/// Passes the server's messages on one by one.
async fn between(server_port: u16, fault: Fault) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", server_port)).await.expect("the server");
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::spawn(async move { copy(&mut { from_client }, &mut { to_server }).await });
            tokio::spawn(messages(from_server, to_client, fault));
        }
    });
    port
}

async fn messages(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, fault: Fault) -> std::io::Result<()> {
    let mut rows = false;
    loop {
        let (tag, length) = (from.read_u8().await?, from.read_u32().await?);
        let mut body = vec![0; length as usize - 4];
        from.read_exact(&mut body).await?;
        rows |= tag == b'D' && body.ends_with(b"last");
        match fault {
            Fault::CloseBefore(kind) if rows && kind == tag => return to.shutdown().await,
            Fault::Lose(kind) if rows && kind == tag => continue,
            _ => {}
        }
        to.write_u8(tag).await?;
        to.write_u32(length).await?;
        to.write_all(&body).await?;
    }
}

#[tokio::test]
async fn without_the_server_s_word_nothing_is_complete() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let event = json!({
        "dbConfigParam": "/between", "fileName": "whole.csv",
        "query": "SELECT md5(g::text), CASE g WHEN 200000 THEN 'last' ELSE 'row' END FROM generate_series(1, 200000) g",
    });
    let with = async |fault| {
        let port = between(fixture.stack.postgres.port(), fault).await;
        fixture.parameter("/between", json!({"port": port, "sslMode": "disable"})).await;
    };
    for fault in [
        Fault::Lose(COMMAND_COMPLETE),
        Fault::CloseBefore(COMMAND_COMPLETE),
        Fault::CloseBefore(READY_FOR_QUERY),
    ] {
        with(fault).await;
        fails(&fixture, &function, &event, "ConnectionLost", "rows").await;
    }
    with(Fault::Nothing).await;
    let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["body"]["recordsProcessed"], 200_000);
}
