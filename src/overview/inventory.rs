//! The instances and clusters that RDS lists.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_rds::types::{DbCluster, DbInstance, Tag};
use chrono::{DateTime, NaiveDate};
use extractor_overview::{Database, DatabaseKind, Failure, Source};

use super::asking::failure;
use super::calls::Calls;
use crate::aws::AwsFailure;
use crate::error::{Error, ErrorType, Stage};

/// Lists all instances and clusters; what could not be listed is added to `failures`.
pub(super) async fn databases(aws: &SdkConfig, calls: &Calls, failures: &mut Vec<Failure>) -> Vec<Database> {
    let client = aws_sdk_rds::Client::new(aws);
    let (instances, clusters) = tokio::join!(instances(&client, calls), clusters(&client, calls));
    let mut databases = Vec::new();
    match instances {
        Ok(instances) => databases.extend(instances.into_iter().map(of_instance)),
        Err(error) => failures.push(of_rds(&error, "instances", "DescribeDBInstances")),
    }
    match clusters {
        Ok(clusters) => {
            for cluster in &clusters {
                for member in cluster.db_cluster_members.iter().flatten() {
                    let name = member.db_instance_identifier.as_deref();
                    let writes = member.is_cluster_writer == Some(true);
                    let instance = databases.iter_mut().find(|instance| Some(&*instance.identifier) == name);
                    if let Some(instance) = instance {
                        instance.writer = writes;
                    }
                }
            }
            databases.extend(clusters.into_iter().map(of_cluster));
        }
        Err(error) => failures.push(of_rds(&error, "clusters", "DescribeDBClusters")),
    }
    databases
}

async fn instances(client: &aws_sdk_rds::Client, calls: &Calls) -> Result<Vec<DbInstance>, AwsFailure> {
    let mut pages = client.describe_db_instances().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        calls.add("rds:DescribeDBInstances", 1);
        found.extend(page.map_err(|error| AwsFailure::of(&error))?.db_instances.unwrap_or_default());
    }
    Ok(found)
}

async fn clusters(client: &aws_sdk_rds::Client, calls: &Calls) -> Result<Vec<DbCluster>, AwsFailure> {
    let mut pages = client.describe_db_clusters().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        calls.add("rds:DescribeDBClusters", 1);
        found.extend(page.map_err(|error| AwsFailure::of(&error))?.db_clusters.unwrap_or_default());
    }
    Ok(found)
}

fn of_instance(instance: DbInstance) -> Database {
    let (region, account) = place(instance.db_instance_arn.as_deref());
    let engine = instance.engine.unwrap_or_default();
    // Aurora's storage belongs to the cluster; instances report 1.
    let has_storage = !engine.starts_with("aurora");
    let gib = |gib: Option<i32>| gib.filter(|gib| has_storage && *gib > 0).map(f64::from);
    let details = instance.certificate_details;
    let ends = details.as_ref().and_then(|details| details.valid_till);
    let authority = details.and_then(|details| details.ca_identifier).or(instance.ca_certificate_identifier);
    Database {
        account,
        region,
        cluster: instance.db_cluster_identifier,
        replica_of: instance
            .read_replica_source_db_instance_identifier
            .or(instance.read_replica_source_db_cluster_identifier)
            .map(|source| last_part(&source)),
        engine_version: instance.engine_version,
        status: instance.db_instance_status,
        class: instance.db_instance_class,
        multi_az: instance.multi_az.unwrap_or(false),
        storage_gib: gib(instance.allocated_storage),
        storage_limit_gib: gib(instance.max_allocated_storage),
        encrypted: instance.storage_encrypted.unwrap_or(false),
        publicly_accessible: instance.publicly_accessible.unwrap_or(false),
        backup_days: instance.backup_retention_period,
        certificate_authority: authority,
        certificate_ends: ends.and_then(|ends| date(&ends)),
        tags: tags(instance.tag_list),
        engine: Some(engine).filter(|engine| !engine.is_empty()),
        ..Database::new(instance.db_instance_identifier.unwrap_or_default(), DatabaseKind::Instance)
    }
}

fn of_cluster(cluster: DbCluster) -> Database {
    let (region, account) = place(cluster.db_cluster_arn.as_deref());
    let details = cluster.certificate_details;
    let ends = details.as_ref().and_then(|details| details.valid_till);
    Database {
        account,
        region,
        replica_of: cluster.replication_source_identifier.map(|source| last_part(&source)),
        engine: cluster.engine,
        engine_version: cluster.engine_version,
        status: cluster.status,
        class: cluster.db_cluster_instance_class,
        multi_az: cluster.multi_az.unwrap_or(false),
        encrypted: cluster.storage_encrypted.unwrap_or(false),
        publicly_accessible: cluster.publicly_accessible.unwrap_or(false),
        backup_days: cluster.backup_retention_period,
        certificate_authority: details.and_then(|details| details.ca_identifier),
        certificate_ends: ends.and_then(|ends| date(&ends)),
        tags: tags(cluster.tag_list),
        ..Database::new(cluster.db_cluster_identifier.unwrap_or_default(), DatabaseKind::Cluster)
    }
}

/// Returns the identifier of an ARN, or the identifier itself.
fn last_part(text: &str) -> String {
    text.rsplit(':').next().unwrap_or_default().to_owned()
}

fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    tags.into_iter()
        .flatten()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        // AWS's own tags only name the stack that created the database.
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect()
}

fn date(time: &aws_smithy_types::DateTime) -> Option<NaiveDate> {
    DateTime::from_timestamp(time.secs(), 0).map(|time| time.date_naive())
}

/// Returns the region and the account of `arn:aws:rds:REGION:ACCOUNT:db:NAME`.
fn place(arn: Option<&str>) -> (Option<String>, Option<String>) {
    let mut parts = arn.unwrap_or_default().split(':').skip(3).map(str::to_owned);
    let mut next = || parts.next().filter(|part| !part.is_empty());
    (next(), next())
}

fn of_rds(refusal: &AwsFailure, what: &str, call: &str) -> Failure {
    failure(
        Source::Inventory,
        &refused(refusal, &format!("The {what} could not be listed"), &format!("rds:{call}"), "rds"),
    )
}

/// Returns the error of a call that lists or describes.
pub(super) fn refused(refusal: &AwsFailure, what: &str, permission: &str, endpoint: &str) -> Error {
    let message = format!("{what}: {refusal}.");
    if refusal.is_denied() {
        return Error::new(ErrorType::DescribeDenied, Stage::Endpoint, message)
            .with_hint(format!("Grant {permission} to the role; docs/overview.md has the policy."));
    }
    let hint = if refusal.cause.is_throttled() {
        "The account makes too many calls at a time: run the overview at another time, or less often."
            .to_owned()
    } else if refusal.cause.refuses_credentials() {
        "AWS answers so for a region that the account has not enabled: enable it (aws account enable-region), or leave it \
         out of roles."
            .to_owned()
    } else {
        format!(
            "In a VPC without NAT the function needs the interface endpoint {endpoint}; outside of a VPC it needs none."
        )
    };
    Error::new(ErrorType::DescribeFailed, Stage::Endpoint, message).with_hint(hint)
}
