//! The address and credentials for a connection.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::tls::TlsSettings;
use crate::secret::Secret;

/// The address of a database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host name or IP address, or the folder of a Unix socket.
    pub host: String,
    /// The TCP port, which is a part of the name of a Unix socket too.
    pub port: u16,
}

impl Endpoint {
    /// Returns the path of the Unix socket, or `None` if the endpoint is a TCP address.
    pub fn socket(&self) -> Option<PathBuf> {
        self.host.starts_with('/').then(|| PathBuf::from(format!("{}/.s.PGSQL.{}", self.host, self.port)))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.socket() {
            Some(path) => write!(f, "{}", path.display()),
            None => write!(f, "{}:{}", self.host, self.port),
        }
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
    /// The password or IAM token of the user; empty if there is none.
    pub password: Secret,
    /// How the connection is encrypted.
    pub tls: TlsSettings,
    /// The name shown in `pg_stat_activity`; at most 63 bytes.
    pub application_name: String,
    /// Options for the server process, such as `-c search_path=sales`.
    pub options: Option<String>,
}

/// The servers that a command line names. The first one that fits is used.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectLogin {
    /// The logins, in the order in which they are tried.
    pub servers: Vec<Login>,
    /// The kind of server that fits.
    pub wanted: ServerKind,
    /// The time limit of connecting to one server.
    pub connect_timeout: Option<Duration>,
    /// What the caller should know about how the login was put together.
    pub notes: Vec<String>,
}

/// The kinds of server of libpq's `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerKind {
    /// Any server.
    #[default]
    Any,
    /// A server whose sessions can write.
    ReadWrite,
    /// A server whose sessions cannot write.
    ReadOnly,
    /// A server that is not in recovery.
    Primary,
    /// A server that is in recovery.
    Standby,
    /// A server that is in recovery, or any if there is none.
    PreferStandby,
}

impl ServerKind {
    /// All kinds by their names in libpq.
    pub(crate) const NAMES: [(&str, Self); 6] = [
        ("any", Self::Any),
        ("read-write", Self::ReadWrite),
        ("read-only", Self::ReadOnly),
        ("primary", Self::Primary),
        ("standby", Self::Standby),
        ("prefer-standby", Self::PreferStandby),
    ];

    /// Returns whether a server is of this kind.
    pub(crate) fn fits(self, is_standby: bool, is_read_only: bool) -> bool {
        match self {
            Self::Any => true,
            Self::ReadWrite => !is_standby && !is_read_only,
            Self::ReadOnly => is_standby || is_read_only,
            Self::Primary => !is_standby,
            Self::Standby | Self::PreferStandby => is_standby,
        }
    }
}
