//! Reads CloudWatch metrics of the last 24 hours.

use std::time::SystemTime;

use aws_config::SdkConfig;
use extractor_overview::{Database, DatabaseKind, Failure, Series, Source};

use super::asking::failure;
use super::calls::Calls;
use super::inventory::refused;
use crate::aws::{Metric, Window, series};

/// One value every half hour.
const STEP_SECONDS: u32 = 1_800;
const STEPS: u32 = 48;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
const MILLISECONDS: f64 = 1_000.0;

/// A metric, its statistic over a step, and the series that it fills.
struct Wanted {
    name: &'static str,
    statistic: &'static str,
    /// One unit of the model, in the unit of CloudWatch.
    unit: f64,
    place: fn(&mut Database) -> &mut Option<Series>,
    /// The databases for which it is requested: a metric that does not exist costs as much as one that does.
    of: fn(&Database) -> bool,
}

const WANTED: [Wanted; 6] = [
    Wanted {
        name: "CPUUtilization",
        statistic: "Average",
        unit: 1.0,
        place: |database| &mut database.cpu,
        of: |_| true,
    },
    Wanted {
        name: "DatabaseConnections",
        statistic: "Maximum",
        unit: 1.0,
        place: |database| &mut database.connections,
        of: |_| true,
    },
    Wanted {
        name: "FreeStorageSpace",
        statistic: "Minimum",
        unit: GIB,
        place: |database| &mut database.free_storage,
        of: |database| !is_aurora(database),
    },
    Wanted {
        name: "ReplicaLag",
        statistic: "Maximum",
        unit: 1.0,
        place: |database| &mut database.lag,
        of: |database| !is_aurora(database) && database.replica_of.is_some(),
    },
    Wanted {
        name: "AuroraReplicaLag",
        statistic: "Maximum",
        unit: MILLISECONDS,
        place: |database| &mut database.lag,
        of: |database| is_aurora(database) && !database.writer,
    },
    Wanted {
        name: "MaximumUsedTransactionIDs",
        statistic: "Maximum",
        unit: 1.0,
        place: |database| &mut database.transaction_ids,
        of: |database| {
            is_postgres(database)
                && database.replica_of.is_none()
                && (!is_aurora(database) || database.writer)
        },
    },
];

fn is_aurora(database: &Database) -> bool {
    database.engine.as_deref().is_some_and(|engine| engine.starts_with("aurora"))
}

fn is_postgres(database: &Database) -> bool {
    matches!(database.engine.as_deref(), Some("postgres" | "aurora-postgresql"))
}

fn wanted(database: &Database) -> impl Iterator<Item = &'static Wanted> {
    // The metrics of a cluster are those of its members.
    let has = database.kind == DatabaseKind::Instance;
    WANTED.iter().filter(move |wanted| has && (wanted.of)(database))
}

/// Returns the series of all databases, in the order of the databases and of the metrics wanted for each.
pub(super) async fn figures(
    aws: &SdkConfig,
    databases: &[Database],
    now: SystemTime,
    calls: &Calls,
) -> Result<Vec<Vec<Option<f64>>>, Failure> {
    let metrics: Vec<Metric> = databases
        .iter()
        .flat_map(|database| {
            wanted(database).map(|wanted| Metric {
                namespace: "AWS/RDS",
                name: wanted.name,
                statistic: wanted.statistic,
                dimensions: vec![("DBInstanceIdentifier", database.identifier.clone())],
            })
        })
        .collect();
    let (series, count) =
        series(aws, &metrics, Window::until(now, STEP_SECONDS, STEPS)).await.map_err(|refusal| {
            let what = "CloudWatch's figures could not be read";
            failure(Source::Metrics, &refused(&refusal, what, "cloudwatch:GetMetricData", "monitoring"))
        })?;
    calls.add("cloudwatch:GetMetricData", count);
    calls.add("metrics", metrics.len() as u32);
    Ok(series)
}

/// Adds the series to their databases.
pub(super) fn add(databases: &mut [Database], series: Vec<Vec<Option<f64>>>) {
    let mut series = series.into_iter();
    for database in databases {
        for (wanted, values) in wanted(database).zip(&mut series).collect::<Vec<_>>() {
            if values.iter().all(Option::is_none) {
                continue;
            }
            // ReplicaLag is -1 if replication is not running.
            let values = values
                .into_iter()
                .map(|value| Some(rounded(value? / wanted.unit)).filter(|value| *value >= 0.0));
            *(wanted.place)(database) =
                Some(Series { step_minutes: STEP_SECONDS / 60, values: values.collect() });
        }
    }
}

/// Rounds to three decimals: more digits would only enlarge the state.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(engine: &str) -> Database {
        Database { engine: Some(engine.to_owned()), ..Database::new("shop", DatabaseKind::Instance) }
    }

    fn names(database: &Database) -> Vec<&'static str> {
        wanted(database).map(|wanted| wanted.name).collect()
    }

    #[test]
    fn only_what_a_database_writes_is_asked_for() {
        let usual = ["CPUUtilization", "DatabaseConnections"];
        let [cpu, connections] = usual;
        assert_eq!(
            names(&instance("postgres")),
            [cpu, connections, "FreeStorageSpace", "MaximumUsedTransactionIDs"]
        );
        let replica = Database { replica_of: Some("crm".to_owned()), ..instance("postgres") };
        assert_eq!(names(&replica), [cpu, connections, "FreeStorageSpace", "ReplicaLag"]);
        let writer = Database { writer: true, ..instance("aurora-postgresql") };
        assert_eq!(names(&writer), [cpu, connections, "MaximumUsedTransactionIDs"]);
        assert_eq!(names(&instance("aurora-postgresql")), [cpu, connections, "AuroraReplicaLag"]);
        assert_eq!(names(&instance("mysql")), [cpu, connections, "FreeStorageSpace"]);
        let cluster = Database { kind: DatabaseKind::Cluster, ..instance("aurora-postgresql") };
        assert!(names(&cluster).is_empty());
    }

    #[test]
    fn figures_go_where_they_belong_in_the_models_units() {
        let mut databases = [
            Database { kind: DatabaseKind::Cluster, ..instance("aurora-postgresql") },
            instance("aurora-postgresql"),
            instance("mysql"),
        ];
        let one = |value| vec![None, Some(value)];
        let none = vec![None, None];
        add(&mut databases, vec![one(5.0), one(7.0), one(20.0), one(1.0), none, one(2.0 * GIB)]);
        let last = |series: &Option<Series>| series.as_ref().and_then(Series::last);
        assert_eq!(last(&databases[1].lag), Some(0.02));
        assert_eq!(last(&databases[2].free_storage), Some(2.0));
        assert_eq!(databases[2].connections, None);
    }
}
