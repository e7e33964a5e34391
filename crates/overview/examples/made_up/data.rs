//! Invented databases and exports.

use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use extractor_overview::{
    Database, DatabaseKind, Day, Export, ExportKind, Failure, Function, History, Maintenance, Overview,
    Place, Series, Source, Stall, Thresholds,
};

const NAMES: [&str; 12] = [
    "orders",
    "billing",
    "crm",
    "catalog",
    "inventory",
    "identity",
    "payments",
    "search",
    "events",
    "reports",
    "shipping",
    "support",
];
const REGIONS: [&str; 3] = ["eu-central-1", "eu-west-1", "us-east-1"];
const STEPS: usize = 48;

/// A generator of pseudo-random numbers, which are the same in every run.
struct Noise(u64);

impl Noise {
    /// Returns a number from 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }

    /// Returns a day's values, from `low` at night to `high` at noon.
    fn day(&mut self, low: f64, high: f64) -> Series {
        let values = (0..STEPS).map(|step| {
            let hour = step as f64 / STEPS as f64 * std::f64::consts::TAU;
            let busy = (1.0 - hour.cos()) / 2.0;
            let value = low + (high - low) * (busy * 0.75 + self.next() * 0.25);
            Some((value * 10.0).round() / 10.0)
        });
        Series { step_minutes: 30, values: values.collect() }
    }

    fn falling(&mut self, from: f64, a_day: f64) -> Series {
        let values = (0..STEPS).map(|step| {
            let gone = a_day * step as f64 / STEPS as f64 + self.next() * a_day.abs() * 0.02;
            Some(((from - gone) * 100.0).round() / 100.0)
        });
        Series { step_minutes: 30, values: values.collect() }
    }
}

/// Returns the time of the overview.
pub fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 28, 6, 0, 0).single().expect("a time")
}

/// Returns an overview with this many databases in this many accounts, and its findings.
pub fn made_up(databases: usize, accounts: usize) -> Overview {
    let mut noise = Noise(7);
    let mut overview = Overview::new(now(), "8f5b1c1e-0000-4000-8000-000000000001", Thresholds::default());
    for index in 0..accounts {
        let account = format!("{}", 111_111_111_111_u64 * (index as u64 % 9 + 1) + index as u64 / 9);
        overview.places.push(Place {
            role_arn: Some(format!("arn:aws:iam::{account}:role/Overview")),
            account: Some(account),
            region: REGIONS[index % REGIONS.len()].to_owned(),
            failures: Vec::new(),
        });
    }
    let denied = "The role arn:aws:iam::999999999999:role/Overview could not be assumed: AccessDenied.";
    overview.places.push(Place {
        account: Some("999999999999".to_owned()),
        region: "eu-north-1".to_owned(),
        role_arn: Some("arn:aws:iam::999999999999:role/Overview".to_owned()),
        failures: vec![Failure {
            source: Source::Role,
            error: denied.to_owned(),
            error_type: "AssumeRoleDenied".to_owned(),
            hint: "Let the role's trust policy name this function's role, and compare the external id."
                .to_owned(),
        }],
    });
    let each = databases.div_ceil(accounts.max(1));
    for place in overview.places.clone().iter().take(accounts) {
        let mut left = each.min(databases - overview.databases.len());
        let mut number = 0;
        while left > 0 {
            let name = NAMES[number % NAMES.len()];
            let name = match number / NAMES.len() {
                0 => name.to_owned(),
                more => format!("{name}-{}", more + 1),
            };
            let mut unit = unit(&name, number, overview.databases.len() / each.max(1), &mut noise);
            unit.truncate(left);
            left -= unit.len();
            overview.databases.extend(unit.into_iter().map(|database| Database {
                account: place.account.clone(),
                region: Some(place.region.clone()),
                ..database
            }));
            number += 1;
        }
    }
    overview
        .databases
        .sort_by(|a, b| (&a.account, &a.region, &a.identifier).cmp(&(&b.account, &b.region, &b.identifier)));
    exports(&mut overview, &mut noise);
    for (call, count) in [
        ("sts:AssumeRole", accounts + 1),
        ("rds:DescribeDBInstances", accounts),
        ("rds:DescribeDBClusters", accounts),
        ("rds:DescribePendingMaintenanceActions", accounts),
        ("cloudwatch:GetMetricData", accounts + 1),
        ("s3:ListObjectsV2", 3),
        ("metrics", databases * 4),
    ] {
        overview.calls.insert(call.to_owned(), count as u32);
    }
    overview.judge(&History::default(), &[]);
    for (index, finding) in overview.findings.iter_mut().enumerate() {
        finding.since = now() - Duration::hours([0, 5, 30, 24 * 9, 24 * 40][index % 5]);
    }
    overview
}

