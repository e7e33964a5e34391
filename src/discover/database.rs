//! A database as an answer describes it.

use serde::Serialize;

/// Whether it is a server or a group of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A DB cluster, with its endpoints for writing and reading.
    Cluster,
    /// A DB instance, by itself or in a cluster.
    Instance,
}

impl Kind {
    /// The word for it in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Instance => "instance",
        }
    }
}

/// A database as RDS describes it. What RDS leaves out is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// The name that a configuration takes as `dbInstanceIdentifier` or `dbClusterIdentifier`.
    pub identifier: String,
    /// Instance or cluster.
    pub kind: Kind,
    /// The cluster that an instance belongs to.
    pub cluster: Option<String>,
    /// Such as `postgres`, `aurora-postgresql`, `mysql`.
    pub engine: Option<String>,
    /// The engine's version.
    pub version: Option<String>,
    /// Such as `available`.
    pub status: Option<String>,
    /// The host name; a cluster's is its writer's.
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
    /// The region in which it is.
    pub region: Option<String>,
    /// The role that sees it.
    pub role_arn: Option<String>,
    /// CloudWatch's last figures, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Figures>,
}

/// The last figures, none older than 15 minutes. `None`: the database does not write that one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Percent of the CPU in use.
    pub cpu_percent: Option<f64>,
    /// Client connections.
    pub connections: Option<f64>,
    /// Bytes of free storage; Aurora's grows by itself and has none.
    pub free_storage_bytes: Option<f64>,
    /// Seconds that a replica is behind.
    pub replica_lag_seconds: Option<f64>,
}
