//! The address and credentials for a connection.

use std::fmt;

use super::tls::TlsSettings;
use crate::secret::Secret;

/// The address of a database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host name or IP address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Everything needed to log in to a database.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// The address of a database server.
    pub endpoint: Endpoint,
    /// The name of the database.
    pub database: String,
    /// The database user.
    pub username: String,
    /// The password or IAM token of the user.
    pub password: Secret,
    /// How the connection is encrypted.
    pub tls: TlsSettings,
    /// The name shown in `pg_stat_activity`; at most 63 bytes.
    pub application_name: String,
}
