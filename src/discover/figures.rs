//! The latest CloudWatch metrics of a database, which show the load that an export would meet.

use std::time::SystemTime;

use aws_config::SdkConfig;

use super::database::{Database, Figures, Kind};
use crate::aws::{Metric, last_figures};
use crate::error::{Error, ErrorType, Result, Stage};

const MILLISECONDS: f64 = 1_000.0;

/// A metric to query: its name in CloudWatch, the statistic over a minute, and the setter of its value.
type Wanted = (&'static str, &'static str, fn(&mut Figures, f64));

const OF_INSTANCE: [Wanted; 5] = [
    ("CPUUtilization", "Average", |figures, value| figures.cpu_percent = Some(value)),
    ("DatabaseConnections", "Maximum", |figures, value| figures.connections = Some(value)),
    ("FreeStorageSpace", "Minimum", |figures, value| figures.free_storage_bytes = Some(value)),
    // Negative if replication is not running.
    ("ReplicaLag", "Maximum", |figures, value| {
        figures.replica_lag_seconds = Some(value).filter(|lag| *lag >= 0.0);
    }),
    ("AuroraReplicaLag", "Maximum", |figures, value| {
        figures.replica_lag_seconds = Some(value / MILLISECONDS);
    }),
];

const OF_CLUSTER: [Wanted; 3] = [
    ("CPUUtilization", "Average", |figures, value| figures.cpu_percent = Some(value)),
    ("DatabaseConnections", "Maximum", |figures, value| figures.connections = Some(value)),
    ("AuroraReplicaLagMaximum", "Maximum", |figures, value| {
        figures.replica_lag_seconds = Some(value / MILLISECONDS);
    }),
];

fn wanted(database: &Database) -> (&'static str, &'static [Wanted]) {
    match database.kind {
        Kind::Instance => ("DBInstanceIdentifier", &OF_INSTANCE),
        Kind::Cluster => ("DBClusterIdentifier", &OF_CLUSTER),
    }
}

/// Adds metrics to all databases, or to none if the call fails.
pub(super) async fn add(aws: &SdkConfig, databases: &mut [Database]) -> Result<()> {
    let metrics: Vec<Metric> = databases
        .iter()
        .flat_map(|database| {
            let (dimension, wanted) = wanted(database);
            wanted.iter().map(move |&(name, statistic, _)| Metric {
                namespace: "AWS/RDS",
                name,
                statistic,
                dimensions: vec![(dimension, database.identifier.clone())],
            })
        })
        .collect();
    let values = last_figures(aws, &metrics, SystemTime::now()).await.map_err(|failure| {
        let message = format!("CloudWatch's figures could not be read: {failure}.");
        if failure.is_denied() {
            return Error::new(ErrorType::DescribeDenied, Stage::Endpoint, message)
                .with_hint("Grant cloudwatch:GetMetricData to the role (terraform: allow_discover = true).");
        }
        Error::new(ErrorType::DescribeFailed, Stage::Endpoint, message).with_hint(
            "In a VPC without NAT the function needs the interface endpoint monitoring; or leave metrics out.",
        )
    })?;
    let mut values = values.into_iter();
    for database in databases {
        let mut figures = Figures::default();
        for ((_, _, set), value) in wanted(database).1.iter().zip(&mut values) {
            if let Some(value) = value {
                set(&mut figures, value);
            }
        }
        database.metrics = Some(figures);
    }
    Ok(())
}
