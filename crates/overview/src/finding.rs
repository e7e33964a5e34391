//! A finding of the overview.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::source::Source;

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// An account and region could not be queried.
    Unreachable,
    /// A database has a status in which it does not serve connections.
    Status,
    /// The storage of a database will soon be full, by its trend.
    StorageTrend,
    /// A database has little free storage.
    StorageLow,
    /// The oldest transaction id of a database is old.
    TransactionIds,
    /// An export is late.
    ExportLate,
    /// Runs of a function fail.
    ExportFailing,
    /// The window of a stream does not move.
    ExportStalled,
    /// A replica is behind its source.
    Lag,
    /// The CPU of a database is busy.
    Cpu,
    /// A database has a public address.
    Public,
    /// A database has no backups, or keeps them for too few days.
    Backups,
    /// The storage of a database is not encrypted.
    NotEncrypted,
    /// The certificate of a database or its authority expires.
    Certificate,
    /// The standard support of a database's version ends.
    Version,
    /// Maintenance is due.
    Maintenance,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::Unreachable,
        Self::Status,
        Self::StorageTrend,
        Self::StorageLow,
        Self::TransactionIds,
        Self::ExportLate,
        Self::ExportFailing,
        Self::ExportStalled,
        Self::Lag,
        Self::Cpu,
        Self::Public,
        Self::Backups,
        Self::NotEncrypted,
        Self::Certificate,
        Self::Version,
        Self::Maintenance,
    ];

    /// Returns the name of this kind in `overview.json`.
    pub fn name(self) -> &'static str {
        self.both().0
    }

    /// Returns the title of this kind on the page.
    pub fn title(self) -> &'static str {
        self.both().1
    }

    fn both(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreachable => ("unreachable", "Not reached"),
            Self::Status => ("status", "Not available"),
            Self::StorageTrend => ("storageTrend", "Storage runs out"),
            Self::StorageLow => ("storageLow", "Little free storage"),
            Self::TransactionIds => ("transactionIds", "Old transaction ids"),
            Self::ExportLate => ("exportLate", "Export is late"),
            Self::ExportFailing => ("exportFailing", "Exports fail"),
            Self::ExportStalled => ("exportStalled", "Stream is stalled"),
            Self::Lag => ("lag", "Replica is behind"),
            Self::Cpu => ("cpu", "CPU is busy"),
            Self::Public => ("public", "Public address"),
            Self::Backups => ("backups", "No backups"),
            Self::NotEncrypted => ("notEncrypted", "Not encrypted"),
            Self::Certificate => ("certificate", "Certificate ends"),
            Self::Version => ("version", "Version ends"),
            Self::Maintenance => ("maintenance", "Maintenance is due"),
        }
    }

    /// Returns the source that reports findings of this kind.
    pub(crate) fn source(self) -> Source {
        match self {
            Self::Unreachable => Source::Role,
            Self::StorageTrend | Self::StorageLow | Self::TransactionIds | Self::Lag | Self::Cpu => {
                Source::Metrics
            }
            Self::ExportLate | Self::ExportStalled => Source::Exports,
            Self::ExportFailing => Source::Functions,
            Self::Maintenance => Source::Maintenance,
            Self::Status
            | Self::Public
            | Self::Backups
            | Self::NotEncrypted
            | Self::Certificate
            | Self::Version => Source::Inventory,
        }
    }
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Something does not work, or will stop working within days.
    Critical,
    /// Something that needs attention.
    Warning,
}

impl Severity {
    /// Returns the name of this severity on the page.
    pub fn words(self) -> &'static str {
        match self {
            Self::Critical => "Critical",
            Self::Warning => "Warning",
        }
    }
}

/// One thing that is wrong or soon will be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The kind.
    pub kind: Kind,
    /// The severity.
    pub severity: Severity,
    /// The account of the database or role.
    pub account: Option<String>,
    /// The region of the database, role or function.
    pub region: Option<String>,
    /// The database's identifier, the export's URL, the function's name, or the role.
    pub subject: String,
    /// What is wrong, in sentences.
    pub what: String,
    /// What to do, in sentences.
    pub fix: String,
    /// The time of the run that saw it first.
    pub since: DateTime<Utc>,
    /// Whether this run could not check it, so that the finding of an earlier run was kept.
    #[serde(default)]
    pub unchecked: bool,
}

impl Finding {
    /// Returns what identifies the finding in every run.
    pub fn key(&self) -> (Kind, Option<&str>, Option<&str>, &str) {
        (self.kind, self.account.as_deref(), self.region.as_deref(), &self.subject)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_those_of_the_json_and_differ() {
        let names: BTreeSet<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
