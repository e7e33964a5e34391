//! Every finding is published once when it appears and once when it ends. A run that could not check it keeps
//! it.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use extractor_overview::{
    Changes, Database, DatabaseKind, Export, ExportKind, Failure, Function, History, Kind, Line, Maintenance,
    Overview, Place, Series, Severity, Source, Stall, Thresholds, notices,
};

const ACCOUNT: &str = "222222222222";
const REGION: &str = "eu-central-1";

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 28, 6, 0, 0).unwrap()
}

fn at(hour: i64) -> DateTime<Utc> {
    start() + Duration::hours(hour)
}

#[expect(clippy::unnecessary_wraps, reason = "the fields take it so")]
fn series(values: impl IntoIterator<Item = f64>) -> Option<Series> {
    Some(Series { step_minutes: 30, values: values.into_iter().map(Some).collect() })
}

/// Returns an overview of a database, an export and a function without findings.
fn healthy(now: DateTime<Utc>) -> Overview {
    let mut overview = Overview::new(now, format!("run-{now}"), Thresholds::default());
    overview.places.push(Place {
        account: Some(ACCOUNT.to_owned()),
        region: REGION.to_owned(),
        role_arn: Some(format!("arn:aws:iam::{ACCOUNT}:role/Overview")),
        failures: Vec::new(),
    });
    overview.databases.push(Database {
        account: Some(ACCOUNT.to_owned()),
        region: Some(REGION.to_owned()),
        engine: Some("postgres".to_owned()),
        engine_version: Some("17.4".to_owned()),
        status: Some("available".to_owned()),
        encrypted: true,
        storage_gib: Some(100.0),
        backup_days: Some(7),
        certificate_authority: Some("rds-ca-rsa2048-g1".to_owned()),
        certificate_ends: NaiveDate::from_ymd_opt(2027, 11, 28),
        cpu: series([40.0; 48]),
        connections: series([10.0; 48]),
        free_storage: series([60.0; 48]),
        lag: series([1.0; 48]),
        transaction_ids: series([2e8; 48]),
        ..Database::new("shop", DatabaseKind::Instance)
    });
    overview.exports.push(Export {
        bucket: "bucket".to_owned(),
        prefix: "exports/orders/".to_owned(),
        kind: ExportKind::Stream,
        last_success: Some(now - Duration::hours(3)),
        every_minutes: Some(24 * 60),
        every_given: false,
        days: Vec::new(),
        stalled: None,
    });
    overview.functions.push(Function {
        name: "orders-export".to_owned(),
        region: Some(REGION.to_owned()),
        last_success: Some(now - Duration::hours(3)),
        failures_of_a_day: 0,
        failures: [].into(),
        days: Vec::new(),
    });
    overview
}

fn failure(source: Source) -> Failure {
    Failure {
        source,
        error: "It could not be asked: AccessDenied.".to_owned(),
        error_type: "AssumeRoleDenied".to_owned(),
        hint: "Let it.".to_owned(),
    }
}

/// Changes the overview so that it has a finding of this kind. The match has no wildcard, so that a new kind
/// needs a case.
fn provoke(overview: &mut Overview, kind: Kind) {
    let now = overview.generated_at;
    let database = &mut overview.databases[0];
    match kind {
        Kind::Unreachable => overview.places.push(Place {
            account: Some("333333333333".to_owned()),
            region: REGION.to_owned(),
            role_arn: Some("arn:aws:iam::333333333333:role/Overview".to_owned()),
            failures: vec![failure(Source::Role)],
        }),
        Kind::Status => database.status = Some("storage-full".to_owned()),
        Kind::StorageTrend => {
            database.free_storage = series((0..48).map(|step| 60.0 - f64::from(step) * 0.2));
        }
        Kind::StorageLow => database.free_storage = series([4.0; 48]),
        Kind::TransactionIds => database.transaction_ids = series([1.5e9; 48]),
        Kind::ExportLate => overview.exports[0].last_success = Some(now - Duration::hours(40)),
        Kind::ExportFailing => {
            let function = &mut overview.functions[0];
            function.failures_of_a_day = 2;
            function.failures = [("QueryTimeout".to_owned(), 2)].into();
        }
        Kind::ExportStalled => {
            let reason = "an open transaction".to_owned();
            overview.exports[0].stalled = Some(Stall { since: now - Duration::hours(30), reason });
        }
        Kind::Lag => database.lag = series([900.0; 48]),
        Kind::Cpu => database.cpu = series([95.0; 48]),
        Kind::Public => database.publicly_accessible = true,
        Kind::Backups => database.backup_days = Some(0),
        Kind::NotEncrypted => database.encrypted = false,
        Kind::Certificate => database.certificate_authority = Some("rds-ca-2019".to_owned()),
        Kind::Version => database.engine_version = Some("13.20".to_owned()),
        Kind::Maintenance => database.maintenance.push(Maintenance {
            action: "system-update".to_owned(),
            description: None,
            due: Some(now + Duration::days(2)),
        }),
    }
}

