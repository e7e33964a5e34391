//! Name resolution and TCP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};

use crate::config::Endpoint;
use crate::error::{Error, ErrorType, Result, Stage};

/// NLB and NAT forget a silent connection after 350 s; a minute leaves room for lost probes.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_PROBES: u32 = 4;

/// Resolves the endpoint's name.
///
/// # Errors
/// `DnsFailed`, stage `connection`.
pub async fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>> {
    let failed = |reason: String| {
        Error::new(
            ErrorType::DnsFailed,
            Stage::Connection,
            format!("The database's host name {} could not be resolved: {reason}.", endpoint.host),
        )
    };
    let addresses: Vec<_> = lookup_host((endpoint.host.as_str(), endpoint.port))
        .await
        .map_err(|error| failed(error.to_string()))?
        .collect();
    if addresses.is_empty() {
        return Err(failed("it has no address".to_owned()));
    }
    Ok(addresses)
}

/// Connects to the first address that answers, with keepalive on.
///
/// # Errors
/// The last address's error, as TCP reports it.
pub async fn dial(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                prepare(&stream)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
