//! Cancels the running statement.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio::time::timeout;
use tokio_postgres::{CancelToken, NoTls};

use super::lend::{Established, lend};
use super::socket::Address;
use super::tls::Connector;
use crate::config::Login;

/// What is needed to cancel from outside of the session: its cancel key, or a second login.
#[derive(Clone)]
pub struct CancelHandle {
    pub(super) token: CancelToken,
    /// The address of the session, whatever the host name resolves to by now.
    pub(super) address: Address,
    pub(super) tls: Option<(Connector, String)>,
    pub(super) login: Login,
}

impl CancelHandle {
    /// Sends a cancel request and waits, for `limit` at most, until the server closes the connection, which
    /// means that the request was handled. PgBouncer drops the request of a client that closes first.
    ///
    /// # Errors
    /// Why the request could not be sent. The server does not report whether a statement was running.
    pub async fn cancel(&self, limit: Duration) -> Result<(), String> {
        let request = async { self.ask().await.map_err(|error| error.to_string()) };
        timeout(limit, request).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    async fn ask(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let socket = self.address.open().await?;
        if let Some((connector, name)) = &self.tls {
            let tls = Box::pin(connector.connect(name, BufReader::new(socket))).await?;
            let (lender, lent) = lend(tls);
            self.token.cancel_query_raw(lent, Established).await?;
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
        // A pooler may close without TLS's close_notify.
        Err(error) if [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset].contains(&error.kind()) => {
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::other("an unexpected answer")),
    }
}
