//! The table of databases: clusters with their members, sources with their replicas.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::parts::{name, pill};
use super::sparkline;
use crate::finding::{Finding, Kind, Severity};
use crate::lifecycle::standard_support_ends;
use crate::model::{Database, DatabaseKind, Overview, Series};
use crate::words;

/// A database's account, region and identifier.
type Key<'a> = (Option<&'a str>, Option<&'a str>, &'a str);

/// A database and the ones that are listed below it.
struct Unit<'a> {
    head: (usize, &'a Database),
    members: Vec<(usize, &'a Database)>,
}

pub(super) fn section(overview: &Overview) -> Markup {
    let mut findings: BTreeMap<Key<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in &overview.findings {
        let key = (finding.account.as_deref(), finding.region.as_deref(), finding.subject.as_str());
        findings.entry(key).or_default().push(finding);
    }
    let units = units(&overview.databases);
    let mut places: Vec<((&str, &str), Vec<&Unit<'_>>)> = Vec::new();
    for unit in &units {
        let database = unit.head.1;
        let place = (
            database.account.as_deref().unwrap_or("unknown"),
            database.region.as_deref().unwrap_or_default(),
        );
        match places.last_mut() {
            Some((last, units)) if *last == place => units.push(unit),
            _ => places.push((place, vec![unit])),
        }
    }
    html! {
        section aria-labelledby="databases" {
            h2 #databases { "Databases" }
            @if units.is_empty() {
                p.card.empty { "No database was found." }
            } @else {
                table.card.wide.sort.dbs role="table" aria-label="Databases, their status and the last 24 hours" {
                    thead role="rowgroup" {
                        tr role="row" {
                            @for (index, (title, first)) in COLUMNS.into_iter().enumerate() {
                                th class={ "c" (index) } role="columnheader" scope="col" data-first=[first] { (title) }
                            }
                        }
                    }
                    @for ((account, region), units) in &places {
                        tbody.g role="rowgroup" {
                            tr role="row" {
                                th role="rowheader" scope="rowgroup" colspan=(COLUMNS.len()) {
                                    "Account " (account) " · " (region)
                                    small { (words::many(count(units), "database", "databases")) }
                                }
                            }
                        }
                        @for unit in units { (body(unit, &findings, overview)) }
                    }
                }
            }
        }
    }
}

const COLUMNS: [(&str, Option<&str>); 9] = [
    ("Database", None),
    ("Account, region", None),
    ("State", Some("descending")),
    ("Version", None),
    ("CPU", Some("descending")),
    ("Connections", Some("descending")),
    ("Free storage", None),
    ("Lag", Some("descending")),
    ("Protection", None),
];

fn count(units: &[&Unit<'_>]) -> usize {
    units.iter().map(|unit| 1 + unit.members.len()).sum()
}

/// Groups members with their cluster and replicas with their source, if the overview has it. All replicas of
/// a chain are on one level.
fn units(databases: &[Database]) -> Vec<Unit<'_>> {
    let place = |database: &'_ Database| (database.account.clone(), database.region.clone());
    let find = |kind: DatabaseKind, of: &Database, identifier: &str| {
        databases.iter().position(|other| {
            other.kind == kind && other.identifier == identifier && place(other) == place(of)
        })
    };
    let parent = |database: &Database| {
        let cluster =
            database.cluster.as_deref().and_then(|name| find(DatabaseKind::Cluster, database, name));
        cluster.or_else(|| {
            let source = database.replica_of.as_deref()?;
            find(database.kind, database, source)
        })
    };
    // The top of a chain. The number of steps is limited in case of a ring, which RDS does not allow.
    let root = |index: usize| {
        let mut at = index;
        for _ in 0..databases.len() {
            match parent(&databases[at]) {
                Some(above) if above != at => at = above,
                _ => return at,
            }
        }
        index
    };
    let roots: Vec<usize> = (0..databases.len()).map(root).collect();
    let mut units: Vec<Unit<'_>> = Vec::new();
    let mut at: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, database) in databases.iter().enumerate() {
        if roots[index] == index {
            at.insert(index, units.len());
            units.push(Unit { head: (index, database), members: Vec::new() });
        }
    }
    for (index, database) in databases.iter().enumerate() {
        if roots[index] != index
            && let Some(unit) = at.get(&roots[index])
        {
            units[*unit].members.push((index, database));
        }
    }
    for unit in &mut units {
        unit.members.sort_by_key(|(index, database)| (!database.writer, *index));
    }
    units
}

fn body(unit: &Unit<'_>, findings: &BTreeMap<Key<'_>, Vec<&Finding>>, overview: &Overview) -> Markup {
    let of = |database: &Database| -> Vec<&Finding> {
        let key = (database.account.as_deref(), database.region.as_deref(), database.identifier.as_str());
        findings.get(&key).cloned().unwrap_or_default()
    };
    let all = unit.members.iter().map(|(_, database)| *database).chain([unit.head.1]);
    let worst = all.flat_map(&of).map(|finding| finding.severity).min();
    let row_kind = if worst.is_some() { "db" } else { "db ok" };
    html! {
        tbody role="rowgroup" data-row=(row_kind) {
            (row(unit.head, None, &of(unit.head.1), worst, overview))
            @for member in &unit.members { (row(*member, Some(unit.head.1), &of(member.1), None, overview)) }
        }
    }
}

fn row(
    (index, database): (usize, &Database),
    above: Option<&Database>,
    findings: &[&Finding],
    worst: Option<Severity>,
    overview: &Overview,
) -> Markup {
    let rank = match worst {
        Some(Severity::Critical) => 2,
        Some(Severity::Warning) => 1,
        None => 0,
    };
    let hot = |kinds: &[Kind]| findings.iter().any(|finding| kinds.contains(&finding.kind));
    let lag = |value: f64| words::span(value);
    html! {
        tr.m[above.is_some()] #{ "d" (index) } role="row" {
            th role="rowheader" scope="row" {
                (name(&database.identifier))
                small.n { (role(database, above)) @if let Some(class) = &database.class { (class) } }
                @if !database.tags.is_empty() {
                    small.n { @for (key, value) in &database.tags { (name(key)) "=" (name(value)) " " } }
                }
            }
            td role="cell" data-l="Account, region" {
                @if let Some(account) = &database.account { (account) }
                small.n { @if let Some(region) = &database.region { (region) } }
            }
            td role="cell" data-l="State" data-v=(rank) { (state(database, findings)) }
            td role="cell" data-l="Version" { (version(database)) }
            (figure("CPU", database.cpu.as_ref(), Some(100.0), |value| format!("{} %", words::short(value)), hot(&[Kind::Cpu])))
            (figure("Connections", database.connections.as_ref(), None, words::count, false))
            (storage(database, hot(&[Kind::StorageLow, Kind::StorageTrend])))
            (figure("Lag", database.lag.as_ref(), Some(overview.thresholds.lag_seconds), lag, hot(&[Kind::Lag])))
            td role="cell" data-l="Protection" { (protection(database)) }
        }
    }
}

