//! The connection, which is polled at intervals while a large result arrives, instead of on every
//! wake-up.
//!
//! The server sends 8 KB at a time. A wake-up for each of these costs both sides, and a reader that takes
//! each at once makes the server's kernel send each as a segment of its own and wait for its acknowledgement.
//! So once a result proves to be large, the runtime no longer watches the socket: it is read until nothing is
//! left, and again after [`PAUSE`]. Meanwhile both kernels buffer what the server sends. A pause in which
//! nothing arrived ends this mode.

use std::io::{self, ErrorKind, Read as _};
use std::net::{self, SocketAddr};
use std::os::unix;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, Sleep, sleep};

use super::dial::dial;

/// A result is large once this many bytes have been received without sending anything in between.
const LARGE: usize = 1024 * 1024;
/// This many bytes suffice after a result that was large: several readers read a table in many statements.
const LARGE_AGAIN: usize = 64 * 1024;
/// The pause between two reads. The runtime's clock makes it one to two milliseconds, in which a server sends
/// less than a megabyte, which is well below what the kernels buffer before the server has to wait.
const PAUSE: Duration = Duration::from_millis(1);

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Address {
    /// Connects to this address.
    pub(super) async fn open(&self) -> io::Result<Socket> {
        Socket::new(match self {
            Self::Tcp(address) => Watched::Tcp(dial(&[*address]).await?),
            Self::Unix(path) => Watched::Unix(UnixStream::connect(path).await?),
        })
    }
}

/// A stream that the runtime watches.
pub(super) enum Watched {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A stream that is not blocking and that nobody watches.
enum Unwatched {
    Tcp(net::TcpStream),
    Unix(unix::net::UnixStream),
}

impl Unwatched {
    fn of(watched: Watched) -> io::Result<Self> {
        Ok(match watched {
            Watched::Tcp(stream) => Self::Tcp(stream.into_std()?),
            Watched::Unix(stream) => Self::Unix(stream.into_std()?),
        })
    }

