//! An instance, cluster or proxy as RDS describes it.

use chrono::{DateTime, Utc};

use crate::config::SslMode;
use crate::error::{Error, ErrorType, Result, Stage};

/// The statuses in which a database, proxy or endpoint of RDS accepts no connections. In any other status it
/// accepts them or may do so.
const UNAVAILABLE: [&str; 21] = [
    "creating",
    "deleting",
    "delete-precheck",
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "inactive",
    "incompatible-credentials",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "insufficient-resource-limits",
    "reactivating",
    "restore-error",
    "starting",
    "stopped",
    "stopping",
    "suspended",
    "suspending",
];

/// What an RDS proxy demands of its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProxyRules {
    /// Whether it accepts IAM tokens only.
    pub iam_only: bool,
    /// Whether it refuses connections without TLS.
    pub requires_tls: bool,
}

/// An instance, cluster or proxy as RDS describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// The identifier of the instance or cluster, or the name of the proxy.
    pub identifier: String,
    /// What a proxy demands of its clients; `None` for instances and clusters.
    pub proxy: Option<ProxyRules>,
    /// The resource id of an instance or a cluster, which never changes and which no other has, such as `db-ABC…`. `None`
    /// for a replica, which has the data of its source.
    pub resource_id: Option<String>,
    /// Whether it is a cluster of Aurora Limitless.
    pub is_limitless: bool,
    /// The status, such as `available`.
    pub status: String,
    /// The engine, such as `aurora-postgresql`.
    pub engine: Option<String>,
    /// The version of the engine.
    pub engine_version: Option<String>,
    /// The port of a cluster, whichever endpoint is used.
    pub port: Option<u16>,
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
                let noun = if self.proxy.is_some() { "proxy" } else { "database" };
                let lacks = if address.is_none() { " and has no such endpoint" } else { "" };
                Err(Error::new(
                    ErrorType::DbInstanceNotAvailable,
                    Stage::Endpoint,
                    format!(
                        "The {noun} {} has the status {}{lacks}, so it accepts no connections.",
                        self.identifier, self.status
                    ),
                ))
            }
        }
    }

    /// Checks that a connection with this mode is not refused for lack of TLS.
    ///
    /// # Errors
    /// `InvalidDbConfig`, stage `endpoint`.
    pub fn admits(&self, mode: SslMode) -> Result<()> {
        if mode != SslMode::Disable || !self.proxy.is_some_and(|proxy| proxy.requires_tls) {
            return Ok(());
        }
        let message = format!("The proxy {} requires TLS, but sslMode is disable.", self.identifier);
        Err(Error::new(ErrorType::InvalidDbConfig, Stage::Endpoint, message)
            .with_hint("Remove sslMode from the configuration, which makes it verify-full."))
    }
}
