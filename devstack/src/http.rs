//! A minimal HTTP/1.1 client and server.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::background::{self, Task};

/// The body of a request or response.
pub(crate) type Body = BoxBody<Bytes, hyper::Error>;

/// A response with its whole body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns this response if it is a success.
    ///
    /// # Errors
    /// Fails if the status is not 2xx. The error shows the body.
    pub fn success(self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            Ok(self)
        } else {
            Err(anyhow!("HTTP {}: {}", self.status, self.text()))
        }
    }
}

/// Returns a body with these bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed()
}

/// Sends a request over a new connection and reads the whole response.
pub(crate) async fn send(authority: &str, request: Request<Body>) -> Result<Answer> {
    let authority = authority.to_owned();
    background::run(async move {
        let (parts, body) = forward(&authority, request).await?.into_parts();
        let body = body
            .collect()
            .await
            .with_context(|| format!("the response of {authority} is incomplete"))?
            .to_bytes();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    })
    .await
}

/// Sends a request over a new connection and returns the response before its body is read.
pub(crate) async fn forward(authority: &str, mut request: Request<Body>) -> Result<Response<Incoming>> {
    if !request.headers().contains_key("host") {
        request.headers_mut().insert("host", authority.parse()?);
    }
    let stream =
        TcpStream::connect(authority).await.with_context(|| format!("cannot connect to {authority}"))?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // The request returns its error as well.
    background::spawn(connection);
    sender.send_request(request).await.with_context(|| format!("no answer from {authority}"))
}

/// A server on a port of 127.0.0.1. Dropping it closes its connections.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    _task: Task,
}

impl Server {
    /// Serves every request with `handler`. If the handler fails, the connection is closed. Port 0 stands for
    /// a free one.
    pub(crate) async fn start<H, F>(port: u16, handler: H) -> Result<Self>
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<Body>>> + Send + 'static,
    {
        Self::start_with_peer(port, move |request, _| handler(request)).await
    }

    /// Serves every request with a handler that can reset the connection.
    pub(crate) async fn start_with_peer<H, F>(port: u16, handler: H) -> Result<Self>
    where
        H: Fn(Request<Incoming>, Peer) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<Body>>> + Send + 'static,
    {
        let (listener, address) = listen(port).await?;
        let task = Task::start(async move {
            // Connections end with the server.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let handler = handler.clone();
                connections.spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let peer = Peer::of(&stream);
                    let service = service_fn(move |request| handler(request, peer.clone()));
                    // An error means that the client has closed the connection or that the handler has
                    // failed.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, _task: task })
    }
}

/// Another handle of the socket of a client's connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer(Option<Arc<OwnedFd>>);

impl Peer {
    fn of(stream: &TcpStream) -> Self {
        Self(stream.as_fd().try_clone_to_owned().ok().map(Arc::new))
    }

    /// Resets the connection when it is closed.
    pub(crate) fn reset_on_close(&self) -> Result<()> {
        let socket = self.0.as_ref().context("the client's socket is gone")?;
        Ok(rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO))?)
    }
}

/// Listens on a port of 127.0.0.1, in the background runtime so that the listener can outlive the caller's.
pub(crate) async fn listen(port: u16) -> Result<(TcpListener, SocketAddr)> {
    background::run(async move {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    })
    .await
}
