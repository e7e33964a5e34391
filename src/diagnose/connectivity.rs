//! The way to the database, as far as the function knows it, and what is likely to be wrong on it.

use crate::environment::Environment;

/// How the function reaches the database: docs/connectivity.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connectivity {
    /// A peering, or a way of someone else's of which nothing is known.
    Routed,
    /// VPC Lattice.
    Lattice,
    /// A load balancer behind an endpoint service.
    PrivateLink,
    /// A transit gateway to which both networks are attached.
    TransitGateway,
}

impl Connectivity {
    /// Reads the variable that terraform sets.
    pub fn of(environment: &Environment) -> Self {
        match environment.get("CONNECTIVITY") {
            Some("lattice") => Self::Lattice,
            Some("privatelink") => Self::PrivateLink,
            Some("transit_gateway") => Self::TransitGateway,
            _ => Self::Routed,
        }
    }

    /// Returns cause and fix of a host name that is unknown.
    pub fn unknown_name(self, host: &str) -> (String, String) {
        let cause = match self {
            Self::Routed | Self::TransitGateway => format!(
                "The name {host} is unknown here: it is misspelt, the database is gone, or the VPC's DNS does not know its zone."
            ),
            Self::Lattice | Self::PrivateLink => format!(
                "The name {host} is unknown here: it is misspelt, the database or the endpoint that it leads to is gone, or the VPC's DNS does not \
                 know its zone."
            ),
        };
        let fix = match self {
            Self::Routed | Self::TransitGateway => {
                "Correct host in the configuration (terraform: db_host), or leave it out and give dbInstanceIdentifier; for a private zone \
                 associate it with the function's VPC."
            }
            Self::Lattice => {
                "Look at the endpoint: aws ec2 describe-vpc-endpoints --filters Name=vpc-endpoint-type,Values=Resource. Its state has to be available, \
                 which needs the accepted share; the VPC needs enableDnsSupport and enableDnsHostnames."
            }
            Self::PrivateLink => {
                "Look at the endpoint: aws ec2 describe-vpc-endpoints. Its state has to be available: while it is pendingAcceptance, account B accepts \
                 it (terraform: vpc_endpoint_ids); the VPC needs enableDnsSupport and enableDnsHostnames."
            }
        };
        (cause, fix.to_owned())
    }

    /// Returns cause and fix of a public address in a VPC. `accessible` says what is known about the instance.
    pub fn public_address(self, accessible: &str) -> (String, String) {
        match self {
            Self::Routed => (
                format!(
                    "The address is public although the function is in a VPC: {accessible}, and DNS resolution on the peering is off on the database's side."
                ),
                "Turn DNS resolution on for both sides of the peering (terraform: connectivity = \"peering\" does; aws ec2 \
                 modify-vpc-peering-connection-options), or make the instance private: aws rds modify-db-instance --no-publicly-accessible"
                    .to_owned(),
            ),
            Self::TransitGateway => (
                format!(
                    "The address is public although the function is in a VPC: {accessible}, and DNS support is off at the transit gateway or at one of its \
                     attachments, or DNS host names are off in the database's VPC."
                ),
                "Turn DNS support on: the attachments have it (aws ec2 describe-transit-gateway-vpc-attachments), the gateway's owner sets it there (aws ec2 \
                 modify-transit-gateway --options DnsSupport=enable); the database's VPC needs enableDnsHostnames. Or make the instance private: aws rds \
                 modify-db-instance --no-publicly-accessible"
                    .to_owned(),
            ),
            Self::Lattice | Self::PrivateLink => (
                format!("The address is public, so the name does not lead to the endpoint: {accessible}."),
                "Make the instance private (aws rds modify-db-instance --no-publicly-accessible), and look at the endpoint: aws ec2 \
                 describe-vpc-endpoints"
                    .to_owned(),
            ),
        }
    }

