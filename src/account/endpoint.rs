//! Looks up the address of a database in RDS.

use aws_config::SdkConfig;
use aws_sdk_rds::types::{DbCluster, DbInstance, VpcSecurityGroupMembership};
use chrono::{DateTime, Utc};

use crate::aws::AwsFailure;
use crate::config::{Address, DatabaseConfig, Endpoint, EndpointKind, Identifier};
use crate::error::{Error, ErrorType, Result, Stage};

/// The default port of PostgreSQL, for a host that is configured without a port.
pub const DEFAULT_PORT: u16 = 5432;

/// The states in which an RDS database accepts no connections; in all others it does or may.
const UNAVAILABLE: [&str; 16] = [
    "creating",
    "deleting",
    "delete-precheck",
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "incompatible-credentials",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "restore-error",
    "starting",
    "stopped",
    "stopping",
];

/// An instance or cluster as RDS describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// The identifier of the instance or cluster.
    pub identifier: String,
    /// The status, such as `available`.
    pub status: String,
    /// The engine, such as `aurora-postgresql`.
    pub engine: Option<String>,
    /// The version of the engine.
    pub engine_version: Option<String>,
    /// Host and port of the endpoint, if there is one of the requested kind.
    pub address_and_port: Option<(String, Option<u16>)>,
    /// Whether IAM database authentication is enabled.
    pub iam_authentication: Option<bool>,
    /// Whether the host name resolves to a public address outside of the VPC.
    pub publicly_accessible: Option<bool>,
    /// Whether there is a standby in another availability zone.
    pub multi_az: Option<bool>,
    /// The authority of the server certificate, such as `rds-ca-rsa2048-g1`.
    pub certificate_authority: Option<String>,
    /// When the server certificate expires.
    pub certificate_until: Option<DateTime<Utc>>,
    /// The number of readers of a cluster.
    pub readers: Option<usize>,
    /// Whether the cluster pauses when it is idle (Aurora Serverless v2 with a minimum capacity of 0).
    pub pauses: bool,
    /// The ids of the security groups.
    pub security_groups: Vec<String>,
}

impl Description {
    /// Returns the host and port to connect to.
    ///
    /// # Errors
    /// `DbInstanceNotAvailable`, stage `endpoint`, if the database accepts no connections.
    pub fn address(&self) -> Result<(String, Option<u16>)> {
        match &self.address_and_port {
            Some(address) if !UNAVAILABLE.contains(&self.status.as_str()) => Ok(address.clone()),
            address => {
                let lacks = if address.is_none() { " and has no such endpoint" } else { "" };
                Err(Error::new(
                    ErrorType::DbInstanceNotAvailable,
                    Stage::Endpoint,
                    format!(
                        "The database {} has the status {}{lacks}, so it accepts no connections.",
                        self.identifier, self.status
                    ),
                ))
            }
        }
    }
}

/// Returns the configured address, or the one that RDS gives for the configured identifier. A configured port
/// overrides the port from RDS.
///
/// # Errors
/// `DbInstanceNotFound`, `DbInstanceNotAvailable`, `DescribeDenied` or `DescribeFailed`, stage `endpoint`.
pub async fn find_endpoint(aws: &SdkConfig, config: &DatabaseConfig) -> Result<Endpoint> {
    let (host, port) = match &config.address {
        Address::Host(host) => (host.clone(), None),
        Address::Rds(identifier) => describe(aws, identifier).await?.address()?,
    };
    Ok(Endpoint { host, port: config.port.or(port).unwrap_or(DEFAULT_PORT) })
}

