//! Resolves host names.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::failure::LoginFailure;
use crate::config::Endpoint;
use crate::error::{Error, ErrorType, Stage};

/// The time limit of a lookup.
const LIMIT: Duration = Duration::from_secs(5);

/// Resolves host names with the system, which is queried each time, or with a substitute in tests.
#[derive(Clone, Default)]
pub struct Resolver(Option<Arc<Instead>>);

/// The substitute for the system.
type Instead = dyn Fn(&Endpoint) -> Vec<SocketAddr> + Send + Sync;

impl Resolver {
    /// Creates a resolver that uses `addresses` instead of the system. A name without addresses is unknown.
    pub fn instead(addresses: impl Fn(&Endpoint) -> Vec<SocketAddr> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(addresses)))
    }

    /// Returns the addresses of an endpoint's host name.
    ///
    /// # Errors
    /// `DnsFailed`, stage `connection`. It is not transient if the name is unknown.
    pub async fn resolve(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, LoginFailure> {
        let addresses = match &self.0 {
            Some(instead) => instead(endpoint),
            None => timeout(LIMIT, ask_system(endpoint.clone())).await.unwrap_or_else(|_| {
                Err(failed(endpoint, &format!("no name server answered within {} s", LIMIT.as_secs()), true))
            })?,
        };
        if addresses.is_empty() { Err(failed(endpoint, "it has no address", false)) } else { Ok(addresses) }
    }
}

/// Resolves with libc's `getaddrinfo`, as libpq does, whose errors have a number.
async fn ask_system(endpoint: Endpoint) -> Result<Vec<SocketAddr>, LoginFailure> {
    let Endpoint { host, port } = endpoint.clone();
    let asked = spawn_blocking(move || {
        let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
        let found = getaddrinfo(Some(&host), None, Some(hints))?;
        let found = found.filter_map(Result::ok).map(|found| SocketAddr::new(found.sockaddr.ip(), port));
        Ok::<_, LookupError>(found.collect())
    });
    match asked.await {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => {
            let is_unknown = matches!(error.kind(), LookupErrorKind::NoName | LookupErrorKind::NoData);
            Err(failed(&endpoint, &std::io::Error::from(error).to_string(), !is_unknown))
        }
        Err(error) => Err(failed(&endpoint, &error.to_string(), false)),
    }
}

fn failed(endpoint: &Endpoint, reason: &str, passes: bool) -> LoginFailure {
    let message = format!("The database's host name {} could not be resolved: {reason}.", endpoint.host);
    LoginFailure { error: Error::new(ErrorType::DnsFailed, Stage::Connection, message), passes }
}