fn judged(mut overview: Overview, before: Option<&Overview>) -> (Overview, Changes) {
    let before = before.map(|before| before.findings.clone()).unwrap_or_default();
    let changes = overview.judge(&History::default(), &before);
    (overview, changes)
}

fn kinds(overview: &Overview) -> Vec<Kind> {
    overview.findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let (overview, changes) = judged(healthy(start()), None);
    assert_eq!(overview.findings, []);
    assert!(changes.is_empty());
    assert_eq!(notices(&overview, &changes, None), []);
}

#[test]
fn every_finding_is_told_once_and_ends_once() {
    for kind in Kind::ALL {
        let with = |hour| {
            let mut overview = healthy(at(hour));
            provoke(&mut overview, kind);
            overview
        };
        let (first, changes) = judged(with(0), None);
        assert_eq!(kinds(&first), [kind]);
        assert_eq!((changes.appeared.len(), changes.ended.len()), (1, 0), "{kind:?}");
        let told = notices(&first, &changes, Some("s3://bucket/index.html"));
        assert_eq!(told.len(), 1);
        let (what, fix) = (&first.findings[0].what, &first.findings[0].fix);
        assert!(told[0].text.contains(what) && told[0].text.contains(fix), "{}", told[0].text);
        let json: serde_json::Value = serde_json::from_str(&told[0].json).unwrap();
        assert_eq!(json["appeared"][0]["kind"], kind.name());
        assert!(told[0].subject.is_ascii() && told[0].subject.len() <= 100);

        let (second, changes) = judged(with(1), Some(&first));
        assert_eq!(kinds(&second), [kind]);
        assert!(changes.is_empty(), "{kind:?} is told twice");
        assert_eq!(second.findings[0].since, at(0), "since it was first seen");

        let (third, changes) = judged(healthy(at(2)), Some(&second));
        assert_eq!(third.findings, []);
        assert_eq!((changes.appeared.len(), changes.ended.len()), (0, 1), "{kind:?}");
        let told = notices(&third, &changes, None);
        assert!(told[0].subject.starts_with("Ended: "), "{}", told[0].subject);

        let (_, changes) = judged(healthy(at(3)), Some(&third));
        assert!(changes.is_empty(), "{kind:?} ends twice");
    }
}

#[test]
fn what_could_not_be_asked_ends_nothing() {
    // The account of the function itself is not known if its databases are not.
    let refusals =
        [(Some(ACCOUNT), Source::Role), (Some(ACCOUNT), Source::Inventory), (None, Source::Inventory)];
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Unreachable);
    for (kind, (account, refused)) in kinds.flat_map(|kind| refusals.map(|refusal| (kind, refusal))) {
        let mut overview = healthy(start());
        provoke(&mut overview, kind);
        let (first, _) = judged(overview, None);

        let mut blind = healthy(at(1));
        blind.databases.clear();
        blind.exports.clear();
        blind.functions.clear();
        blind.places[0].account = account.map(str::to_owned);
        blind.places[0].failures.push(failure(refused));
        blind.failures.extend([failure(Source::Exports), failure(Source::Functions)]);
        let (second, changes) = judged(blind, Some(&first));
        assert_eq!(changes.ended, [], "{kind:?} {refused:?} {account:?}");
        let kept = second.findings.iter().find(|finding| finding.kind == kind).expect("it stands");
        assert!(kept.unchecked);
        assert_eq!(kept.since, start());

        // The finding is still there when the account answers again, and is not published again.
        let mut overview = healthy(at(2));
        provoke(&mut overview, kind);
        let (third, changes) = judged(overview, Some(&second));
        assert_eq!(changes.appeared, [], "{kind:?}");
        assert!(!third.findings.iter().any(|finding| finding.unchecked));
    }
}

#[test]
fn a_failure_of_one_call_keeps_what_that_call_tells_and_no_more() {
    let mut overview = healthy(start());
    provoke(&mut overview, Kind::Cpu);
    provoke(&mut overview, Kind::Public);
    let (first, _) = judged(overview, None);
    let mut blind = healthy(at(1));
    blind.databases[0].cpu = None;
    blind.places[0].failures.push(failure(Source::Metrics));
    let (second, changes) = judged(blind, Some(&first));
    assert_eq!(changes.ended.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [Kind::Public]);
    assert!(kinds(&second).contains(&Kind::Cpu));
}