/// Asks RDS to describe an instance or cluster, whatever its status.
///
/// # Errors
/// `DbInstanceNotFound`, `DescribeDenied` or `DescribeFailed`, stage `endpoint`.
pub async fn describe(aws: &SdkConfig, identifier: &Identifier) -> Result<Description> {
    let rds = aws_sdk_rds::Client::new(aws);
    let (name, found) = match identifier {
        Identifier::Instance(name) => {
            let answer = rds.describe_db_instances().db_instance_identifier(name).send().await;
            let answer = answer.map_err(|error| of_rds(&AwsFailure::of(&error), name))?;
            (name, answer.db_instances.unwrap_or_default().into_iter().next().map(of_instance))
        }
        Identifier::Cluster(name, kind) => {
            let answer = rds.describe_db_clusters().db_cluster_identifier(name).send().await;
            let answer = answer.map_err(|error| of_rds(&AwsFailure::of(&error), name))?;
            let cluster = answer.db_clusters.unwrap_or_default().into_iter().next();
            (name, cluster.map(|cluster| of_cluster(cluster, *kind)))
        }
    };
    found.map(|found| Description { identifier: name.clone(), ..found }).ok_or_else(|| not_found(name))
}

fn of_instance(instance: DbInstance) -> Description {
    let (address, port) =
        instance.endpoint.map_or((None, None), |endpoint| (endpoint.address, endpoint.port));
    let certificate = instance.certificate_details;
    Description {
        status: instance.db_instance_status.unwrap_or_default(),
        engine: instance.engine,
        engine_version: instance.engine_version,
        address_and_port: address.map(|address| (address, tcp_port(port))),
        iam_authentication: instance.iam_database_authentication_enabled,
        publicly_accessible: instance.publicly_accessible,
        multi_az: instance.multi_az,
        certificate_until: certificate.as_ref().and_then(|certificate| until(certificate.valid_till)),
        certificate_authority: certificate
            .and_then(|certificate| certificate.ca_identifier)
            .or(instance.ca_certificate_identifier),
        security_groups: groups(instance.vpc_security_groups),
        ..Description::default()
    }
}

fn of_cluster(cluster: DbCluster, kind: EndpointKind) -> Description {
    let address = match kind {
        EndpointKind::Writer => cluster.endpoint,
        EndpointKind::Reader => cluster.reader_endpoint,
    };
    let members = cluster.db_cluster_members;
    let readers =
        members.map(|members| members.iter().filter(|member| member.is_cluster_writer != Some(true)).count());
    let scaling = cluster.serverless_v2_scaling_configuration;
    let pauses = scaling.and_then(|scaling| scaling.min_capacity).is_some_and(|least| least <= 0.0);
    let certificate = cluster.certificate_details;
    Description {
        status: cluster.status.unwrap_or_default(),
        engine: cluster.engine,
        engine_version: cluster.engine_version,
        address_and_port: address.map(|address| (address, tcp_port(cluster.port))),
        iam_authentication: cluster.iam_database_authentication_enabled,
        publicly_accessible: cluster.publicly_accessible,
        multi_az: cluster.multi_az,
        certificate_until: certificate.as_ref().and_then(|certificate| until(certificate.valid_till)),
        certificate_authority: certificate.and_then(|certificate| certificate.ca_identifier),
        readers,
        pauses,
        security_groups: groups(cluster.vpc_security_groups),
        ..Description::default()
    }
}

fn tcp_port(port: Option<i32>) -> Option<u16> {
    port.and_then(|port| u16::try_from(port).ok())
}

fn until(time: Option<aws_smithy_types::DateTime>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time?.secs(), 0)
}

fn groups(groups: Option<Vec<VpcSecurityGroupMembership>>) -> Vec<String> {
    groups.unwrap_or_default().into_iter().filter_map(|group| group.vpc_security_group_id).collect()
}

fn not_found(name: &str) -> Error {
    Error::new(
        ErrorType::DbInstanceNotFound,
        Stage::Endpoint,
        format!("RDS knows no database {name} in the account and region of the role."),
    )
}

fn of_rds(failure: &AwsFailure, name: &str) -> Error {
    if failure.is(&[
        "DBInstanceNotFound",
        "DBInstanceNotFoundFault",
        "DBClusterNotFoundFault",
        "DBClusterNotFound",
    ]) {
        return not_found(name);
    }
    let error_type = if failure.is_denied() { ErrorType::DescribeDenied } else { ErrorType::DescribeFailed };
    let message = format!("The database {name} could not be described: {failure}.");
    failure.to_error(error_type, Stage::Endpoint, message)
}
