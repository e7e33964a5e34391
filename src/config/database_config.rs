//! A configuration that was checked.

use super::tls::TlsSettings;
use crate::secret::Secret;

/// How the user proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// By a password.
    Password(Secret),
    /// By a token signed with the assumed credentials.
    Iam,
}

/// What RDS is asked for where no host is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// A DB instance.
    Instance(String),
    /// A DB cluster, such as Aurora's, and which of its endpoints.
    Cluster(String, EndpointKind),
}

/// Which endpoint of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndpointKind {
    /// The writer's.
    #[default]
    Writer,
    /// The readers'.
    Reader,
}

/// Where the address comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Given as it is.
    Host(String),
    /// To be asked of RDS.
    Rds(Identifier),
}

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// Where the database is.
    pub address: Address,
    /// The port, where it is given; RDS knows its own, else 5432.
    pub port: Option<u16>,
    /// The database's name.
    pub database: String,
    /// The database user.
    pub username: String,
    /// How it logs in.
    pub auth: Auth,
    /// How the connection is encrypted.
    pub tls: TlsSettings,
    /// The region of the database and its role, if not the function's.
    pub region: Option<String>,
}