    /// Returns cause and fix of packets that get no answer. `first` is what is even more likely, or empty, and
    /// `groups` names the security groups of the database in brackets, or is empty.
    pub fn dropped(self, first: &str, port: u16, groups: &str) -> (String, String) {
        match self {
            Self::Routed => (
                format!(
                    "The packets are dropped: {first}the database's security group{groups} does not admit the function, the function's \
                     security group does not let it out, a route over the peering is missing on one side, or a network ACL denies it."
                ),
                format!(
                    "At the database: admit the function's VPC or security group on port {port}{groups} (terraform: db_security_group_ids, db_admit) and route \
                     back (account_b_route_table_ids, account_a_vpc_cidr). At the function: route there (account_a_route_table_ids, account_b_vpc_cidr), \
                     let port {port} out (db_port). ./deploy.sh validate looks at both."
                ),
            ),
            Self::TransitGateway => (
                format!(
                    "The packets are dropped on the way by the transit gateway: {first}an attachment is not accepted yet (pendingAcceptance), a route to the \
                     gateway is missing on one side, or one to the other network in the gateway's own table, the database's zone has no subnet in its attachment, \
                     or the database's security group{groups} does not admit the function."
                ),
                format!(
                    "Attachments: aws ec2 describe-transit-gateway-vpc-attachments in both accounts; the gateway's owner accepts them (terraform: \
                     transit_gateway_attachment_ids), after which the other side is deployed again for its routes. If the gateway is not found there, its share is \
                     not accepted (resource_share_arn). Routes: account_a_route_table_ids, account_b_route_table_ids, and both attachments associated with and \
                     propagated into the gateway's table (transit_gateway_route_table_id). Zones: account_b_subnet_ids. Database: admit the function's subnets on \
                     port {port}{groups} (db_security_group_ids), or its security group (db_admit), which needs security group referencing at the gateway and at \
                     both attachments."
                ),
            ),
            Self::Lattice => (
                format!(
                    "The packets are dropped on the way by VPC Lattice: {first}the database's security group{groups} does not admit the resource \
                     gateway's, the endpoint's does not admit the function, or account B no longer shares the database."
                ),
                format!(
                    "At the database: admit the resource gateway's security group on port {port}{groups} (terraform: db_security_group_ids, or output \
                     entry_security_group_id). At the function: the endpoint's state has to be available (aws ec2 describe-vpc-endpoints), in a zone that \
                     account_a_subnet_ids and account_b_subnet_ids have in common."
                ),
            ),
            Self::PrivateLink => (
                format!(
                    "The packets are dropped on the way by PrivateLink: {first}the endpoint is not accepted yet (pendingAcceptance), the load balancer's \
                     security group does not admit the function's subnets, its target is not healthy or stale after a failover, or the database's \
                     security group{groups} does not admit the load balancer's."
                ),
                format!(
                    "Endpoint: aws ec2 describe-vpc-endpoints; account B accepts it (terraform: vpc_endpoint_ids), and it is in zones of the load balancer \
                     alone. Load balancer: admit the function's subnets (account_a_cidrs). Targets: aws elbv2 describe-target-health, and the log of the \
                     function NAME-targets. Database: admit the load balancer's group on port {port}{groups} (db_security_group_ids, or output \
                     entry_security_group_id)."
                ),
            ),
        }
    }

    /// Returns cause and fix of a refused connection.
    pub fn refused(self, port: u16) -> (String, String) {
        match self {
            Self::PrivateLink => (
                format!("No target of the load balancer takes connections on port {port}, or it has no listener there."),
                "Targets: aws elbv2 describe-target-health in account B, and the log of the function NAME-targets; port in the configuration \
                 (terraform: db_port)."
                    .to_owned(),
            ),
            Self::Routed | Self::Lattice | Self::TransitGateway => (
                format!("Nothing listens on port {port} there: the port is wrong, or the server is not running."),
                "Correct port in the configuration (terraform: db_port), or leave it out and give dbInstanceIdentifier; check that the server is running."
                    .to_owned(),
            ),
        }
    }

    /// Returns cause and fix of an address to which there is no route.
    pub fn no_route(self) -> (&'static str, &'static str) {
        match self {
            Self::Routed => (
                "There is no route to that address.",
                "Route the database's addresses over the peering (terraform: account_a_route_table_ids, account_b_vpc_cidr, connectivity).",
            ),
            Self::TransitGateway => (
                "There is no route to that address.",
                "Route the database's addresses over the transit gateway (terraform: account_a_route_table_ids, account_b_cidrs); the routes are made once the \
                 attachment is accepted (aws ec2 describe-transit-gateway-vpc-attachments), by another deploy.",
            ),
            Self::Lattice | Self::PrivateLink => (
                "There is no route to that address, so the name does not lead to the endpoint in the network of the function.",
                "Look at the endpoint (aws ec2 describe-vpc-endpoints) and at the VPC's enableDnsSupport and enableDnsHostnames.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAYS: [Connectivity; 4] = [
        Connectivity::Routed,
        Connectivity::Lattice,
        Connectivity::PrivateLink,
        Connectivity::TransitGateway,
    ];

    fn of(word: &str) -> Connectivity {
        Connectivity::of(&Environment::from_iter([("CONNECTIVITY", word)]))
    }

    #[test]
    fn the_way_is_the_one_that_terraform_names() {
        assert_eq!(["peering", "lattice", "privatelink", "transit_gateway"].map(of), WAYS);
        assert_eq!(["existing", "none", ""].map(of), [Connectivity::Routed; 3]);
        assert_eq!(Connectivity::of(&Environment::default()), Connectivity::Routed);
    }

    #[test]
    fn each_way_is_spoken_of_by_what_it_has() {
        for way in WAYS {
            let pairs = [
                way.unknown_name("db"),
                way.public_address("the instance is publicly accessible"),
                way.dropped("", 5432, " (sg-1)"),
                way.refused(5432),
                (way.no_route().0.to_owned(), way.no_route().1.to_owned()),
            ];
            let said =
                pairs.iter().map(|(cause, fix)| format!("{cause} {fix}")).collect::<Vec<_>>().join("\n");
            assert_eq!(said.contains("peering"), way == Connectivity::Routed, "{said}");
            let by_endpoint = matches!(way, Connectivity::Lattice | Connectivity::PrivateLink);
            assert_eq!(said.contains("describe-vpc-endpoints"), by_endpoint, "{said}");
            let accepted_later = matches!(way, Connectivity::PrivateLink | Connectivity::TransitGateway);
            assert_eq!(said.contains("pendingAcceptance"), accepted_later, "{said}");
            for word in [
                "describe-transit-gateway-vpc-attachments",
                "transit_gateway_attachment_ids",
                "resource_share_arn",
            ] {
                assert_eq!(said.contains(word), way == Connectivity::TransitGateway, "{word}: {said}");
            }
            assert!(said.contains("5432 (sg-1)"), "{said}");
        }
    }
}
