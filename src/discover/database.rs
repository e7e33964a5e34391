//! A database as the response describes it.

use serde::Serialize;

/// The kind of a database in RDS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A DB cluster, with endpoints for writing and reading.
    Cluster,
    /// A DB instance, standalone or in a cluster.
    Instance,
}

impl Kind {
    /// Returns the name used in responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Instance => "instance",
        }
    }
}

/// A database as RDS describes it. A field that RDS leaves out is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// The name that a configuration takes as `dbInstanceIdentifier` or `dbClusterIdentifier`.
    pub identifier: String,
    /// Instance or cluster.
    pub kind: Kind,
    /// The cluster that an instance belongs to.
    pub cluster: Option<String>,
    /// The engine, such as `postgres`, `aurora-postgresql` or `mysql`.
    pub engine: Option<String>,
    /// The engine's version.
    pub version: Option<String>,
    /// The status, such as `available`.
    pub status: Option<String>,
    /// The host name; for a cluster, that of its writer.
    pub endpoint: Option<String>,
    /// The host name of a cluster's readers.
    pub reader_endpoint: Option<String>,
    /// The TCP port.
    pub port: Option<i32>,
    /// Whether users can log in with IAM tokens.
    pub iam_authentication: bool,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// Whether it has a public address.
    pub publicly_accessible: Option<bool>,
    /// The account that owns it.
    pub account: Option<String>,
    /// The region that it is in.
    pub region: Option<String>,
    /// The role through which it was listed.
    pub role_arn: Option<String>,
    /// The latest CloudWatch metrics, if they were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Figures>,
}

/// The latest metrics, at most 15 minutes old. A metric that the database does not publish is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Percent of the CPU in use.
    pub cpu_percent: Option<f64>,
    /// Client connections.
    pub connections: Option<f64>,
    /// Bytes of free storage; `None` for Aurora, whose storage grows automatically.
    pub free_storage_bytes: Option<f64>,
    /// The replication lag in seconds.
    pub replica_lag_seconds: Option<f64>,
}