    fn watch(&self) -> io::Result<Watched> {
        Ok(match self {
            Self::Tcp(stream) => Watched::Tcp(TcpStream::from_std(stream.try_clone()?)?),
            Self::Unix(stream) => Watched::Unix(UnixStream::from_std(stream.try_clone()?)?),
        })
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// A connected socket.
pub struct Socket {
    stream: Unwatched,
    /// The same socket, registered with the runtime; `None` while it is read at intervals.
    watched: Option<Watched>,
    /// The bytes received since the last send, or since the last pause in which none arrived.
    in_a_row: usize,
    /// The value from which `in_a_row` counts.
    head_start: usize,
    pausing: bool,
    pause: Pin<Box<Sleep>>,
}

impl Socket {
    pub(super) fn new(stream: Watched) -> io::Result<Self> {
        let stream = Unwatched::of(stream)?;
        let watched = Some(stream.watch()?);
        Ok(Self {
            stream,
            watched,
            in_a_row: 0,
            head_start: 0,
            pausing: false,
            pause: Box::pin(sleep(PAUSE)),
        })
    }

    /// Registers the socket with the runtime again.
    fn watch(&mut self) -> io::Result<Pin<&mut Watched>> {
        let watched = if let Some(watched) = self.watched.take() {
            watched
        } else {
            self.head_start = if self.pausing { 0 } else { LARGE - LARGE_AGAIN };
            self.stream.watch()?
        };
        self.in_a_row = self.head_start;
        self.pausing = false;
        Ok(Pin::new(self.watched.insert(watched)))
    }

    fn poll_read_at_intervals(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.pausing {
                ready!(self.pause.as_mut().poll(cx));
            }
            match self.stream.read(buf.initialize_unfilled()) {
                Ok(count) => {
                    buf.advance(count);
                    self.pausing = false;
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Poll::Ready(Err(error)),
                Err(_) if self.pausing => return self.watch()?.poll_read(cx, buf),
                Err(_) => {
                    self.pausing = true;
                    self.pause.as_mut().reset(Instant::now() + PAUSE);
                }
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        let Some(watched) = &mut socket.watched else {
            return socket.poll_read_at_intervals(cx, buf);
        };
        let before = buf.filled().len();
        ready!(Pin::new(watched).poll_read(cx, buf))?;
        socket.in_a_row += buf.filled().len() - before;
        if socket.in_a_row >= LARGE {
            socket.watched = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().watch()?.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().watch()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().watch()?.poll_shutdown(cx)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;

    /// Returns a socket and the server's end of its connection.
    pub(in crate::database) async fn connected() -> (Socket, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Socket::new(Watched::Tcp(tcp)).unwrap(), listener.accept().await.unwrap().0)
    }

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i % 251) as u8).collect()
    }

    async fn receive(socket: &mut Socket, sent: &[u8]) {
        let mut received = vec![0; sent.len()];
        socket.read_exact(&mut received).await.unwrap();
        assert!(received == sent, "the received bytes differ from those sent");
    }

    /// Sends exactly as much as makes a result large: no pause is needed, so none can have ended the mode.
    async fn pour(server: &mut TcpStream, socket: &mut Socket) {
        let sent = pattern(LARGE);
        let (written, ()) = tokio::join!(server.write_all(&sent), receive(socket, &sent));
        written.unwrap();
        assert!(socket.watched.is_none(), "a large result is read at intervals");
    }

    #[tokio::test]
    async fn a_small_result_is_watched() {
        let (mut socket, mut server) = connected().await;
        server.write_all(&pattern(LARGE / 2)).await.unwrap();
        receive(&mut socket, &pattern(LARGE / 2)).await;
        assert!(socket.watched.is_some());
    }

    #[tokio::test]
    async fn a_large_result_arrives_whole() {
        let (mut socket, mut server) = connected().await;
        pour(&mut server, &mut socket).await;
        let sent = pattern(8 * LARGE);
        let all = sent.clone();
        tokio::spawn(async move {
            for piece in all.chunks(8 * 1024) {
                server.write_all(piece).await.unwrap();
            }
        });
        receive(&mut socket, &sent).await;
        assert_eq!(socket.read(&mut [0; 10]).await.unwrap(), 0, "the server closed");
    }

    #[tokio::test]
    async fn a_statement_after_a_large_result_is_soon_read_at_intervals() {
        let (mut socket, mut server) = connected().await;
        pour(&mut server, &mut socket).await;
        socket.write_all(b"again").await.unwrap();
        socket.flush().await.unwrap();
        assert!(socket.watched.is_some(), "the answer to a statement is waited for");
        let sent = pattern(LARGE_AGAIN);
        server.write_all(&sent).await.unwrap();
        receive(&mut socket, &sent).await;
        assert!(socket.watched.is_none());
    }

    #[tokio::test]
    async fn after_a_pause_without_data_the_socket_is_watched_again() {
        let (mut socket, mut server) = connected().await;
        pour(&mut server, &mut socket).await;
        timeout(10 * PAUSE, socket.read(&mut [0; 10])).await.expect_err("nothing was sent");
        assert!(socket.watched.is_some());
        let ((), written) = tokio::join!(receive(&mut socket, b"a row"), server.write_all(b"a row"));
        written.unwrap();
    }

    #[tokio::test]
    async fn a_message_sent_after_many_rows_is_answered() {
        let (mut socket, mut server) = connected().await;
        pour(&mut server, &mut socket).await;
        socket.write_all(b"Sync").await.unwrap();
        assert!(socket.watched.is_some());
        let mut heard = [0; 4];
        server.read_exact(&mut heard).await.unwrap();
        server.write_all(&heard).await.unwrap();
        receive(&mut socket, b"Sync").await;
    }

    #[tokio::test]
    async fn a_connection_that_breaks_between_two_reads_is_an_error() {
        let (mut socket, mut server) = connected().await;
        pour(&mut server, &mut socket).await;
        server.set_zero_linger().unwrap();
        drop(server);
        let error = socket.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}
