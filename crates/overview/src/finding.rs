//! One thing that is wrong or will be.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::source::Source;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// An account and region could not be asked.
    Unreachable,
    /// The database is in a status that is no service.
    Status,
    /// Its storage is full soon, by its trend.
    StorageTrend,
    /// Little storage is free.
    StorageLow,
    /// The oldest transaction id is old.
    TransactionIds,
    /// An export is late.
    ExportLate,
    /// Runs fail.
    ExportFailing,
    /// A stream's window does not move.
    ExportStalled,
    /// A replica is behind.
    Lag,
    /// The CPU is busy.
    Cpu,
    /// It has a public address.
    Public,
    /// There are no backups, or for too few days.
    Backups,
    /// Its storage is not encrypted.
    NotEncrypted,
    /// Its certificate or the authority of it ends.
    Certificate,
    /// Its version's standard support ends.
    Version,
    /// Maintenance is due.
    Maintenance,
}

impl Kind {
    /// All of them.
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

    /// As it stands in `overview.json`.
    pub fn name(self) -> &'static str {
        self.both().0
    }

    /// As it stands on the page.
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
            Self::ExportStalled => ("exportStalled", "Stream stands still"),
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

    /// What must have been asked to know of it.
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

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Something does not work, or stops within days.
    Critical,
    /// It is to be looked at.
    Warning,
}

impl Severity {
    /// As it stands on the page.
    pub fn words(self) -> &'static str {
        match self {
            Self::Critical => "Critical",
            Self::Warning => "Warning",
        }
    }
}

/// One thing that is wrong or will be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// How bad.
    pub severity: Severity,
    /// The account, of a database or a role.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The database's identifier, the export's place, the function's name, the role.
    pub subject: String,
    /// What is seen, in a sentence.
    pub what: String,
    /// What to do, in a sentence.
    pub fix: String,
    /// The run that saw it first.
    pub since: DateTime<Utc>,
    /// Whether this run could not look, so that it stands as it was.
    #[serde(default)]
    pub unchecked: bool,
}

impl Finding {
    /// What is the same from run to run.
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
