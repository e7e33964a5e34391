//! Finds what is wrong or soon will be.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, Utc};

use crate::changes::Changes;
use crate::finding::{Finding, Kind, Severity};
use crate::history::History;
use crate::lifecycle::{certificate_authority_ends, standard_support_ends};
use crate::model::{Database, DatabaseKind, Export, Function, Overview, Place};
use crate::source::Source;
use crate::thresholds::Thresholds;
use crate::trend::days_until_full;
use crate::words;

/// How many days the trend of the storage covers.
const TREND_DAYS: i64 = 30;
/// A finding is critical if what it announces is this near, in days.
const CRITICAL_DAYS: f64 = 7.0;
/// The part of the threshold by which a figure has to improve before its finding ends, so that a figure at
/// the threshold does not appear and end with every run.
const HYSTERESIS: f64 = 0.1;
const CPU_MINUTES: u32 = 180;
const LAG_MINUTES: u32 = 60;
/// Statuses in which a database serves connections, or does what somebody has requested.
const SERVING: [&str; 12] = [
    "available",
    "backing-up",
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "modifying",
    "maintenance",
    "renaming",
    "storage-optimization",
    "storage-config-upgrade",
    "upgrading",
    "creating",
];

impl Overview {
    /// Computes the trends and the findings, and compares the findings with those of the last run.
    pub fn judge(&mut self, history: &History, before: &[Finding]) -> Changes {
        let now = self.generated_at;
        for database in &mut self.databases {
            database.full_in_days = storage_trend(database, history, now);
        }
        let standing: BTreeSet<_> = before.iter().map(Finding::key).collect();
        let judge = Judge { now, limits: &self.thresholds, standing: &standing };
        let mut findings: Vec<Finding> = Vec::new();
        findings.extend(self.places.iter().filter_map(|place| judge.place(place)));
        findings.extend(self.databases.iter().flat_map(|database| judge.database(database)));
        findings.extend(self.exports.iter().flat_map(|export| judge.export(export)));
        findings.extend(self.functions.iter().filter_map(|function| judge.function(function)));
        self.findings = findings;
        compare(self, before)
    }
}

/// Compares the overview's findings with those `before`, and keeps the earlier ones that this run could not
/// check.
fn compare(overview: &mut Overview, before: &[Finding]) -> Changes {
    let mut changes = Changes::default();
    let now: BTreeSet<_> = overview.findings.iter().map(Finding::key).collect();
    let mut kept = Vec::new();
    for old in before.iter().filter(|old| !now.contains(&old.key())) {
        if overview.knows(old.account.as_deref(), old.region.as_deref(), old.kind.source()) {
            changes.ended.push(old.clone());
        } else {
            kept.push(Finding { unchecked: true, ..old.clone() });
        }
    }
    for finding in &mut overview.findings {
        match before.iter().find(|old| old.key() == finding.key()) {
            Some(old) => finding.since = old.since,
            None => changes.appeared.push(finding.clone()),
        }
    }
    overview.findings.append(&mut kept);
    overview.findings.sort_by(|a, b| (a.severity, a.key()).cmp(&(b.severity, b.key())));
    changes
}

fn storage_trend(database: &Database, history: &History, now: DateTime<Utc>) -> Option<f64> {
    let (storage, capacity) = (database.storage_gib?, database.capacity_gib()?);
    let mut points = history.used(&database.key(), now, TREND_DAYS);
    let series = database.free_storage.as_ref()?;
    let steps = series.values.len();
    let step_days = f64::from(series.step_minutes) / (24.0 * 60.0);
    points.extend(series.values.iter().enumerate().filter_map(|(index, free)| {
        let ago = (steps - 1 - index) as f64 * step_days;
        Some((-ago, storage - (*free)?))
    }));
    days_until_full(&points, capacity).map(|days| (days * 100.0).round() / 100.0)
}

struct Judge<'a> {
    now: DateTime<Utc>,
    limits: &'a Thresholds,
    standing: &'a BTreeSet<(Kind, Option<&'a str>, Option<&'a str>, &'a str)>,
}

/// The subject of a finding.
#[derive(Clone, Copy)]
struct Subject<'a> {
    account: Option<&'a str>,
    region: Option<&'a str>,
    name: &'a str,
}

