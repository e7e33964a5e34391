//! What the overview knows: where it asked, the databases, the exports, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::changes::Unpublished;
use crate::finding::Finding;
use crate::source::Source;
use crate::thresholds::Thresholds;

/// Everything of one run; `overview.json` is this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The version of this form: 1.
    pub version: u32,
    /// When the run began.
    pub generated_at: DateTime<Utc>,
    /// The run's request id.
    pub request_id: String,
    /// What counts as a finding.
    pub thresholds: Thresholds,
    /// Where was asked, in the order of the event.
    pub places: Vec<Place>,
    /// By account, region and identifier.
    pub databases: Vec<Database>,
    /// What lies in buckets, by bucket and prefix.
    pub exports: Vec<Export>,
    /// What functions say of their runs, by name.
    pub functions: Vec<Function>,
    /// Why exports or functions could not be looked at.
    pub failures: Vec<Failure>,
    /// What is wrong or will be, the worst first.
    pub findings: Vec<Finding>,
    /// What runs are about to publish.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpublished: Vec<Unpublished>,
    /// The calls of this run, by `service:Action`.
    pub calls: BTreeMap<String, u32>,
    /// What the run left out and why, in sentences.
    pub notes: Vec<String>,
}

impl Overview {
    /// An overview that knows nothing yet.
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

    /// The accounts in which databases were found, or which were asked.
    pub fn accounts(&self) -> BTreeSet<&str> {
        let asked = self.places.iter().filter_map(|place| place.account.as_deref());
        asked.chain(self.databases.iter().filter_map(|database| database.account.as_deref())).collect()
    }

    /// Whether what `source` tells of this account and region is known in this run. Of a place that was not asked it is
    /// not.
    pub(crate) fn knows(&self, account: Option<&str>, region: Option<&str>, source: Source) -> bool {
        match source {
            Source::Exports | Source::Functions => {
                !self.failures.iter().any(|failure| failure.source == source)
            }
            _ => self
                .places
                .iter()
                .filter(|place| place.account.as_deref() == account && Some(place.region.as_str()) == region)
                .all(|place| place.answered(source)),
        }
    }
}

/// Why something could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What was asked.
    pub source: Source,
    /// One sentence.
    pub error: String,
    /// As in the function's answers.
    pub error_type: String,
    /// What to do.
    pub hint: String,
}

/// One role in one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The account, where the role or an answer tells it.
    pub account: Option<String>,
    /// The region.
    pub region: String,
    /// The role; `None` for the caller's own credentials.
    pub role_arn: Option<String>,
    /// What could not be asked there.
    pub failures: Vec<Failure>,
}

impl Place {
    /// Whether `source` told everything it has.
    pub fn answered(&self, source: Source) -> bool {
        !self.failures.iter().any(|failure| failure.source == source || failure.source == Source::Role)
    }
}

/// Whether it is a server or a group of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DatabaseKind {
    /// A DB cluster.
    Cluster,
    /// A DB instance, by itself or in a cluster.
    Instance,
}

/// Maintenance that RDS will do, or waits to be told to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Maintenance {
    /// Such as `system-update`, `db-upgrade`.
    pub action: String,
    /// RDS's words.
    pub description: Option<String>,
    /// When it is done in any case, or in the next window after it.
    pub due: Option<DateTime<Utc>>,
}

/// A database as RDS describes it, with its figures. What RDS leaves out is `None`.
#[expect(clippy::struct_excessive_bools, reason = "they are RDS's own, and independent of each other")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// The identifier.
    pub identifier: String,
    /// Instance or cluster.
    pub kind: DatabaseKind,
    /// The account that owns it.
    pub account: Option<String>,
    /// The region in which it is.
    pub region: Option<String>,
    /// The cluster that an instance belongs to.
    pub cluster: Option<String>,
    /// Whether it is its cluster's writer.
    pub writer: bool,
    /// The identifier of the database that it replicates.
    pub replica_of: Option<String>,
    /// Such as `postgres`, `aurora-postgresql`, `mysql`.
    pub engine: Option<String>,
    /// The engine's version.
    pub engine_version: Option<String>,
    /// Such as `available`.
    pub status: Option<String>,
    /// Such as `db.r6g.large`.
    pub class: Option<String>,
    /// Whether it has a standby in another zone.
    pub multi_az: bool,
    /// The storage that it has, in GiB; Aurora's grows by itself and has none.
    pub storage_gib: Option<f64>,
    /// Up to where its storage grows by itself, in GiB.
    pub storage_limit_gib: Option<f64>,
    /// Whether its storage is encrypted.
    pub encrypted: bool,
    /// Whether it has a public address.
    pub publicly_accessible: bool,
    /// For how many days backups are kept; 0: there are none.
    pub backup_days: Option<i32>,
    /// The certificate authority.
    pub certificate_authority: Option<String>,
    /// When its own certificate ends.
    pub certificate_ends: Option<NaiveDate>,
    /// What RDS will do with it.
    pub maintenance: Vec<Maintenance>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Percent of the CPU in use, mean of each step.
    pub cpu: Option<Series>,
    /// Client connections, maximum of each step.
    pub connections: Option<Series>,
    /// Free storage in GiB, minimum of each step.
    pub free_storage: Option<Series>,
    /// Seconds behind its source, maximum of each step.
    pub lag: Option<Series>,
    /// The age of the oldest transaction id, maximum of each step.
    pub transaction_ids: Option<Series>,
    /// In how many days its storage is full, if it goes on as it did.
    pub full_in_days: Option<f64>,
}

