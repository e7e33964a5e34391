//! The sources of the overview.

use serde::{Deserialize, Serialize};

/// A source of the overview, which can fail independently of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The role of an account.
    Role,
    /// The descriptions of instances and clusters.
    Inventory,
    /// The pending maintenance.
    Maintenance,
    /// The figures of CloudWatch.
    Metrics,
    /// The buckets with exports.
    Exports,
    /// The metrics of functions.
    Functions,
}

impl Source {
    /// Returns the name of this source on the page.
    pub fn words(self) -> &'static str {
        match self {
            Self::Role => "The role",
            Self::Inventory => "The list of databases",
            Self::Maintenance => "Pending maintenance",
            Self::Metrics => "CloudWatch's figures",
            Self::Exports => "The exports",
            Self::Functions => "The functions' metrics",
        }
    }
}
