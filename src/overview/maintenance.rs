//! The pending maintenance of RDS.

use aws_config::SdkConfig;
use chrono::DateTime;
use extractor_overview::{Database, DatabaseKind, Failure, Maintenance, Source};

use super::asking::failure;
use super::calls::Calls;
use super::inventory::refused;
use crate::aws::AwsFailure;

/// The kind and the identifier of a database, and its maintenance.
type Pending = (DatabaseKind, String, Maintenance);

/// Lists the pending maintenance of the account in this region.
pub(super) async fn pending(aws: &SdkConfig, calls: &Calls) -> Result<Vec<Pending>, Failure> {
    const CALL: &str = "rds:DescribePendingMaintenanceActions";
    let mut pages =
        aws_sdk_rds::Client::new(aws).describe_pending_maintenance_actions().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        calls.add(CALL, 1);
        let page = page.map_err(|error| {
            let what = "Pending maintenance could not be listed";
            failure(Source::Maintenance, &refused(&AwsFailure::of(&error), what, CALL, "rds"))
        })?;
        for resource in page.pending_maintenance_actions.unwrap_or_default() {
            let Some((kind, identifier)) = resource.resource_identifier.as_deref().and_then(of_arn) else {
                continue;
            };
            for action in resource.pending_maintenance_action_details.unwrap_or_default() {
                // In order of precedence: the date that is set, the date of automatic application, the forced
                // date.
                let due =
                    action.current_apply_date.or(action.auto_applied_after_date).or(action.forced_apply_date);
                let maintenance = Maintenance {
                    action: action.action.unwrap_or_default(),
                    description: action.description,
                    due: due.and_then(|due| DateTime::from_timestamp(due.secs(), 0)),
                };
                found.push((kind, identifier.clone(), maintenance));
            }
        }
    }
    Ok(found)
}

/// Parses `arn:aws:rds:REGION:ACCOUNT:db:NAME` or `…:cluster:NAME`.
fn of_arn(arn: &str) -> Option<(DatabaseKind, String)> {
    let mut parts = arn.split(':').skip(5);
    let kind = match parts.next()? {
        "db" => DatabaseKind::Instance,
        "cluster" => DatabaseKind::Cluster,
        _ => return None,
    };
    parts.next().map(|name| (kind, name.to_owned()))
}

pub(super) fn add(databases: &mut [Database], pending: Vec<Pending>) {
    for (kind, identifier, maintenance) in pending {
        let its = |database: &&mut Database| database.kind == kind && database.identifier == identifier;
        if let Some(database) = databases.iter_mut().find(its) {
            database.maintenance.push(maintenance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_an_instance_or_a_cluster() {
        let named = |arn| of_arn(arn).map(|(kind, name)| (kind, name == "shop"));
        assert_eq!(named("arn:aws:rds:eu-west-1:2:db:shop"), Some((DatabaseKind::Instance, true)));
        assert_eq!(named("arn:aws:rds:eu-west-1:2:cluster:shop"), Some((DatabaseKind::Cluster, true)));
        assert_eq!(named("arn:aws:rds:eu-west-1:2:snapshot:shop"), None);
        assert_eq!(named("shop"), None);
    }
}