impl Database {
    /// A database of which nothing but its name is known.
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

    /// Under which history keeps its figures.
    pub fn key(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let kind = if self.kind == DatabaseKind::Cluster { "cluster:" } else { "" };
        format!("{}/{}/{kind}{}", part(&self.account), part(&self.region), self.identifier)
    }

    /// Up to how many GiB it can hold: its storage, or up to where that grows by itself.
    pub fn capacity_gib(&self) -> Option<f64> {
        match (self.storage_gib, self.storage_limit_gib) {
            (Some(storage), Some(limit)) => Some(storage.max(limit)),
            (storage, _) => storage,
        }
    }

    /// The GiB that are in use now.
    pub fn used_gib(&self) -> Option<f64> {
        Some((self.storage_gib? - self.free_storage.as_ref()?.last()?).max(0.0))
    }
}

/// Figures at equal steps, the newest last, which ends with the run; `None`: nothing was written then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// Minutes of one step.
    pub step_minutes: u32,
    /// The figures.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// The newest figure of the last two hours.
    pub fn last(&self) -> Option<f64> {
        let steps = (120 / self.step_minutes.max(1)).max(1) as usize;
        self.values.iter().rev().take(steps).find_map(|value| *value)
    }

    /// The mean of the figures of the last `minutes`.
    pub fn recent_mean(&self, minutes: u32) -> Option<f64> {
        let steps = (minutes / self.step_minutes.max(1)).max(1) as usize;
        let recent: Vec<f64> = self.values.iter().rev().take(steps).flatten().copied().collect();
        (!recent.is_empty()).then(|| recent.iter().sum::<f64>() / recent.len() as f64)
    }

    /// The smallest and the largest figure.
    pub fn range(&self) -> Option<(f64, f64)> {
        let mut figures = self.values.iter().flatten().copied();
        let first = figures.next()?;
        Some(figures.fold((first, first), |(low, high), value| (low.min(value), high.max(value))))
    }
}

/// What happened on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Day {
    /// Runs that ended well.
    pub runs: u32,
    /// Runs that failed.
    pub failures: u32,
    /// Rows, where something tells them.
    pub rows: Option<u64>,
    /// Bytes.
    pub bytes: u64,
    /// The longest run, where something tells it.
    pub milliseconds: Option<u64>,
}

/// What an export leaves in its bucket.
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
    /// As it is named on the page.
    pub fn words(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Sets => "sets",
            Self::Stream => "stream",
        }
    }
}

/// Why a stream does not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stall {
    /// When its window last moved.
    pub since: DateTime<Utc>,
    /// What is seen.
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
    /// What lies there.
    pub kind: ExportKind,
    /// When the newest came.
    pub last_success: Option<DateTime<Utc>>,
    /// How often one is to come, in minutes.
    pub every_minutes: Option<u32>,
    /// Whether the event says how often; else it is what was usual.
    pub every_given: bool,
    /// The last 30 days, today last.
    pub days: Vec<Day>,
    /// What holds a stream back.
    pub stalled: Option<Stall>,
}

/// The runs of one function, as its metrics tell them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// The function's name.
    pub name: String,
    /// The region.
    pub region: Option<String>,
    /// The hour of the last run that ended well.
    pub last_success: Option<DateTime<Utc>>,
    /// Failures of the last 24 hours.
    pub failures_of_a_day: u32,
    /// Failures of the last 30 days by `errorType`.
    pub failures: BTreeMap<String, u32>,
    /// The last 30 days, today last.
    pub days: Vec<Day>,
}
