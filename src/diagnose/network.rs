//! The hops `dns` and `tcp`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::address::{is_private, listed};
use super::connectivity::Connectivity;
use super::diagnosis::HopResult;
use crate::account::Description;
use crate::config::Endpoint;
use crate::database::Resolver;
use crate::database::dial::dial;

const LOOKUP: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(4);

/// What is known about the function's network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    /// Whether the function is in a VPC, if that is known.
    pub in_vpc: Option<bool>,
    /// The way to the database.
    pub connectivity: Connectivity,
}

/// Resolves the host name of the database.
pub(super) async fn look_up(
    endpoint: &Endpoint,
    network: Network,
    rds: Option<&Description>,
) -> (HopResult, Vec<SocketAddr>) {
    let host = &endpoint.host;
    let error = match timeout(LOOKUP, Resolver::default().resolve(endpoint)).await {
        Ok(Ok(addresses)) => return (judge(host, &ips(&addresses), network, rds), addresses),
        Ok(Err(failure)) => failure.error.message,
        Err(_) => format!("No name server answered for {host} within {} s.", LOOKUP.as_secs()),
    };
    let (cause, fix) = network.connectivity.unknown_name(host);
    (HopResult::failed(error, cause, fix), Vec::new())
}

fn ips(addresses: &[SocketAddr]) -> Vec<IpAddr> {
    addresses.iter().map(SocketAddr::ip).collect()
}

fn judge(host: &str, addresses: &[IpAddr], network: Network, rds: Option<&Description>) -> HopResult {
    let result = HopResult::ok(format!("{host} is {}.", listed(addresses)));
    if network.in_vpc != Some(true) || addresses.iter().copied().all(is_private) {
        return result;
    }
    let accessible = match rds.and_then(|rds| rds.publicly_accessible) {
        Some(true) => "the instance is publicly accessible",
        _ => "the instance is most likely publicly accessible",
    };
    let (cause, fix) = network.connectivity.public_address(accessible);
    result.warn(cause, fix)
}

/// Connects to the port.
pub(super) async fn connect(
    endpoint: &Endpoint,
    addresses: &[SocketAddr],
    network: Network,
    rds: Option<&Description>,
) -> (HopResult, Option<TcpStream>) {
    match timeout(CONNECT, dial(addresses)).await {
        Ok(Ok(stream)) => {
            let peer = stream.peer_addr().map_or_else(|_| endpoint.to_string(), |peer| peer.to_string());
            (HopResult::ok(format!("Connected to {peer}.")), Some(stream))
        }
        Ok(Err(error)) => (unreachable(&error, endpoint, &ips(addresses), network, rds), None),
        Err(_) => {
            (unreachable(&io::ErrorKind::TimedOut.into(), endpoint, &ips(addresses), network, rds), None)
        }
    }
}

fn unreachable(
    error: &io::Error,
    endpoint: &Endpoint,
    addresses: &[IpAddr],
    network: Network,
    rds: Option<&Description>,
) -> HopResult {
    let Endpoint { host, port } = endpoint;
    let list = listed(addresses);
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            let (cause, fix) = network.connectivity.refused(*port);
            HopResult::failed(format!("Port {port} of {host} ({list}) refused the connection."), cause, fix)
        }
        io::ErrorKind::TimedOut => {
            let groups = rds.map(|rds| rds.security_groups.join(", ")).filter(|groups| !groups.is_empty());
            let groups = groups.map_or_else(String::new, |groups| format!(" ({groups})"));
            let public = network.in_vpc == Some(true) && !addresses.iter().copied().any(is_private);
            let resumes = if rds.is_some_and(|rds| rds.pauses) {
                "the cluster pauses when it is idle, and resumes now, which takes half a minute or more: run it again. Otherwise: "
            } else {
                ""
            };
            let unrouted = if public {
                "the address is public, and the function's subnets have no route to the Internet; see hop dns. Otherwise: "
            } else {
                ""
            };
            let (cause, fix) = network.connectivity.dropped(&format!("{resumes}{unrouted}"), *port, &groups);
            HopResult::failed(
                format!("No answer from {host}:{port} ({list}) within {} s.", CONNECT.as_secs()),
                cause,
                fix,
            )
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            let (cause, fix) = network.connectivity.no_route();
            HopResult::failed(format!("{host}:{port} ({list}): {error}."), cause, fix)
        }
        _ => HopResult::failed(
            format!("{host}:{port} ({list}): {error}."),
            "The connection broke while it was being established.",
            "Look at what is in between: a firewall, a proxy, a load balancer.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::State;
    use super::*;

    fn network(in_vpc: Option<bool>) -> Network {
        Network { in_vpc, connectivity: Connectivity::Routed }
    }

    const PUBLIC: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(52, 1, 1, 1));

    #[test]
    fn a_public_address_is_a_warning_only_in_a_vpc() {
        let state = |in_vpc| judge("db", &[PUBLIC], network(in_vpc), None).state;
        assert_eq!(state(Some(true)), State::Warning);
        assert_eq!(state(Some(false)), State::Ok);
        assert_eq!(state(None), State::Ok);
        assert_eq!(judge("db", &["10.1.2.3".parse().unwrap()], network(Some(true)), None).state, State::Ok);
    }

    #[test]
    fn a_timeout_names_both_sides_and_the_security_groups() {
        let endpoint = Endpoint { host: "db".into(), port: 5432 };
        let rds = Description { security_groups: vec!["sg-1".into()], ..Description::default() };
        let result = unreachable(
            &io::ErrorKind::TimedOut.into(),
            &endpoint,
            &[PUBLIC],
            network(Some(true)),
            Some(&rds),
        );
        let (cause, fix) = (result.cause.unwrap(), result.fix.unwrap());
        assert!(cause.contains("(sg-1)") && cause.contains("see hop dns"), "{cause}");
        let pausing = Description { pauses: true, ..rds };
        let result =
            unreachable(&io::ErrorKind::TimedOut.into(), &endpoint, &[PUBLIC], network(None), Some(&pausing));
        assert!(result.cause.unwrap().contains("resumes now"));
        assert!(fix.contains("At the database") && fix.contains("At the function"), "{fix}");
    }
}
