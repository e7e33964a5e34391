//! The checked configuration of a database.

use super::login::Endpoint;
use super::tls::TlsSettings;
use crate::secret::Secret;

/// How the user authenticates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// With a password.
    Password(Secret),
    /// With an IAM token, signed with the assumed credentials.
    Iam,
}

/// What RDS knows the address of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// A DB instance.
    Instance(String),
    /// A DB cluster, such as an Aurora cluster, and which of its endpoints.
    Cluster(String, EndpointKind),
    /// An RDS proxy, and which of its endpoints.
    Proxy(String, EndpointKind),
}

impl Identifier {
    /// Returns the name of the instance, cluster or proxy.
    pub fn name(&self) -> &str {
        match self {
            Self::Instance(name) | Self::Cluster(name, _) | Self::Proxy(name, _) => name,
        }
    }
}

/// An endpoint of a cluster or proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum EndpointKind {
    /// The writer endpoint of a cluster, or the default endpoint of a proxy.
    #[default]
    Writer,
    /// The reader endpoint of a cluster, or the read-only endpoint of a proxy.
    Reader,
    /// A custom endpoint of a cluster, or a further endpoint of a proxy, by its identifier.
    Named(String),
}

impl EndpointKind {
    /// Reads the value of the key `endpoint`.
    pub fn parse(text: &str) -> Self {
        match text {
            "writer" => Self::Writer,
            "reader" => Self::Reader,
            name => Self::Named(name.to_owned()),
        }
    }
}

/// Where the address of the database comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A configured host name or IP address.
    Host(String),
    /// An identifier, for which RDS returns the address.
    Rds(Identifier),
}

/// A checked configuration of a database.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// The address of the database.
    pub address: Address,
    /// The port, if it is configured; otherwise the one from RDS, or 5432.
    pub port: Option<u16>,
    /// The port of the database itself, if `port` is that of a load balancer, PrivateLink or pooler.
    pub database_port: Option<u16>,
    /// The name of the database.
    pub database: String,
    /// The database user.
    pub username: String,
    /// How the user authenticates.
    pub auth: Auth,
    /// How the connection is encrypted.
    pub tls: TlsSettings,
}

impl DatabaseConfig {
    /// Returns the name and port of the database itself, for which an IAM token is valid, if it is reached at `endpoint`.
    pub fn own_endpoint(&self, endpoint: &Endpoint) -> Endpoint {
        Endpoint {
            host: self.tls.server_name.clone().unwrap_or_else(|| endpoint.host.clone()),
            port: self.database_port.unwrap_or(endpoint.port),
        }
    }
}