/// Returns one database, or a cluster with its members, or a source with its replica.
fn unit(name: &str, number: usize, account: usize, noise: &mut Noise) -> Vec<Database> {
    let plain = |identifier: String, kind| Database {
        engine: Some("postgres".to_owned()),
        engine_version: Some(
            ["16.8", "17.4", "15.12", if account == 1 { "14.17" } else { "17.6" }, "18.1"][number % 5]
                .to_owned(),
        ),
        status: Some("available".to_owned()),
        encrypted: true,
        backup_days: Some([7, 14, 35][number % 3]),
        certificate_authority: Some("rds-ca-rsa2048-g1".to_owned()),
        certificate_ends: NaiveDate::from_ymd_opt(2027, 8, 14),
        tags: [("team".to_owned(), ["shop", "finance", "platform"][number % 3].to_owned())].into(),
        ..Database::new(identifier, kind)
    };
    if number % 6 == 1 {
        let aurora = |identifier: String, kind| Database {
            engine: Some("aurora-postgresql".to_owned()),
            engine_version: Some("16.6".to_owned()),
            ..plain(identifier, kind)
        };
        let member = |suffix: &str, writer: bool, noise: &mut Noise| Database {
            cluster: Some(name.to_owned()),
            writer,
            class: Some("db.r7g.large".to_owned()),
            cpu: Some(noise.day(4.0, if writer { 55.0 } else { 25.0 })),
            connections: Some(noise.day(10.0, 120.0)),
            lag: (!writer).then(|| noise.day(0.1, 0.4)),
            ..aurora(format!("{name}-{suffix}"), DatabaseKind::Instance)
        };
        let cluster = Database {
            multi_az: true,
            certificate_ends: None,
            ..aurora(name.to_owned(), DatabaseKind::Cluster)
        };
        return vec![cluster, member("1", true, noise), member("2", false, noise)];
    }
    // The accounts have different findings.
    let odd = |of: usize, at: usize| account % 4 == of && number == at;
    let (fills, busy) = (odd(0, 3) || odd(2, 9), odd(1, 8));
    let storage = [100.0, 200.0, 500.0, 1000.0][number % 4];
    let a_day = if fills { storage * 0.03 } else { storage * 0.0004 };
    let free = if fills { storage * 0.2 } else { storage * (0.25 + noise.next() * 0.6) };
    let high = 20.0 + noise.next() * 50.0;
    let clients = 20.0 + noise.next() * 180.0;
    let source = Database {
        class: Some(["db.t4g.medium", "db.m7g.large", "db.r6g.xlarge"][number % 3].to_owned()),
        multi_az: number.is_multiple_of(2),
        publicly_accessible: odd(3, 4),
        encrypted: !odd(1, 10),
        backup_days: Some(if odd(2, 11) { 0 } else { [7, 14, 35][number % 3] }),
        storage_gib: Some(storage),
        cpu: Some(if busy { noise.day(88.0, 97.0) } else { noise.day(2.0, high) }),
        connections: Some(noise.day(3.0, clients)),
        free_storage: Some(noise.falling(free, a_day)),
        transaction_ids: Some(noise.day(1e8, 2e8)),
        maintenance: odd(0, 6)
            .then(|| Maintenance {
                action: "system-update".to_owned(),
                description: Some("New Operating System update is available".to_owned()),
                due: Some(now() + Duration::days(4)),
            })
            .into_iter()
            .collect(),
        status: Some(if odd(3, 9) { "stopped" } else { "available" }.to_owned()),
        certificate_ends: NaiveDate::from_ymd_opt(if odd(1, 2) { 2026 } else { 2027 }, 12, 20),
        ..plain(name.to_owned(), DatabaseKind::Instance)
    };
    if number % 6 == 5 {
        let replica = Database {
            identifier: format!("{name}-replica"),
            replica_of: Some(name.to_owned()),
            lag: Some(if odd(0, 5) { noise.day(400.0, 900.0) } else { noise.day(0.0, 4.0) }),
            publicly_accessible: false,
            ..source.clone()
        };
        return vec![source, replica];
    }
    vec![source]
}

fn exports(overview: &mut Overview, noise: &mut Noise) {
    let days = |a_day: u32, rows: f64, noise: &mut Noise| -> Vec<Day> {
        (0..30)
            .map(|day| {
                let rows = rows * (1.0 + f64::from(day) * 0.01 + noise.next() * 0.2);
                Day {
                    runs: a_day,
                    failures: 0,
                    rows: Some(rows as u64),
                    bytes: (rows * 96.0) as u64,
                    milliseconds: Some((rows / 40.0) as u64),
                }
            })
            .collect()
    };
    for (index, (prefix, kind, hours, every, rows)) in [
        ("exports/orders/", ExportKind::Objects, 3, 1440, 1.2e6),
        ("exports/customers/", ExportKind::Objects, 4, 1440, 2.1e5),
        ("exports/billing/", ExportKind::Sets, 50, 1440, 8.0e6),
        ("lake/events/", ExportKind::Stream, 1, 60, 3.1e6),
        ("lake/ledger/", ExportKind::Stream, 30, 60, 4.0e4),
        ("month/reports/", ExportKind::Sets, 200, 43_200, 9.0e4),
    ]
    .into_iter()
    .enumerate()
    {
        let mut days = days(if every < 1440 { 24 } else { 1 }, rows, noise);
        if kind == ExportKind::Objects {
            for day in &mut days {
                day.rows = None;
            }
        }
        if index == 2 {
            for day in &mut days[28..] {
                *day = Day::default();
            }
        }
        overview.exports.push(Export {
            bucket: "data-extraction-bucket".to_owned(),
            prefix: prefix.to_owned(),
            kind,
            last_success: Some(now() - Duration::hours(hours)),
            every_minutes: Some(every),
            every_given: index == 0,
            days,
            stalled: (index == 4).then(|| Stall {
                since: now() - Duration::hours(30),
                reason: "a transaction that began before it is still open".to_owned(),
            }),
        });
    }
    for (index, name) in ["orders-export", "billing-export", "lake"].into_iter().enumerate() {
        let mut function = Function {
            name: name.to_owned(),
            region: Some("eu-central-1".to_owned()),
            last_success: Some(now() - Duration::hours(if index == 1 { 50 } else { 2 })),
            failures_of_a_day: 0,
            failures: [].into(),
            days: days([2, 1, 48][index], [1.4e6, 8e6, 3e6][index], noise),
        };
        if index == 1 {
            function.failures_of_a_day = 3;
            function.failures = [("ConnectTimeout".to_owned(), 5), ("QueryTimeout".to_owned(), 2)].into();
            for day in &mut function.days[28..] {
                *day = Day { failures: 3, ..Day::default() };
            }
        }
        overview.functions.push(function);
    }
}
