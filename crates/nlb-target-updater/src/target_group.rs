//! The target group: what is registered there, and what is changed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    TargetDescription, TargetHealthDescription, TargetHealthStateEnum,
};

use crate::failure::Failure;
use crate::step::{Health, Target};

const FAILED: &str = "TargetGroupFailed";

/// Returns the targets of a group with their states.
///
/// # Errors
/// `TargetGroupFailed`.
pub async fn registered(client: &Client, group: &str) -> Result<BTreeMap<Target, Health>, Failure> {
    let answer = client.describe_target_health().target_group_arn(group).send().await;
    let answer = answer.map_err(|error| {
        Failure::of_call(FAILED, "The targets of the load balancer could not be described", &error)
    })?;
    Ok(answer.target_health_descriptions.unwrap_or_default().into_iter().filter_map(target).collect())
}

/// Returns a target with its state. Groups of this function hold IPv4 addresses only.
fn target(described: TargetHealthDescription) -> Option<(Target, Health)> {
    let known = described.target?;
    let target = Target { address: known.id?.parse().ok()?, port: u16::try_from(known.port?).ok()? };
    let health = match described.target_health?.state? {
        TargetHealthStateEnum::Healthy => Health::Healthy,
        TargetHealthStateEnum::Draining => Health::Draining,
        _ => Health::Other,
    };
    Some((target, health))
}

/// Registers targets.
///
/// # Errors
/// `TargetGroupFailed`.
pub async fn register(client: &Client, group: &str, targets: &BTreeSet<Target>) -> Result<(), Failure> {
    let request = client.register_targets().target_group_arn(group).set_targets(Some(described(targets)));
    let answer = request.send().await;
    answer.map(drop).map_err(|error| Failure::of_call(FAILED, "The targets could not be registered", &error))
}

/// Deregisters targets.
///
/// # Errors
/// `TargetGroupFailed`.
pub async fn deregister(client: &Client, group: &str, targets: &BTreeSet<Target>) -> Result<(), Failure> {
    let request = client.deregister_targets().target_group_arn(group).set_targets(Some(described(targets)));
    let answer = request.send().await;
    answer
        .map(drop)
        .map_err(|error| Failure::of_call(FAILED, "The targets could not be deregistered", &error))
}

fn described(targets: &BTreeSet<Target>) -> Vec<TargetDescription> {
    let described = |target: &Target| {
        TargetDescription::builder().id(target.address.to_string()).port(target.port.into()).build()
    };
    targets.iter().map(described).collect()
}
