//! The addresses that are wanted: RDS names the instance, DNS its addresses.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use aws_sdk_rds::Client;
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::networks::Networks;
use crate::settings::Database;

/// The time limit of a lookup.
const LOOKUP: Duration = Duration::from_secs(10);

/// Returns the addresses that are to be registered, at least one.
///
/// # Errors
/// `DescribeFailed`, `DnsFailed` or `AddressRefused`: an answer that is missing or odd is no reason to change anything.
pub async fn wanted_addresses(
    rds: &Client,
    database: &Database,
    networks: &Networks,
) -> Result<BTreeSet<Ipv4Addr>, Failure> {
    let mut wanted = BTreeSet::new();
    for name in names(rds, database).await? {
        for address in resolve(&name).await? {
            networks.check(&name, address)?;
            wanted.insert(address);
        }
    }
    Ok(wanted)
}

/// Returns the host names whose addresses are wanted, at least one.
///
/// A cluster's own names lag behind a failover; its members say at once who is the writer, and their addresses do not
/// change.
async fn names(rds: &Client, database: &Database) -> Result<Vec<String>, Failure> {
    let (cluster, wants_writer) = match database {
        Database::Name(name) => return Ok(vec![name.clone()]),
        Database::Instance(instance) => return Ok(vec![host_of(rds, instance).await?]),
        Database::Writer(cluster) => (cluster, true),
        Database::Readers(cluster) => (cluster, false),
    };
    let what = format!("The cluster {cluster} could not be described");
    let answer = rds.describe_db_clusters().db_cluster_identifier(cluster).send().await;
    let answer = answer.map_err(|error| Failure::of_call(DESCRIBE_FAILED, &what, &error))?;
    let members = answer
        .db_clusters
        .unwrap_or_default()
        .into_iter()
        .flat_map(|cluster| cluster.db_cluster_members.unwrap_or_default());
    let (writers, readers): (Vec<_>, Vec<_>) =
        members.partition(|member| member.is_cluster_writer == Some(true));
    // A cluster without readers has a reader's name too, which leads to the writer.
    let chosen = if wants_writer || readers.is_empty() { writers } else { readers };
    let mut names = Vec::new();
    for instance in chosen.into_iter().filter_map(|member| member.db_instance_identifier) {
        names.push(host_of(rds, &instance).await?);
    }
    if names.is_empty() {
        let message = format!(
            "RDS names no {} of the cluster {cluster}. Nothing is changed.",
            if wants_writer { "writer" } else { "instance" }
        );
        return Err(Failure::new(DESCRIBE_FAILED, message));
    }
    Ok(names)
}

const DESCRIBE_FAILED: &str = "DescribeFailed";

/// Returns the host name of an instance.
async fn host_of(rds: &Client, instance: &str) -> Result<String, Failure> {
    let what = format!("The instance {instance} could not be described");
    let answer = rds.describe_db_instances().db_instance_identifier(instance).send().await;
    let answer = answer.map_err(|error| Failure::of_call(DESCRIBE_FAILED, &what, &error))?;
    let described = answer.db_instances.unwrap_or_default().into_iter().next();
    described.and_then(|instance| instance.endpoint).and_then(|endpoint| endpoint.address).ok_or_else(|| {
        Failure::new(
            DESCRIBE_FAILED,
            format!("The instance {instance} has no address yet. Nothing is changed."),
        )
    })
}

/// Returns the IPv4 addresses of a host name, at least one. Nothing is cached.
async fn resolve(name: &str) -> Result<BTreeSet<Ipv4Addr>, Failure> {
    let failed = |reason: &str| {
        Failure::new("DnsFailed", format!("{name} could not be resolved: {reason}. Nothing is changed."))
    };
    let found = timeout(LOOKUP, lookup_host((name, 0))).await;
    let found = found.map_err(|_| failed(&format!("no answer within {} s", LOOKUP.as_secs())))?;
    let found = found.map_err(|error| failed(&error.to_string()))?;
    let addresses: BTreeSet<_> = found
        .filter_map(|found| match found.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
        .collect();
    if addresses.is_empty() { Err(failed("it has no IPv4 address")) } else { Ok(addresses) }
}
