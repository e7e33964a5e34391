//! Where to connect, and as whom.

use std::fmt;

use super::tls::TlsSettings;
use crate::secret::Secret;

/// Where the database listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A name or an address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Who logs in where.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// Where the database listens.
    pub endpoint: Endpoint,
    /// The database's name.
    pub database: String,
    /// The database user.
    pub username: String,
    /// Its password or IAM token.
    pub password: Secret,
    /// How the connection is encrypted.
    pub tls: TlsSettings,
    /// Shown in `pg_stat_activity`; at most 63 bytes.
    pub application_name: String,
}
