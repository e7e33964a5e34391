//! The database's address, as RDS knows it.

use aws_config::SdkConfig;

use crate::aws::AwsFailure;
use crate::config::{Address, DatabaseConfig, EndpointKind, Identifier};
use crate::database::dial::Endpoint;
use crate::error::{Error, ErrorType, Result, Stage};

/// PostgreSQL's own port, for a host that is given without one.
pub const DEFAULT_PORT: u16 = 5432;

/// In these states RDS's database takes no connection; in all others it does or may.
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

/// The configured address, or RDS's answer for the configured identifier; a configured port beats RDS's.
///
/// # Errors
/// `DbInstanceNotFound`, `DbInstanceNotAvailable`, `DescribeDenied` or `DescribeFailed`, stage `endpoint`.
pub async fn find_endpoint(aws: &SdkConfig, config: &DatabaseConfig) -> Result<Endpoint> {
    let (found, port) = match &config.address {
        Address::Host(host) => (host.clone(), None),
        Address::Rds(identifier) => describe(aws, identifier).await?,
    };
    Ok(Endpoint { host: found, port: config.port.or(port).unwrap_or(DEFAULT_PORT) })
}

async fn describe(aws: &SdkConfig, identifier: &Identifier) -> Result<(String, Option<u16>)> {
    let rds = aws_sdk_rds::Client::new(aws);
    let (name, found) = match identifier {
        Identifier::Instance(name) => {
            let answer = rds.describe_db_instances().db_instance_identifier(name).send().await;
            let answer = answer.map_err(|error| of_rds(&AwsFailure::of(&error), name))?;
            let instance = answer.db_instances.unwrap_or_default().into_iter().next();
            (
                name,
                instance.map(|instance| {
                    let (address, port) =
                        instance.endpoint.map_or((None, None), |endpoint| (endpoint.address, endpoint.port));
                    (instance.db_instance_status, address, port)
                }),
            )
        }
        Identifier::Cluster(name, kind) => {
            let answer = rds.describe_db_clusters().db_cluster_identifier(name).send().await;
            let answer = answer.map_err(|error| of_rds(&AwsFailure::of(&error), name))?;
            let cluster = answer.db_clusters.unwrap_or_default().into_iter().next();
            (
                name,
                cluster.map(|cluster| {
                    let address = match kind {
                        EndpointKind::Writer => cluster.endpoint,
                        EndpointKind::Reader => cluster.reader_endpoint,
                    };
                    (cluster.status, address, cluster.port)
                }),
            )
        }
    };
    let (status, address, port) = found.ok_or_else(|| not_found(name))?;
    let status = status.unwrap_or_default();
    match address {
        Some(address) if !UNAVAILABLE.contains(&status.as_str()) => {
            Ok((address, port.and_then(|port| u16::try_from(port).ok())))
        }
        address => {
            let lacks = if address.is_none() { " and has no such endpoint" } else { "" };
            Err(Error::new(
                ErrorType::DbInstanceNotAvailable,
                Stage::Endpoint,
                format!("The database {name} has the status {status}{lacks}, so it takes no connection."),
            ))
        }
    }
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
    Error::new(error_type, Stage::Endpoint, format!("The database {name} could not be described: {failure}."))
}
