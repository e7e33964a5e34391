//! Finds the address of the database.

use aws_config::SdkConfig;

use super::describe::describe;
use crate::config::{Address, DatabaseConfig, Endpoint};
use crate::error::Result;

/// The default port of PostgreSQL, for a host that is configured without a port.
pub const DEFAULT_PORT: u16 = 5432;

/// Returns the configured address, or the one that RDS gives for the configured identifier. A configured port
/// overrides the port from RDS.
///
/// # Errors
/// `DbInstanceNotFound`, `DbInstanceNotAvailable`, `DescribeDenied`, `DescribeFailed`, or `InvalidDbConfig` if a
/// proxy requires TLS that the configuration turns off; stage `endpoint`.
pub async fn find_endpoint(aws: &SdkConfig, config: &DatabaseConfig) -> Result<FoundEndpoint> {
    let mut described = None;
    let (host, port) = match &config.address {
        Address::Host(host) => (host.clone(), None),
        Address::Rds(identifier) => {
            let description = describe(aws, identifier).await?;
            description.admits(config.tls.mode)?;
            let address = description.address()?;
            described = Some(description);
            address
        }
    };
    let endpoint = Endpoint { host, port: config.port.or(port).unwrap_or(DEFAULT_PORT) };
    let (resource_id, is_limitless) =
        described.map_or((None, false), |described| (described.resource_id, described.is_limitless));
    Ok(FoundEndpoint { endpoint, resource_id, is_limitless })
}

/// An address, and what RDS says about the database behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEndpoint {
    /// The address.
    pub endpoint: Endpoint,
    /// The resource id of the instance or cluster, if RDS was asked.
    pub resource_id: Option<String>,
    /// Whether it is a cluster of Aurora Limitless.
    pub is_limitless: bool,
}
