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
    let stream = first_of(addresses, STAGGER, async |address| {
        timeout(LIMIT, TcpStream::connect(address))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    });
    let stream = stream.await?;
    prepare(&stream)?;
    Ok(stream)
}

/// Returns the first connection that `connect` makes. The next address is tried `stagger` after the previous
/// one, or at once if that fails.
async fn first_of<T>(
    addresses: &[SocketAddr],
    stagger: Duration,
    connect: impl AsyncFn(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
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
            () = sleep(stagger), if !waiting.as_slice().is_empty() => continue,
        };
        match tried {
            Some(Ok(connected)) => return Ok(connected),
            Some(Err(error)) => last = error,
            None => {}
        }
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const SILENT: u16 = 1;
    const REFUSING: u16 = 2;
    const SERVER: u16 = 3;

    /// Connects to these ports in turn. Returns the port that is connected, and the events until then in
    /// order.
    async fn connect_to(ports: &[u16]) -> (io::Result<u16>, Vec<String>) {
        let happened = RefCell::new(Vec::new());
        let say = |what: &str, port: u16| happened.borrow_mut().push(format!("{what} {port}"));
        let connect = async |address: SocketAddr| {
            let port = address.port();
            say("try", port);
            match port {
                SILENT => {
                    sleep(Duration::from_secs(30)).await;
                    say("give up", port);
                    Err(io::ErrorKind::TimedOut.into())
                }
                REFUSING => Err(io::ErrorKind::ConnectionRefused.into()),
                port => Ok(port),
            }
        };
        let addresses: Vec<_> = ports.iter().map(|port| SocketAddr::from(([127, 0, 0, 1], *port))).collect();
        let connected = first_of(&addresses, Duration::from_millis(1), connect).await;
        (connected, happened.take())
    }

    /// VPC Lattice, PrivateLink and load balancers end a connection after 350 s without packets.
    #[tokio::test]
    async fn a_silent_connection_has_packets_long_before_350_seconds() {
        let server = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a server");
        let stream = dial(&[server.local_addr().expect("an address")]).await.expect("a connection");
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().expect("an option"));
        let until = socket.tcp_keepalive_time().expect("an option");
        assert!(until <= Duration::from_secs(120), "{until:?}");
    }

    #[tokio::test]
    async fn a_black_hole_does_not_hold_up_the_address_after_it() {
        let (connected, happened) = connect_to(&[SILENT, SERVER]).await;
        assert_eq!(connected.expect("a connection"), SERVER);
        assert_eq!(happened, ["try 1", "try 3"]);
    }

    #[tokio::test]
    async fn the_addresses_are_tried_in_turn_and_the_last_error_is_told() {
        let (connected, happened) = connect_to(&[REFUSING, SERVER, SILENT]).await;
        assert_eq!(connected.expect("a connection"), SERVER);
        assert_eq!(happened, ["try 2", "try 3"]);
        let (connected, _) = connect_to(&[REFUSING]).await;
        assert_eq!(connected.expect_err("nobody listens").kind(), io::ErrorKind::ConnectionRefused);
        let (connected, _) = connect_to(&[]).await;
        assert_eq!(connected.expect_err("there is no address").kind(), io::ErrorKind::AddrNotAvailable);
    }
}