fn role(database: &Database, above: Option<&Database>) -> &'static str {
    match (database.kind, above) {
        (DatabaseKind::Cluster, None) => "cluster ",
        (DatabaseKind::Cluster, Some(_)) => "replica cluster ",
        (DatabaseKind::Instance, Some(above)) if above.kind == DatabaseKind::Cluster => {
            if database.writer {
                "writer "
            } else {
                "reader "
            }
        }
        (DatabaseKind::Instance, _) if database.replica_of.is_some() => "replica ",
        _ => "",
    }
}

fn state(database: &Database, findings: &[&Finding]) -> Markup {
    let status = database.status.as_deref().unwrap_or("unknown");
    // Two findings of one kind look the same here.
    let kinds: BTreeSet<_> = findings.iter().map(|finding| (finding.severity, finding.kind)).collect();
    html! {
        div.pills {
            span.pill.good[status == "available"] { (name(status)) }
            @for (severity, kind) in kinds { (pill(severity, kind.title())) }
        }
    }
}

fn version(database: &Database) -> Markup {
    let engine = database.engine.as_deref().unwrap_or_default();
    let version = database.engine_version.as_deref().unwrap_or_default();
    let title = match engine {
        "postgres" => "PostgreSQL",
        "aurora-postgresql" => "Aurora PostgreSQL",
        "aurora-mysql" => "Aurora MySQL",
        "mysql" => "MySQL",
        "mariadb" => "MariaDB",
        other => other,
    };
    html! {
        (name(title)) " " (name(version))
        @if let Some(ends) = standard_support_ends(engine, version) { small.n { "support to " (ends) } }
    }
}

