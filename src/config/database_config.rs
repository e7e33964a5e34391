//! The checked configuration of a database.

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

/// The instance or cluster whose address RDS knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// A DB instance.
    Instance(String),
    /// A DB cluster, such as an Aurora cluster, and the kind of its endpoint.
    Cluster(String, EndpointKind),
}

/// The kind of endpoint of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndpointKind {
    /// The writer endpoint.
    #[default]
    Writer,
    /// The reader endpoint.
    Reader,
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
    /// The name of the database.
    pub database: String,
    /// The database user.
    pub username: String,
    /// How the user authenticates.
    pub auth: Auth,
    /// How the connection is encrypted.
    pub tls: TlsSettings,
}
