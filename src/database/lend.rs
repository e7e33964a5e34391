//! Lends a stream to tokio-postgres, for the login or a cancel request, and takes it back.
//!
//! tokio-postgres takes ownership of the stream it connects on, so it gets [`Lent`], a second handle. After
//! the login, its halves are dropped without being polled, which sends nothing to the server and leaves
//! [`Lender`] as the only handle. After `ReadyForQuery`, the server sends only notices and setting changes on
//! its own initiative, so no byte of a reply can be left in tokio-postgres's buffer.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{self, ChannelBinding, TlsConnect};

/// The handle for the borrower.
pub(super) struct Lent<S>(Arc<Mutex<S>>);

/// The handle to take the stream back.
pub(super) struct Lender<S>(Arc<Mutex<S>>);

/// Creates the two handles of a stream.
pub(super) fn lend<S>(stream: S) -> (Lender<S>, Lent<S>) {
    let shared = Arc::new(Mutex::new(stream));
    (Lender(Arc::clone(&shared)), Lent(shared))
}

impl<S> Lender<S> {
    /// Returns the stream if the lent handle was dropped, otherwise `None`.
    pub(super) fn take_back(self) -> Option<S> {
        Arc::into_inner(self.0).map(|mutex| mutex.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> Lent<S> {
    // The mutex is never contended, since the lender does not use the stream while it is lent.
    fn stream(&self) -> MutexGuard<'_, S> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lent<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lent<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream()).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_flush(cx)
    }

    /// Does nothing, since the borrower must not close the stream.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<S: tls::TlsStream + Unpin> tls::TlsStream for Lent<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream().channel_binding()
    }
}

/// Passes a stream to tokio-postgres on which TLS is already established.
pub(super) struct Established;

impl<S: tls::TlsStream + Unpin> TlsConnect<S> for Established {
    type Stream = S;
    type Error = Infallible;
    type Future = Ready<Result<S, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(stream))
    }
}