impl Judge<'_> {
    fn finding(&self, of: Subject<'_>, kind: Kind, severity: Severity, what: String, fix: &str) -> Finding {
        Finding {
            kind,
            severity,
            account: of.account.map(str::to_owned),
            region: of.region.map(str::to_owned),
            subject: of.name.to_owned(),
            what,
            fix: fix.to_owned(),
            since: self.now,
            unchecked: false,
        }
    }

    fn stands(&self, of: Subject<'_>, kind: Kind) -> bool {
        self.standing.contains(&(kind, of.account, of.region, of.name))
    }

    /// Returns whether a figure is above its threshold, which is lower if the last run had the finding.
    fn above(&self, of: Subject<'_>, kind: Kind, value: f64, limit: f64) -> bool {
        let factor = if self.stands(of, kind) { 1.0 - HYSTERESIS } else { 1.0 };
        value > limit * factor
    }

    /// Returns whether a figure is below its threshold, which is higher if the last run had the finding.
    fn below(&self, of: Subject<'_>, kind: Kind, value: f64, limit: f64) -> bool {
        let factor = if self.stands(of, kind) { 1.0 + HYSTERESIS } else { 1.0 };
        value < limit * factor
    }

    fn place(&self, place: &Place) -> Option<Finding> {
        let failure = place
            .failures
            .iter()
            .find(|failure| failure.source == Source::Role)
            .or_else(|| place.failures.first())?;
        let of = Subject {
            account: place.account.as_deref(),
            region: Some(&place.region),
            name: place.role_arn.as_deref().unwrap_or("own credentials"),
        };
        let all = failure.source == Source::Role
            || place.failures.iter().any(|failure| failure.source == Source::Inventory);
        let severity = if all { Severity::Critical } else { Severity::Warning };
        Some(self.finding(of, Kind::Unreachable, severity, failure.error.clone(), &failure.hint))
    }

    fn database(&self, database: &Database) -> Vec<Finding> {
        let of = Subject {
            account: database.account.as_deref(),
            region: database.region.as_deref(),
            name: &database.identifier,
        };
        let mut found = Vec::new();
        found.extend(
            status(database).map(|(severity, what, fix)| self.finding(of, Kind::Status, severity, what, fix)),
        );
        self.storage(of, database, &mut found);
        self.load(of, database, &mut found);
        self.protection(of, database, &mut found);
        self.ends(of, database, &mut found);
        found
    }

    fn storage(&self, of: Subject<'_>, database: &Database, found: &mut Vec<Finding>) {
        let capacity = database.capacity_gib();
        if let Some(days) = database.full_in_days
            && self.below(of, Kind::StorageTrend, days, self.limits.storage_days)
        {
            let severity = if days < CRITICAL_DAYS { Severity::Critical } else { Severity::Warning };
            let free = capacity.zip(database.used_gib()).map_or(0.0, |(capacity, used)| capacity - used);
            let what = format!(
                "The free storage of {} will be used up in {} at the current rate.",
                words::gib(free),
                words::span(days * 86_400.0)
            );
            let fix = "Add storage, or raise the limit of storage autoscaling. Look for growing tables or logs, and \
                       for WAL that a replication slot keeps.";
            found.push(self.finding(of, Kind::StorageTrend, severity, what, fix));
        }
        if let Some((capacity, used)) =
            capacity.zip(database.used_gib()).filter(|(capacity, _)| *capacity > 0.0)
        {
            let percent = (capacity - used) / capacity * 100.0;
            if self.below(of, Kind::StorageLow, percent, self.limits.storage_percent) {
                let half = self.limits.storage_percent / 2.0;
                let severity = if percent < half { Severity::Critical } else { Severity::Warning };
                let what = format!(
                    "{} of {} is free ({} %).",
                    words::gib(capacity - used),
                    words::gib(capacity),
                    words::short(percent)
                );
                let fix = "Add storage, or turn on storage autoscaling. At 0 the database stops.";
                found.push(self.finding(of, Kind::StorageLow, severity, what, fix));
            }
        }
    }

    fn load(&self, of: Subject<'_>, database: &Database, found: &mut Vec<Finding>) {
        let mean = |series: &Option<crate::Series>, minutes| {
            series.as_ref().and_then(|series: &crate::Series| series.recent_mean(minutes))
        };
        if let Some(cpu) = mean(&database.cpu, CPU_MINUTES)
            && self.above(of, Kind::Cpu, cpu, self.limits.cpu_percent)
        {
            let what = format!("The CPU was {} % busy over the last three hours.", words::short(cpu));
            let fix = "Tune the statements that Performance Insights shows, or use a larger instance class.";
            found.push(self.finding(of, Kind::Cpu, Severity::Warning, what, fix));
        }
        if let Some(lag) = mean(&database.lag, LAG_MINUTES)
            && self.above(of, Kind::Lag, lag, self.limits.lag_seconds)
        {
            let what = format!("The replica was {} behind its source over the last hour.", words::span(lag));
            let fix = "Look for a long transaction or a heavy load on the replica, or an instance class smaller \
                       than its source's. Exports from it are that old.";
            found.push(self.finding(of, Kind::Lag, Severity::Warning, what, fix));
        }
        if let Some(age) = database.transaction_ids.as_ref().and_then(crate::Series::last)
            && self.above(of, Kind::TransactionIds, age, self.limits.transaction_ids)
        {
            let severity = if age > 1.8e9 { Severity::Critical } else { Severity::Warning };
            let what = format!(
                "The age of the oldest transaction id is {}. At 2.1 billion PostgreSQL accepts no writes.",
                words::count(age)
            );
            let fix = "Find what holds back vacuum (an open or prepared transaction, a replication slot), then run \
                       VACUUM (FREEZE) on the oldest tables.";
            found.push(self.finding(of, Kind::TransactionIds, severity, what, fix));
        }
    }

    fn protection(&self, of: Subject<'_>, database: &Database, found: &mut Vec<Finding>) {
        if database.publicly_accessible {
            let what = "It has a public address; only its security groups keep the internet out.".to_owned();
            let fix = "Turn off public access (aws rds modify-db-instance --no-publicly-accessible), and connect \
                       over peering, an endpoint or a proxy.";
            found.push(self.finding(of, Kind::Public, Severity::Critical, what, fix));
        }
        // The cluster has the same finding as its members.
        if database.cluster.is_some() {
            return;
        }
        if !database.encrypted {
            let what = "Its storage is not encrypted.".to_owned();
            let fix =
                "Restore a snapshot that was copied with a KMS key. Encryption cannot be turned on in place.";
            found.push(self.finding(of, Kind::NotEncrypted, Severity::Warning, what, fix));
        }
        if let Some(days) = database.backup_days
            && database.replica_of.is_none()
            && f64::from(days) < self.limits.backup_days
        {
            let severity = if days == 0 { Severity::Critical } else { Severity::Warning };
            let what = match days {
                0 => "There are no automatic backups.".to_owned(),
                days => format!("Backups are kept for {}.", words::many(days as usize, "day", "days")),
            };
            let fix =
                "Set a backup retention period (aws rds modify-db-instance --backup-retention-period 7).";
            found.push(self.finding(of, Kind::Backups, severity, what, fix));
        }
    }

    fn ends(&self, of: Subject<'_>, database: &Database, found: &mut Vec<Finding>) {
        let authority = database.certificate_authority.as_deref();
        let own = database.certificate_ends.map(|ends| ("Its certificate", ends));
        let authoritys = authority.and_then(certificate_authority_ends).map(|ends| ("Its authority", ends));
        let first = own.into_iter().chain(authoritys).min_by_key(|(_, ends)| *ends);
        if let Some((whose, ends)) = first
            && self.is_near(ends, self.limits.certificate_days)
        {
            let what = match authority {
                Some(authority) => format!("{whose} ({authority}) {}.", self.end_of(ends)),
                None => format!("{whose} {}.", self.end_of(ends)),
            };
            let fix = "Give the clients the current RDS bundle, then change to rds-ca-rsa2048-g1 or later (aws rds \
                       modify-db-instance --ca-certificate-identifier).";
            found.push(self.finding(of, Kind::Certificate, self.how_bad(ends), what, fix));
        }
        if database.cluster.is_some() {
            return;
        }
        if let Some((engine, version)) = database.engine.as_deref().zip(database.engine_version.as_deref())
            && let Some(ends) = standard_support_ends(engine, version)
            && self.is_near(ends, self.limits.version_days)
        {
            let what = format!("Standard support of {engine} {version} {}.", self.end_of(ends));
            let fix =
                "Upgrade to a newer major version. Later, extended support is charged per vCPU and hour.";
            let ended = ends < self.now.date_naive();
            let severity = if ended { Severity::Critical } else { Severity::Warning };
            found.push(self.finding(of, Kind::Version, severity, what, fix));
        }
        let due = database.maintenance.iter().filter_map(|one| Some((one.due?, one))).min_by_key(|one| one.0);
        if let Some((due, maintenance)) = due
            && self.is_near(due.date_naive(), self.limits.maintenance_days)
        {
            let words = maintenance.description.as_deref().unwrap_or_default().trim_end_matches('.');
            let words = if words.is_empty() { String::new() } else { format!(" ({words})") };
            let what = format!("{}{words} will be applied from {} on.", maintenance.action, words::time(due));
            let fix = "Apply it earlier at a time that suits you, or move the maintenance window.";
            found.push(self.finding(of, Kind::Maintenance, Severity::Warning, what, fix));
        }
    }

    fn is_near(&self, day: NaiveDate, days: f64) -> bool {
        (words::days_until(day, self.now) as f64) < days
    }

    fn how_bad(&self, day: NaiveDate) -> Severity {
        if self.is_near(day, CRITICAL_DAYS) { Severity::Critical } else { Severity::Warning }
    }

    fn end_of(&self, day: NaiveDate) -> String {
        match words::days_until(day, self.now) {
            days if days < 0 => format!("ended on {day}"),
            0 => "ends today".to_owned(),
            days => format!("ends on {day}, in {}", words::many(days as usize, "day", "days")),
        }
    }

    fn export(&self, export: &Export) -> Vec<Finding> {
        let name = format!("s3://{}/{}", export.bucket, export.prefix);
        let of = Subject { account: None, region: None, name: &name };
        let mut found = Vec::new();
        if let Some((last, every)) = export.last_success.zip(export.every_minutes) {
            let allowed = f64::from(every) * 60.0 * self.limits.late_factor;
            let age = (self.now - last).num_seconds() as f64;
            if age > allowed {
                let usual = if export.every_given { "is expected" } else { "usually comes" };
                let what = format!(
                    "The last export came {} ago, at {}. One {usual} every {}.",
                    words::span(age),
                    words::time(last),
                    words::span(f64::from(every) * 60.0)
                );
                let fix = "Check the schedule and the function's log of that time.";
                let severity = if age > 3.0 * allowed { Severity::Critical } else { Severity::Warning };
                found.push(self.finding(of, Kind::ExportLate, severity, what, fix));
            }
        }
        if let Some(stall) = &export.stalled
            && (self.now - stall.since).num_seconds() as f64 > self.limits.stalled_hours * 3600.0
        {
            let what =
                format!("Its window has not moved since {}: {}.", words::time(stall.since), stall.reason);
            let fix = "Look for an open transaction in any database of the server (pg_stat_activity, \
                       pg_prepared_xacts), or for the reason why the stream's runs fail.";
            found.push(self.finding(of, Kind::ExportStalled, Severity::Warning, what, fix));
        }
        found
    }

    fn function(&self, function: &Function) -> Option<Finding> {
        if function.failures_of_a_day == 0 {
            return None;
        }
        let kinds: Vec<String> =
            function.failures.iter().map(|(error, count)| format!("{error} {count}")).collect();
        let worked = function.last_success.is_some_and(|last| self.now - last <= Duration::hours(24));
        let severity = if worked { Severity::Warning } else { Severity::Critical };
        let what = format!(
            "{} in the last 24 hours{}. Failures of the last 30 days: {}.",
            words::many(function.failures_of_a_day as usize, "run failed", "runs failed"),
            if worked { "" } else { ", and none succeeded" },
            kinds.join(", ")
        );
        let fix = "The function's log has each failure with its hint (filter ispresent(errorType)). docs/errors.md \
                   describes all errors.";
        let of = Subject { account: None, region: function.region.as_deref(), name: &function.name };
        Some(self.finding(of, Kind::ExportFailing, severity, what, fix))
    }
}

