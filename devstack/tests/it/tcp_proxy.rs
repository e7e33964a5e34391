//! Every fault of the TCP proxy, as the client sees it.

use std::io::ErrorKind;
use std::time::Duration;

use devstack::{Result, TcpFault, TcpProxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// How long to wait for bytes that must arrive, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to wait for bytes that must not arrive.
const SILENCE: Duration = Duration::from_millis(250);

/// Starts a proxy in front of a server that answers the first byte with 100,000 bytes, and the second by
/// closing.
async fn proxy() -> Result<TcpProxy> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.read_u8().await?;
                stream.write_all(&vec![7; 100_000]).await?;
                stream.read_u8().await
            });
        }
    });
    TcpProxy::start("127.0.0.1", port).await
}

async fn connect(proxy: &TcpProxy) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).await?;
    stream.write_u8(1).await?;
    Ok(stream)
}

/// Returns the bytes until the end of the connection, and how it ended.
async fn until_end(stream: &mut TcpStream) -> Result<(Vec<u8>, std::io::Result<usize>)> {
    let mut all = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut all)).await?;
    Ok((all, end))
}

/// Reads this many bytes, and checks that neither a byte nor an end follows.
async fn until_silence(stream: &mut TcpStream, count: usize) -> Result<Vec<u8>> {
    let mut all = vec![0; count];
    timeout(PATIENCE, stream.read_exact(&mut all)).await??;
    let more = timeout(SILENCE, stream.read_u8()).await;
    assert!(more.is_err(), "{more:?} after {count} bytes");
    Ok(all)
}

fn is_reset<T: std::fmt::Debug>(end: std::io::Result<T>) -> bool {
    end.expect_err("a reset").kind() == ErrorKind::ConnectionReset
}

#[tokio::test]
async fn passes_and_cuts() -> Result<()> {
    let proxy = proxy().await?;
    assert_eq!(until_silence(&mut connect(&proxy).await?, 100_000).await?, vec![7; 100_000]);

    proxy.fault(TcpFault::CutAfter(50_001));
    let (all, end) = until_end(&mut connect(&proxy).await?).await?;
    assert_eq!((all.len(), end?), (50_001, 50_001));

    proxy.fault(TcpFault::StallAfter(12));
    until_silence(&mut connect(&proxy).await?, 12).await?;

    proxy.fault(TcpFault::ResetAfter(12));
    let (all, end) = until_end(&mut connect(&proxy).await?).await?;
    assert_eq!((all.len(), is_reset(end)), (12, true));

    proxy.fault(TcpFault::AlterAt(99_999));
    let all = until_silence(&mut connect(&proxy).await?, 100_000).await?;
    assert_eq!((all[99_998], all[99_999]), (7, 6));
    Ok(())
}

#[tokio::test]
async fn refuses_and_keeps_silent() -> Result<()> {
    let proxy = proxy().await?;
    proxy.refuse(true).await?;
    let refused = TcpStream::connect(("127.0.0.1", proxy.port())).await;
    assert_eq!(refused.expect_err("refused").kind(), ErrorKind::ConnectionRefused);
    proxy.refuse(false).await?;
    proxy.fault_next(&[TcpFault::Silent, TcpFault::CutAfter(3)]);
    until_silence(&mut connect(&proxy).await?, 0).await?;
    assert_eq!(until_end(&mut connect(&proxy).await?).await?.0.len(), 3);
    until_silence(&mut connect(&proxy).await?, 100_000).await?;
    assert_eq!(proxy.accepted(), 3);
    Ok(())
}

#[tokio::test]
async fn strikes_at_the_client_s_words() -> Result<()> {
    let proxy = proxy().await?;
    proxy.fault_in_turn(
        &[TcpFault::StallWhen(b"now"), TcpFault::CutWhen(b"now")],
        TcpFault::ResetWhen(b"now"),
    );
    let mut stalled = connect(&proxy).await?;
    until_silence(&mut stalled, 100_000).await?;
    assert_eq!(proxy.sent(), 100_000);
    // The server would close the connection at the next byte, which it does not receive.
    stalled.write_all(b"now").await?;
    until_silence(&mut stalled, 0).await?;
    let mut cut = connect(&proxy).await?;
    until_silence(&mut cut, 100_000).await?;
    cut.write_all(b"now").await?;
    assert_eq!(until_end(&mut cut).await?.1?, 0);
    let mut reset = connect(&proxy).await?;
    until_silence(&mut reset, 100_000).await?;
    reset.write_all(b"now").await?;
    assert!(is_reset(until_end(&mut reset).await?.1));
    Ok(())
}

#[tokio::test]
async fn freezes_and_resets_what_is_open() -> Result<()> {
    let proxy = proxy().await?;
    proxy.freeze(true);
    let mut stream = connect(&proxy).await?;
    until_silence(&mut stream, 0).await?;
    proxy.freeze(false);
    until_silence(&mut stream, 100_000).await?;
    proxy.reset_all();
    assert!(is_reset(until_end(&mut stream).await?.1));
    Ok(())
}

#[tokio::test]
async fn throttles() -> Result<()> {
    let proxy = proxy().await?;
    proxy.fault(TcpFault::Throttle(10_000));
    let mut all = Vec::new();
    let mut stream = connect(&proxy).await?;
    assert!(timeout(SILENCE, stream.read_to_end(&mut all)).await.is_err());
    assert!(all.len() < 100_000, "{}", all.len());
    Ok(())
}

#[tokio::test]
async fn replaces_the_client_s_words() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = TcpProxy::start("127.0.0.1", listener.local_addr()?.port()).await?;
    proxy.fault(TcpFault::Replace(&[(b"red", b"RED"), (b"blue", b"BLUE")]));
    let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).await?;
    client.write_all(b"red, blue, red").await?;
    let (mut server, _) = timeout(PATIENCE, listener.accept()).await??;
    let mut received = [0; 14];
    timeout(PATIENCE, server.read_exact(&mut received)).await??;
    assert_eq!(&received, b"RED, BLUE, RED");
    Ok(())
}