#[test]
fn a_database_that_is_gone_ends_its_findings() {
    let mut overview = healthy(start());
    provoke(&mut overview, Kind::Public);
    let (first, _) = judged(overview, None);
    let mut without = healthy(at(1));
    without.databases.clear();
    let (_, changes) = judged(without, Some(&first));
    assert_eq!(changes.ended.len(), 1);
}

#[test]
fn a_figure_at_its_threshold_does_not_come_and_go() {
    let mut before = None;
    let mut told = 0;
    for (hour, cpu) in [86.0, 84.0, 86.0, 80.0, 84.0, 70.0].into_iter().enumerate() {
        let mut overview = healthy(at(hour as i64));
        overview.databases[0].cpu = series([cpu; 48]);
        let (overview, changes) = judged(overview, before.as_ref());
        told += changes.appeared.len() + changes.ended.len();
        before = Some(overview);
    }
    assert_eq!(told, 2, "once when it came, once when it went");
}

#[test]
fn thresholds_decide_and_ends_grow_worse() {
    let mut overview = healthy(start());
    overview.databases[0].engine_version = Some("14.17".to_owned());
    assert_eq!(kinds(&judged(overview.clone(), None).0), [Kind::Version]);
    overview.thresholds.set("versionDays", 30.0).unwrap();
    assert_eq!(judged(overview.clone(), None).0.findings, []);
    overview.generated_at = Utc.with_ymd_and_hms(2027, 3, 1, 0, 0, 0).unwrap();
    overview.exports.clear();
    let (late, _) = judged(overview, None);
    assert_eq!((late.findings[0].kind, late.findings[0].severity), (Kind::Version, Severity::Critical));
    assert!(late.findings[0].what.contains("ended on 2027-02-28"), "{}", late.findings[0].what);
}

#[test]
fn history_shows_a_trend_that_a_day_does_not() {
    let mut history = History::default();
    for day in 0..20 {
        let mut overview = healthy(start() - Duration::days(20 - day));
        overview.databases[0].free_storage = series([30.0 - day as f64]);
        history.add(Line::of(&overview));
    }
    let mut overview = healthy(start());
    // Over the last day alone nothing has changed.
    overview.databases[0].free_storage = series([11.0; 48]);
    let read_again = History::read(&history.text());
    overview.judge(&read_again, &[]);
    let days = overview.databases[0].full_in_days.expect("a trend");
    assert!((10.0..13.0).contains(&days), "{days}");
    assert_eq!(kinds(&overview), [Kind::StorageTrend]);
}

#[test]
fn storage_that_grows_by_itself_counts_up_to_its_limit() {
    let mut overview = healthy(start());
    provoke(&mut overview, Kind::StorageLow);
    overview.databases[0].storage_limit_gib = Some(1000.0);
    assert_eq!(judged(overview, None).0.findings, []);
}

#[test]
fn many_findings_become_several_messages_and_none_is_lost() {
    let mut overview = healthy(start());
    let one = overview.databases[0].clone();
    overview.databases = (0..500)
        .map(|index| Database {
            identifier: format!("db-{index:03}"),
            publicly_accessible: true,
            backup_days: Some(0),
            ..one.clone()
        })
        .collect();
    let (overview, changes) = judged(overview, None);
    let told = notices(&overview, &changes, None);
    assert!(told.len() > 1);
    let mut seen = BTreeSet::new();
    for notice in &told {
        assert!(notice.text.len() + notice.json.len() < 256 * 1024, "more than SNS takes");
        let json: serde_json::Value = serde_json::from_str(&notice.json).unwrap();
        for finding in json["appeared"].as_array().unwrap() {
            assert!(seen.insert(format!("{} {}", finding["kind"], finding["subject"])));
        }
    }
    assert_eq!(seen.len(), 1000);
}

#[test]
fn a_hostile_name_begins_no_line_of_a_message() {
    let mut overview = healthy(start());
    overview.databases[0].identifier = "shop\nCritical: nothing\u{202e}".to_owned();
    provoke(&mut overview, Kind::Public);
    let (overview, changes) = judged(overview, None);
    let told = notices(&overview, &changes, None);
    assert_eq!(told[0].text.lines().filter(|line| line.starts_with("Critical: ")).count(), 1);
    assert!(!told[0].text.contains('\u{202e}'));
    assert!(told[0].subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", told[0].subject);
}
