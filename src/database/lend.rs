//! Lends a stream to tokio-postgres, for the login or a cancel request, and takes it back.
//!
//! tokio-postgres keeps the stream it connects on. [`Lent`] is a second handle to a stream that we keep; once the
//! login is over, dropping tokio-postgres's halves unpolled leaves ours as the only one, without a word sent to the
//! server. After `ReadyForQuery` the server says nothing unasked but notices and setting changes, so no byte of a
//! reply can have stayed in tokio-postgres's buffer.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{self, ChannelBinding, TlsConnect};

/// The handle that is lent.
pub(super) struct Lent<S>(Arc<Mutex<S>>);

/// The handle that takes the stream back.
pub(super) struct Lender<S>(Arc<Mutex<S>>);

/// Two handles of one stream.
pub(super) fn lend<S>(stream: S) -> (Lender<S>, Lent<S>) {
    let shared = Arc::new(Mutex::new(stream));
    (Lender(Arc::clone(&shared)), Lent(shared))
}

impl<S> Lender<S> {
    /// The stream, once the lent handle is dropped; `None` before.
    pub(super) fn take_back(self) -> Option<S> {
        Arc::into_inner(self.0).map(|mutex| mutex.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> Lent<S> {
    // Never contended: the lender only waits while the stream is lent.
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

    /// Who has borrowed it does not close it.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<S: tls::TlsStream + Unpin> tls::TlsStream for Lent<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream().channel_binding()
    }
}

/// Hands a stream over on which TLS was begun before.
pub(super) struct Begun;

impl<S: tls::TlsStream + Unpin> TlsConnect<S> for Begun {
    type Stream = S;
    type Error = Infallible;
    type Future = Ready<Result<S, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(stream))
    }
}
