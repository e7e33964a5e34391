//! The instances and clusters that RDS lists.

use aws_config::SdkConfig;
use aws_sdk_rds::types::{DbCluster, DbInstance};

use super::database::{Database, Kind};
use crate::aws::AwsFailure;
use crate::error::{Error, ErrorType, Result, Stage};

/// Lists all instances.
pub(super) async fn instances(aws: &SdkConfig) -> Result<Vec<Database>> {
    let mut pages = aws_sdk_rds::Client::new(aws).describe_db_instances().into_paginator().items().send();
    let mut databases = Vec::new();
    while let Some(instance) = pages.next().await {
        let instance =
            instance.map_err(|error| of_rds(&AwsFailure::of(&error), "instances", "DescribeDBInstances"))?;
        databases.push(of_instance(instance));
    }
    Ok(databases)
}

/// Lists all clusters.
pub(super) async fn clusters(aws: &SdkConfig) -> Result<Vec<Database>> {
    let mut pages = aws_sdk_rds::Client::new(aws).describe_db_clusters().into_paginator().items().send();
    let mut databases = Vec::new();
    while let Some(cluster) = pages.next().await {
        let cluster =
            cluster.map_err(|error| of_rds(&AwsFailure::of(&error), "clusters", "DescribeDBClusters"))?;
        databases.push(of_cluster(cluster));
    }
    Ok(databases)
}

fn of_instance(instance: DbInstance) -> Database {
    let (address, port) =
        instance.endpoint.map_or((None, None), |endpoint| (endpoint.address, endpoint.port));
    let (region, account) = place(instance.db_instance_arn.as_deref());
    Database {
        identifier: instance.db_instance_identifier.unwrap_or_default(),
        kind: Kind::Instance,
        cluster: instance.db_cluster_identifier,
        engine: instance.engine,
        version: instance.engine_version,
        status: instance.db_instance_status,
        endpoint: address,
        reader_endpoint: None,
        port,
        iam_authentication: instance.iam_database_authentication_enabled.unwrap_or(false),
        encrypted: instance.storage_encrypted.unwrap_or(false),
        publicly_accessible: instance.publicly_accessible,
        account,
        region,
        role_arn: None,
        metrics: None,
    }
}

fn of_cluster(cluster: DbCluster) -> Database {
    let (region, account) = place(cluster.db_cluster_arn.as_deref());
    Database {
        identifier: cluster.db_cluster_identifier.unwrap_or_default(),
        kind: Kind::Cluster,
        cluster: None,
        engine: cluster.engine,
        version: cluster.engine_version,
        status: cluster.status,
        endpoint: cluster.endpoint,
        reader_endpoint: cluster.reader_endpoint,
        port: cluster.port,
        iam_authentication: cluster.iam_database_authentication_enabled.unwrap_or(false),
        encrypted: cluster.storage_encrypted.unwrap_or(false),
        publicly_accessible: cluster.publicly_accessible,
        account,
        region,
        role_arn: None,
        metrics: None,
    }
}

/// Returns the region and the account of `arn:aws:rds:REGION:ACCOUNT:db:NAME`.
fn place(arn: Option<&str>) -> (Option<String>, Option<String>) {
    let mut parts = arn.unwrap_or_default().split(':').skip(3).map(str::to_owned);
    let mut next = || parts.next().filter(|part| !part.is_empty());
    (next(), next())
}

fn of_rds(failure: &AwsFailure, what: &str, call: &str) -> Error {
    let message = format!("The {what} could not be listed: {failure}.");
    if failure.is_denied() {
        return Error::new(ErrorType::DescribeDenied, Stage::Endpoint, message).with_hint(format!(
            "Grant rds:{call} on every database to the role (terraform: allow_discover = true)."
        ));
    }
    Error::new(ErrorType::DescribeFailed, Stage::Endpoint, message).with_hint(
        "In a VPC without NAT the function needs the interface endpoint rds; discover needs no VPC.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_region_and_account() {
        let (region, account) = place(Some("arn:aws:rds:eu-west-1:222222222222:cluster:shop"));
        assert_eq!((region.as_deref(), account.as_deref()), (Some("eu-west-1"), Some("222222222222")));
        assert_eq!(place(None), (None, None));
    }
}