fn figure(
    label: &str,
    series: Option<&Series>,
    top: Option<f64>,
    words: impl Fn(f64) -> String,
    hot: bool,
) -> Markup {
    let Some((series, (_, high))) = series.and_then(|series| Some((series, series.range()?))) else {
        return html! { td role="cell" data-l=(label) {} };
    };
    let now = series.last();
    html! {
        td role="cell" data-l=(label) data-v=[now.map(key)] {
            span.v {
                @match now { Some(now) => (words(now)), None => "–" }
                @if now != Some(high) { " " small { "max " (words(high)) } }
            }
            (chart(series, top.map_or(high, |top| top.max(high)), hot))
        }
    }
}

/// Returns the sort key of a number, with two decimals to keep it short.
fn key(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn chart(series: &Series, top: f64, hot: bool) -> Markup {
    let view = format!("0 0 {} {}", sparkline::width(series.values.len()), sparkline::HEIGHT);
    html! {
        svg.s.hot[hot] viewBox=(view) preserveAspectRatio="none" aria-hidden="true" {
            path d=(sparkline::line(&series.values, top)) {}
        }
    }
}

fn storage(database: &Database, hot: bool) -> Markup {
    let free = database.free_storage.as_ref().and_then(|series| Some((series, series.last()?)));
    let Some(((series, free), storage)) = free.zip(database.storage_gib) else {
        return html! { td role="cell" data-l="Free storage" {} };
    };
    let percent = if storage > 0.0 { free / storage * 100.0 } else { 0.0 };
    html! {
        td role="cell" data-l="Free storage" data-v=(key(percent)) {
            span.v { (words::gib(free)) " " small { "of " (words::gib(storage)) } }
            (chart(series, storage, hot))
            @if let Some(days) = database.full_in_days.filter(|days| *days < 366.0) {
                small.n { "full in " (words::span(days * 86_400.0)) }
            }
        }
    }
}

fn protection(database: &Database) -> Markup {
    let backups = match database.backup_days {
        _ if database.cluster.is_some() => None,
        Some(0) => Some("no backups".to_owned()),
        Some(days) => Some(format!("backups {days} d")),
        None => None,
    };
    let mut words = vec![if database.encrypted { "encrypted" } else { "not encrypted" }.to_owned()];
    words.extend(backups);
    if database.multi_az {
        words.push("Multi-AZ".to_owned());
    }
    if database.publicly_accessible {
        words.push("public".to_owned());
    }
    if let Some(ends) = database.certificate_ends {
        words.push(format!("certificate to {ends}"));
    }
    if !database.maintenance.is_empty() {
        let count = database.maintenance.len();
        words.push(words::many(count, "pending maintenance", "pending maintenances"));
    }
    let last = words.len() - 1;
    html! {
        small {
            @for (index, word) in words.iter().enumerate() {
                span.k { (word) @if index < last { "," } } " "
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(identifier: &str) -> Database {
        Database::new(identifier, DatabaseKind::Instance)
    }

    #[test]
    fn members_and_replicas_stand_below_what_they_belong_to() {
        let databases = vec![
            Database { cluster: Some("shop".to_owned()), ..instance("a-reader") },
            Database { cluster: Some("shop".to_owned()), writer: true, ..instance("b-writer") },
            Database { replica_of: Some("crm".to_owned()), ..instance("chain-1") },
            Database { replica_of: Some("chain-1".to_owned()), ..instance("chain-2") },
            instance("crm"),
            Database { replica_of: Some("elsewhere".to_owned()), ..instance("orphan") },
            Database::new("shop", DatabaseKind::Cluster),
        ];
        let shape: Vec<(&str, Vec<&str>)> = units(&databases)
            .iter()
            .map(|unit| {
                let members = unit.members.iter().map(|(_, database)| database.identifier.as_str());
                (unit.head.1.identifier.as_str(), members.collect())
            })
            .collect();
        let expected =
            [("crm", vec!["chain-1", "chain-2"]), ("orphan", vec![]), ("shop", vec!["b-writer", "a-reader"])];
        assert_eq!(shape, expected);
    }

    #[test]
    fn a_ring_hides_nobody() {
        let databases = vec![
            Database { replica_of: Some("b".to_owned()), ..instance("a") },
            Database { replica_of: Some("a".to_owned()), ..instance("b") },
        ];
        assert_eq!(units(&databases).iter().map(|unit| 1 + unit.members.len()).sum::<usize>(), 2);
    }
}