fn status(database: &Database) -> Option<(Severity, String, &'static str)> {
    let status = database.status.as_deref()?;
    if SERVING.contains(&status) {
        return None;
    }
    let what = format!("Its status is {status}.");
    Some(match status {
        "stopped" | "stopping" | "starting" => (
            Severity::Warning,
            what,
            "Exports cannot connect. Start the database or delete it; RDS starts it by itself after seven days.",
        ),
        "storage-full" => {
            (Severity::Critical, what, "Add storage. The database accepts no connections until then.")
        }
        _ => {
            let of = if database.kind == DatabaseKind::Cluster { "cluster" } else { "instance" };
            let fix = match of {
                "cluster" => {
                    "The cluster's events show the reason (aws rds describe-events --source-type db-cluster)."
                }
                _ => {
                    "The instance's events show the reason (aws rds describe-events --source-type db-instance)."
                }
            };
            let passing = matches!(
                status,
                "rebooting"
                    | "deleting"
                    | "failing-over"
                    | "promoting"
                    | "resetting-master-credentials"
                    | "converting-to-vpc"
                    | "moving-to-vpc"
                    | "migrating"
                    | "preparing-data-migration"
            );
            (if passing { Severity::Warning } else { Severity::Critical }, what, fix)
        }
    })
}
