//! Asks the server to stop the running statement.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio::time::timeout;
use tokio_postgres::{CancelToken, NoTls};

use super::dial::dial;
use super::lend::{Begun, lend};
use super::socket::Socket;
use super::tls::Connector;
use crate::config::Login;

/// What it takes to cancel from outside of the session: another connection with the session's key, or another login.
#[derive(Clone)]
pub struct CancelHandle {
    pub(super) token: CancelToken,
    /// Where the session is, whatever the name leads to by now.
    pub(super) address: SocketAddr,
    pub(super) tls: Option<(Connector, String)>,
    pub(super) login: Login,
}

impl CancelHandle {
    /// Asks the server to cancel what the session runs, for `limit` at most, and waits until it has done so: the
    /// request is handled when the server closes the connection. PgBouncer forgets the request of a client that
    /// closes first.
    ///
    /// # Errors
    /// Why the server could not be asked. Whether a statement was running the server does not tell.
    pub async fn cancel(&self, limit: Duration) -> Result<(), String> {
        let request = async { self.ask().await.map_err(|error| error.to_string()) };
        timeout(limit, request).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    async fn ask(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let socket = Socket::new(dial(&[self.address]).await?)?;
        if let Some((connector, name)) = &self.tls {
            let tls = Box::pin(connector.connect(name, BufReader::new(socket))).await?;
            let (lender, lent) = lend(tls);
            self.token.cancel_query_raw(lent, Begun).await?;
            until_closed(lender.take_back()).await?;
        } else {
            let (lender, lent) = lend(socket);
            self.token.cancel_query_raw(lent, NoTls).await?;
            until_closed(lender.take_back()).await?;
        }
        Ok(())
    }
}

async fn until_closed(stream: Option<impl AsyncRead + Unpin>) -> io::Result<()> {
    let mut stream = stream.ok_or_else(|| io::Error::other("the stream did not come back"))?;
    match stream.read_u8().await {
        // A pooler may close without TLS's own word for it.
        Err(error) if [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset].contains(&error.kind()) => {
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::other("an answer, where none is due")),
    }
}
