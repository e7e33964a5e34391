//! Stops the running statement on the server.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::{CancelToken, NoTls};

use super::dial::dial;

/// What it takes to cancel from outside of the session: another connection with the session's key.
#[derive(Clone)]
pub struct CancelHandle {
    pub(super) token: CancelToken,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) tls: Option<(native_tls::TlsConnector, String)>,
}

impl CancelHandle {
    /// Asks the server to cancel what the session runs, for `limit` at most.
    ///
    /// # Errors
    /// Why the server could not be asked. Whether a statement was running the server does not tell.
    pub async fn cancel(&self, limit: Duration) -> Result<(), String> {
        let request = async {
            let stream = dial(&self.addresses).await.map_err(|error| error.to_string())?;
            match &self.tls {
                Some((connector, domain)) => {
                    let connector = postgres_native_tls::TlsConnector::new(connector.clone(), domain);
                    self.token.cancel_query_raw(stream, connector).await
                }
                None => self.token.cancel_query_raw(stream, NoTls).await,
            }
            .map_err(|error| error.to_string())
        };
        timeout(limit, request).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }
}
