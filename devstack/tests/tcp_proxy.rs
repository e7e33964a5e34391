//! Every fault of the TCP proxy, as a client sees it.

use std::io::ErrorKind;
use std::time::Duration;

use devstack::{Result, TcpFault, TcpProxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SILENCE: Duration = Duration::from_millis(300);

/// A server that answers any first byte with 100,000 bytes and waits.
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

/// What arrives until the end, and how it ended: `None` is silence.
async fn receive(stream: &mut TcpStream) -> (Vec<u8>, Option<std::io::Result<()>>) {
    let mut all = Vec::new();
    let end = timeout(SILENCE, stream.read_to_end(&mut all)).await;
    (all, end.ok().map(|end| end.map(|_| ())))
}

#[tokio::test]
async fn passes_and_cuts() -> Result<()> {
    let proxy = proxy().await?;
    let (all, end) = receive(&mut connect(&proxy).await?).await;
    assert_eq!((all, end.is_none()), (vec![7; 100_000], true));

    proxy.fault(TcpFault::CutAfter(50_001));
    let (all, end) = receive(&mut connect(&proxy).await?).await;
    assert_eq!((all.len(), matches!(end, Some(Ok(())))), (50_001, true));

    proxy.fault(TcpFault::StallAfter(12));
    let (all, end) = receive(&mut connect(&proxy).await?).await;
    assert_eq!((all.len(), end.is_none()), (12, true));

    proxy.fault(TcpFault::ResetAfter(12));
    let (all, end) = receive(&mut connect(&proxy).await?).await;
    assert_eq!(all.len(), 12);
    assert_eq!(end.expect("an end").expect_err("a reset").kind(), ErrorKind::ConnectionReset);

    proxy.fault(TcpFault::AlterAt(99_999));
    let (all, _) = receive(&mut connect(&proxy).await?).await;
    assert_eq!((all[99_998], all[99_999], all.len()), (7, 6, 100_000));
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
    let (all, end) = receive(&mut connect(&proxy).await?).await;
    assert!(all.is_empty() && end.is_none());
    assert_eq!(receive(&mut connect(&proxy).await?).await.0.len(), 3);
    assert_eq!(receive(&mut connect(&proxy).await?).await.0.len(), 100_000);
    Ok(())
}

#[tokio::test]
async fn freezes_and_resets_what_is_open() -> Result<()> {
    let proxy = proxy().await?;
    proxy.freeze(true);
    let mut stream = connect(&proxy).await?;
    assert!(receive(&mut stream).await.0.is_empty());
    proxy.freeze(false);
    assert_eq!(receive(&mut stream).await.0.len(), 100_000);
    proxy.reset_all();
    let (_, end) = receive(&mut stream).await;
    assert_eq!(end.expect("an end").expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    Ok(())
}

#[tokio::test]
async fn throttles() -> Result<()> {
    let proxy = proxy().await?;
    proxy.fault(TcpFault::Throttle(10_000));
    let (all, end) = receive(&mut connect(&proxy).await?).await;
    assert!(all.len() < 100_000 && end.is_none(), "{}", all.len());
    Ok(())
}
