//! Connects by TCP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// The time limit for connecting to one address.
const LIMIT: Duration = Duration::from_secs(3);
/// The delay after which the next address is tried in parallel.
const STAGGER: Duration = Duration::from_millis(500);

/// NLB and NAT gateways drop an idle connection after 350 s; a minute leaves room for lost probes.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_PROBES: u32 = 4;

/// Connects to the first address that accepts, with keepalive. The next address is tried once one has been
/// silent for half a second, or at once after a refusal.
///
/// # Errors
/// The error of the last address that failed; `TimedOut` for an address that was silent for 3 s.
pub async fn dial(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    let mut waiting = addresses.iter();
    let mut trying = FuturesUnordered::new();
    loop {
        match waiting.next() {
            Some(address) => trying.push(connect(*address)),
            None if trying.is_empty() => return Err(last),
            None => {}
        }
        let tried = tokio::select! {
            tried = trying.next() => tried,
            () = sleep(STAGGER), if !waiting.as_slice().is_empty() => continue,
        };
        match tried {
            Some(Ok(stream)) => {
                prepare(&stream)?;
                return Ok(stream);
            }
            Some(Err(error)) => last = error,
            None => {}
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    timeout(LIMIT, TcpStream::connect(address)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
