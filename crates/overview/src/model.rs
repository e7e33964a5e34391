//! The data of the overview: the accounts and regions, the databases, the exports and the findings.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::changes::Unpublished;
use crate::finding::Finding;
use crate::source::Source;
use crate::thresholds::Thresholds;

/// The overview of one run. `overview.json` is its serialised form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The version of the serialised form, which is 1.
    pub version: u32,
    /// When the run began.
    pub generated_at: DateTime<Utc>,
    /// The run's request id.
    pub request_id: String,
    /// The thresholds of the findings.
    pub thresholds: Thresholds,
    /// The accounts and regions that were queried, in the order of the event.
    pub places: Vec<Place>,
    /// The databases, by account, region and identifier.
    pub databases: Vec<Database>,
    /// The exports found in buckets, by bucket and prefix.
    pub exports: Vec<Export>,
    /// The functions whose metrics were read, by name.
    pub functions: Vec<Function>,
    /// The reasons why exports or functions could not be queried.
    pub failures: Vec<Failure>,
    /// The findings, the most severe first.
    pub findings: Vec<Finding>,
    /// The changes that runs have not published yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpublished: Vec<Unpublished>,
    /// The number of calls of this run, by `service:Action`.
    pub calls: BTreeMap<String, u32>,
    /// What the run skipped and why, in sentences.
    pub notes: Vec<String>,
}

impl Overview {
    /// Creates an empty overview.
    pub fn new(generated_at: DateTime<Utc>, request_id: impl Into<String>, thresholds: Thresholds) -> Self {
        Self {
            version: 1,
            generated_at,
            request_id: request_id.into(),
            thresholds,
            places: Vec::new(),
            databases: Vec::new(),
            exports: Vec::new(),
            functions: Vec::new(),
            failures: Vec::new(),
            findings: Vec::new(),
            unpublished: Vec::new(),
            calls: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// Returns the accounts that were queried or in which databases were found.
    pub fn accounts(&self) -> BTreeSet<&str> {
        let asked = self.places.iter().filter_map(|place| place.account.as_deref());
        asked.chain(self.databases.iter().filter_map(|database| database.account.as_deref())).collect()
    }

    /// Returns whether `source` answered for this account and region in this run, or was not queried there.
    pub(crate) fn knows(&self, account: Option<&str>, region: Option<&str>, source: Source) -> bool {
        if matches!(source, Source::Exports | Source::Functions) {
            return !self.failures.iter().any(|failure| failure.source == source);
        }
        // Without a role the account is known from its databases only, so a place without them may be any account's.
        let is_here = |place: &&Place| {
            place.account.as_deref().is_none_or(|of_place| Some(of_place) == account)
                && Some(place.region.as_str()) == region
        };
        // Of a database that was not listed nothing else is known.
        let is_known = |place: &Place| {
            place.answered(source) && (source == Source::Role || place.answered(Source::Inventory))
        };
        self.places.iter().filter(is_here).all(is_known)
    }
}

/// The reason why a source could not be queried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The source that was queried.
    pub source: Source,
    /// The error, in a sentence.
    pub error: String,
    /// The `errorType`, as in the function's responses.
    pub error_type: String,
    /// What to do.
    pub hint: String,
}

/// A region that was queried with a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The account, if it is known from the role or from a response.
    pub account: Option<String>,
    /// The region.
    pub region: String,
    /// The role, or `None` for the caller's own credentials.
    pub role_arn: Option<String>,
    /// The sources that could not be queried.
    pub failures: Vec<Failure>,
}

impl Place {
    /// Returns whether `source` was read completely.
    pub fn answered(&self, source: Source) -> bool {
        !self.failures.iter().any(|failure| failure.source == source || failure.source == Source::Role)
    }
}

/// Whether a database is an instance or a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DatabaseKind {
    /// A DB cluster.
    Cluster,
    /// A DB instance, which may be a member of a cluster.
    Instance,
}

/// Pending maintenance, which RDS applies by itself or on request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Maintenance {
    /// The action, such as `system-update` or `db-upgrade`.
    pub action: String,
    /// The description by RDS.
    pub description: Option<String>,
    /// The time from which RDS applies it, at once or in the next maintenance window.
    pub due: Option<DateTime<Utc>>,
}

/// A database as RDS describes it, with its metrics. A field that RDS does not return is `None`.
#[expect(clippy::struct_excessive_bools, reason = "they are RDS's own, and independent of each other")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// The identifier.
    pub identifier: String,
    /// Whether it is an instance or a cluster.
    pub kind: DatabaseKind,
    /// The account that owns it.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The cluster that an instance belongs to.
    pub cluster: Option<String>,
    /// Whether it is its cluster's writer.
    pub writer: bool,
    /// The identifier of the database that it replicates.
    pub replica_of: Option<String>,
    /// The engine, such as `postgres`, `aurora-postgresql` or `mysql`.
    pub engine: Option<String>,
    /// The engine's version.
    pub engine_version: Option<String>,
    /// The status, such as `available`.
    pub status: Option<String>,
    /// The instance class, such as `db.r6g.large`.
    pub class: Option<String>,
    /// Whether it has a standby in another zone.
    pub multi_az: bool,
    /// The allocated storage in GiB. Aurora has none, since its storage grows by itself.
    pub storage_gib: Option<f64>,
    /// The limit of storage autoscaling in GiB.
    pub storage_limit_gib: Option<f64>,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// Whether it has a public address.
    pub publicly_accessible: bool,
    /// How many days backups are kept, or 0 if there are none.
    pub backup_days: Option<i32>,
    /// The certificate authority.
    pub certificate_authority: Option<String>,
    /// The day on which its own certificate expires.
    pub certificate_ends: Option<NaiveDate>,
    /// The pending maintenance.
    pub maintenance: Vec<Maintenance>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The percentage of the CPU in use, as the mean of each step.
    pub cpu: Option<Series>,
    /// The client connections, as the maximum of each step.
    pub connections: Option<Series>,
    /// The free storage in GiB, as the minimum of each step.
    pub free_storage: Option<Series>,
    /// The lag behind its source in seconds, as the maximum of each step.
    pub lag: Option<Series>,
    /// The age of the oldest transaction id, as the maximum of each step.
    pub transaction_ids: Option<Series>,
    /// The number of days until its storage is full at the current rate.
    pub full_in_days: Option<f64>,
}

