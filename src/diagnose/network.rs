//! The hops `dns` and `tcp`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::address::{is_private, listed};
use super::diagnosis::HopResult;
use crate::account::Description;
use crate::config::Endpoint;
use crate::database::Resolver;
use crate::database::dial::dial;

const LOOKUP: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(4);

/// Resolves the host name of the database. `in_vpc` tells whether the function is in a VPC, if that is known.
pub(super) async fn look_up(
    endpoint: &Endpoint,
    in_vpc: Option<bool>,
    rds: Option<&Description>,
) -> (HopResult, Vec<SocketAddr>) {
    let host = &endpoint.host;
    let error = match timeout(LOOKUP, Resolver::default().resolve(endpoint)).await {
        Ok(Ok(addresses)) => return (judge(host, &ips(&addresses), in_vpc, rds), addresses),
        Ok(Err(failure)) => failure.error.message,
        Err(_) => format!("No name server answered for {host} within {} s.", LOOKUP.as_secs()),
    };
    let result = HopResult::failed(
        error,
        format!(
            "The name {host} is unknown here: it is misspelt, the database is gone, or the VPC's DNS does not know its zone."
        ),
        "Correct host in the configuration (terraform: db_host), or leave it out and give dbInstanceIdentifier; for a private zone associate it with the function's VPC.",
    );
    (result, Vec::new())
}

fn ips(addresses: &[SocketAddr]) -> Vec<IpAddr> {
    addresses.iter().map(SocketAddr::ip).collect()
}

fn judge(host: &str, addresses: &[IpAddr], in_vpc: Option<bool>, rds: Option<&Description>) -> HopResult {
    let result = HopResult::ok(format!("{host} is {}.", listed(addresses)));
    if in_vpc != Some(true) || addresses.iter().copied().all(is_private) {
        return result;
    }
    let accessible = match rds.and_then(|rds| rds.publicly_accessible) {
        Some(true) => "the instance is publicly accessible",
        _ => "the instance is most likely publicly accessible",
    };
    result.warn(
        format!("The address is public although the function is in a VPC: {accessible}, and DNS resolution on the peering is off on the database's side."),
        "Turn DNS resolution on for both sides of the peering (terraform: connectivity = \"peering\" does; aws ec2 modify-vpc-peering-connection-options), or make the instance private: aws rds modify-db-instance --no-publicly-accessible",
    )
}

/// Connects to the port.
pub(super) async fn connect(
    endpoint: &Endpoint,
    addresses: &[SocketAddr],
    in_vpc: Option<bool>,
    rds: Option<&Description>,
) -> (HopResult, Option<TcpStream>) {
    match timeout(CONNECT, dial(addresses)).await {
        Ok(Ok(stream)) => {
            let peer = stream.peer_addr().map_or_else(|_| endpoint.to_string(), |peer| peer.to_string());
            (HopResult::ok(format!("Connected to {peer}.")), Some(stream))
        }
        Ok(Err(error)) => (unreachable(&error, endpoint, &ips(addresses), in_vpc, rds), None),
        Err(_) => {
            (unreachable(&io::ErrorKind::TimedOut.into(), endpoint, &ips(addresses), in_vpc, rds), None)
        }
    }
}

fn unreachable(
    error: &io::Error,
    endpoint: &Endpoint,
    addresses: &[IpAddr],
    in_vpc: Option<bool>,
    rds: Option<&Description>,
) -> HopResult {
    let Endpoint { host, port } = endpoint;
    let list = listed(addresses);
    match error.kind() {
        io::ErrorKind::ConnectionRefused => HopResult::failed(
            format!("Port {port} of {host} ({list}) refused the connection."),
            format!("Nothing listens on port {port} there: the port is wrong, or the server is not running."),
            "Correct port in the configuration (terraform: db_port), or leave it out and give dbInstanceIdentifier; check that the server is running.",
        ),
        io::ErrorKind::TimedOut => {
            let groups = rds.map(|rds| rds.security_groups.join(", ")).filter(|groups| !groups.is_empty());
            let groups = groups.map_or_else(String::new, |groups| format!(" ({groups})"));
            let public = in_vpc == Some(true) && !addresses.iter().copied().any(is_private);
            let resumes = if rds.is_some_and(|rds| rds.pauses) {
                "the cluster pauses when it is idle, and resumes now, which takes half a minute or more: run it again. Otherwise: "
            } else {
                ""
            };
            let first = if public {
                "the address is public, and the function's subnets have no route to the Internet; see hop dns. Otherwise: "
                    .to_owned()
            } else {
                String::new()
            };
            HopResult::failed(
                format!("No answer from {host}:{port} ({list}) within {} s.", CONNECT.as_secs()),
                format!(
                    "The packets are dropped: {resumes}{first}the database's security group{groups} does not admit the function, the function's \
                     security group does not let it out, a route over the peering is missing on one side, or a network ACL denies it."
                ),
                format!(
                    "At the database: admit the function's VPC or security group on port {port}{groups} (terraform: db_security_group_ids, db_admit) and route \
                     back (account_b_route_table_ids, account_a_vpc_cidr). At the function: route there (account_a_route_table_ids, account_b_vpc_cidr), \
                     let port {port} out (db_port). ./deploy.sh validate looks at both."
                ),
            )
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => HopResult::failed(
            format!("{host}:{port} ({list}): {error}."),
            "There is no route to that address.",
            "Route the database's addresses over the peering (terraform: account_a_route_table_ids, account_b_vpc_cidr, connectivity).",
        ),
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

    const PUBLIC: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(52, 1, 1, 1));

    #[test]
    fn a_public_address_is_a_warning_only_in_a_vpc() {
        let state = |in_vpc| judge("db", &[PUBLIC], in_vpc, None).state;
        assert_eq!(state(Some(true)), State::Warning);
        assert_eq!(state(Some(false)), State::Ok);
        assert_eq!(state(None), State::Ok);
        assert_eq!(judge("db", &["10.1.2.3".parse().unwrap()], Some(true), None).state, State::Ok);
    }

    #[test]
    fn a_timeout_names_both_sides_and_the_security_groups() {
        let endpoint = Endpoint { host: "db".into(), port: 5432 };
        let rds = Description { security_groups: vec!["sg-1".into()], ..Description::default() };
        let result =
            unreachable(&io::ErrorKind::TimedOut.into(), &endpoint, &[PUBLIC], Some(true), Some(&rds));
        let (cause, fix) = (result.cause.unwrap(), result.fix.unwrap());
        assert!(cause.contains("(sg-1)") && cause.contains("see hop dns"), "{cause}");
        let pausing = Description { pauses: true, ..rds };
        let result = unreachable(&io::ErrorKind::TimedOut.into(), &endpoint, &[PUBLIC], None, Some(&pausing));
        assert!(result.cause.unwrap().contains("resumes now"));
        assert!(fix.contains("At the database") && fix.contains("At the function"), "{fix}");
    }
}
