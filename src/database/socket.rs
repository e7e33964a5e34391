//! The TCP connection, which wakes its reader seldom while rows pour in.
//!
//! The server sends 8 KB at a time. A reader that wakes for each of them costs both sides a system call and a switch of
//! processes; so once a result has shown to be large, the kernel is asked to wait until [`MARK`] has come
//! (`SO_RCVLOWAT`). When nothing wakes the reader for [`LULL`], the mark is taken down again, upon which the kernel
//! reports whatever has come; small results and slow ones are never held up longer than that.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// What must have come before the reader of a large result is woken.
const MARK: usize = 128 * 1024;
/// So much in a row, with no word from us in between, is a large result.
const LARGE: usize = 1024 * 1024;
/// How long to wait for [`MARK`].
const LULL: Duration = Duration::from_millis(2);

/// A connected socket.
pub struct Socket {
    tcp: TcpStream,
    /// Bytes received since we last sent some, or since the last lull.
    in_a_row: usize,
    marked: bool,
    waiting: bool,
    lull: Pin<Box<Sleep>>,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, in_a_row: 0, marked: false, waiting: false, lull: Box::pin(sleep(LULL)) }
    }

    fn received(&mut self, bytes: usize) {
        self.waiting = false;
        self.in_a_row += bytes;
        if self.in_a_row >= LARGE && !self.marked {
            self.marked = low_water_mark(&self.tcp, MARK).is_ok();
        }
    }

    fn take_mark_down(&mut self) -> io::Result<()> {
        self.in_a_row = 0;
        if self.marked {
            low_water_mark(&self.tcp, 1)?;
            self.marked = false;
        }
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        let before = buf.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut socket.tcp).poll_read(cx, buf) {
            socket.received(buf.filled().len() - before);
            return Poll::Ready(result);
        }
        if socket.marked {
            if !socket.waiting {
                socket.waiting = true;
                socket.lull.as_mut().reset(Instant::now() + LULL);
            }
            ready!(socket.lull.as_mut().poll(cx));
            socket.waiting = false;
            socket.take_mark_down()?;
        }
        Poll::Pending
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        socket.take_mark_down()?;
        Pin::new(&mut socket.tcp).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}

/// Sets how many bytes must lie in the kernel before it calls the socket readable. The end of the stream and errors
/// are reported at once, whatever the mark.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "no crate in use wraps SO_RCVLOWAT; figures in docs/architecture.md")]
fn low_water_mark(tcp: &TcpStream, bytes: usize) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    let value = bytes as libc::c_int;
    let length = size_of_val(&value) as libc::socklen_t;
    // SAFETY: `value` is an initialised c_int that outlives the call, `length` is its size, and the kernel only reads
    // it; the descriptor is open as long as `tcp` is borrowed.
    let result = unsafe {
        libc::setsockopt(
            tcp.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            (&raw const value).cast(),
            length,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Elsewhere the kernels know no mark, or do not wake for what lies there when it is taken down.
#[cfg(not(target_os = "linux"))]
fn low_water_mark(_: &TcpStream, _: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