impl Database {
    /// Creates a database of which only the identifier and the kind are known.
    pub fn new(identifier: impl Into<String>, kind: DatabaseKind) -> Self {
        Self {
            identifier: identifier.into(),
            kind,
            account: None,
            region: None,
            cluster: None,
            writer: false,
            replica_of: None,
            engine: None,
            engine_version: None,
            status: None,
            class: None,
            multi_az: false,
            storage_gib: None,
            storage_limit_gib: None,
            encrypted: false,
            publicly_accessible: false,
            backup_days: None,
            certificate_authority: None,
            certificate_ends: None,
            maintenance: Vec::new(),
            tags: BTreeMap::new(),
            cpu: None,
            connections: None,
            free_storage: None,
            lag: None,
            transaction_ids: None,
            full_in_days: None,
        }
    }

    /// Returns the key of its figures in the history.
    pub fn key(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let kind = if self.kind == DatabaseKind::Cluster { "cluster:" } else { "" };
        format!("{}/{}/{kind}{}", part(&self.account), part(&self.region), self.identifier)
    }

    /// Returns its capacity in GiB: the limit of storage autoscaling, or without that the allocated storage.
    pub fn capacity_gib(&self) -> Option<f64> {
        match (self.storage_gib, self.storage_limit_gib) {
            (Some(storage), Some(limit)) => Some(storage.max(limit)),
            (storage, _) => storage,
        }
    }

    /// Returns the storage in use now, in GiB.
    pub fn used_gib(&self) -> Option<f64> {
        Some((self.storage_gib? - self.free_storage.as_ref()?.last()?).max(0.0))
    }
}

/// Values of a metric at equal steps. The last step ends with the run. A step without data is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// The length of a step in minutes.
    pub step_minutes: u32,
    /// The values, the newest last.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// Returns the newest value of the last two hours.
    pub fn last(&self) -> Option<f64> {
        let steps = (120 / self.step_minutes.max(1)).max(1) as usize;
        self.values.iter().rev().take(steps).find_map(|value| *value)
    }

    /// Returns the mean of the values of the last `minutes`.
    pub fn recent_mean(&self, minutes: u32) -> Option<f64> {
        let steps = (minutes / self.step_minutes.max(1)).max(1) as usize;
        let recent: Vec<f64> = self.values.iter().rev().take(steps).flatten().copied().collect();
        (!recent.is_empty()).then(|| recent.iter().sum::<f64>() / recent.len() as f64)
    }

    /// Returns the smallest and the largest value.
    pub fn range(&self) -> Option<(f64, f64)> {
        let mut figures = self.values.iter().flatten().copied();
        let first = figures.next()?;
        Some(figures.fold((first, first), |(low, high), value| (low.min(value), high.max(value))))
    }
}

/// The runs of one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Day {
    /// How many runs succeeded.
    pub runs: u32,
    /// How many runs failed.
    pub failures: u32,
    /// The rows written, if they are known.
    pub rows: Option<u64>,
    /// The bytes written.
    pub bytes: u64,
    /// The duration of the longest run in milliseconds, if it is known.
    pub milliseconds: Option<u64>,
}

/// What an export writes to its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExportKind {
    /// Single objects.
    Objects,
    /// Sets of files, each with a manifest.
    Sets,
    /// The windows of an incremental export.
    Stream,
}

impl ExportKind {
    /// Returns the name of this kind on the page.
    pub fn words(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Sets => "sets",
            Self::Stream => "stream",
        }
    }
}

/// The reason why a stream is stalled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stall {
    /// When the stream's window last moved.
    pub since: DateTime<Utc>,
    /// The reason, as the end of a sentence without a full stop.
    pub reason: String,
}

/// The exports below one prefix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// The bucket.
    pub bucket: String,
    /// The prefix, or the stream's folder.
    pub prefix: String,
    /// What the export writes.
    pub kind: ExportKind,
    /// When the newest export was written.
    pub last_success: Option<DateTime<Utc>>,
    /// The interval between two exports in minutes.
    pub every_minutes: Option<u32>,
    /// Whether the interval is given in the event. Otherwise it is the usual one.
    pub every_given: bool,
    /// The last 30 days, today last.
    pub days: Vec<Day>,
    /// The reason why a stream is stalled, if it is.
    pub stalled: Option<Stall>,
}

/// The runs of one function, as its metrics show them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// The function's name.
    pub name: String,
    /// The region.
    pub region: Option<String>,
    /// The hour of the last run that succeeded.
    pub last_success: Option<DateTime<Utc>>,
    /// How many runs failed in the last 24 hours.
    pub failures_of_a_day: u32,
    /// How many runs failed in the last 30 days, by `errorType`.
    pub failures: BTreeMap<String, u32>,
    /// The last 30 days, today last.
    pub days: Vec<Day>,
}
