//! Asks RDS to describe an instance, a cluster or a proxy.

use aws_config::SdkConfig;
use aws_sdk_rds::Client;
use aws_sdk_rds::types::{
    ClusterScalabilityType, DbCluster, DbClusterEndpoint, DbInstance, DbProxy, DbProxyEndpoint,
    DbProxyEndpointStatus, DbProxyEndpointTargetRole, Filter, IamAuthMode, VpcSecurityGroupMembership,
};
use chrono::{DateTime, Utc};

use super::description::{Description, ProxyRules};
use crate::aws::AwsFailure;
use crate::config::{EndpointKind, Identifier};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::fields::nearest;

/// Asks RDS to describe an instance, cluster or proxy, whatever its status.
///
/// # Errors
/// `DbInstanceNotFound`, `DescribeDenied` or `DescribeFailed`, stage `endpoint`.
pub async fn describe(aws: &SdkConfig, identifier: &Identifier) -> Result<Description> {
    let rds = Client::new(aws);
    let failed = |failure: AwsFailure| of_rds(&failure, identifier);
    let name = identifier.name();
    let found = match identifier {
        Identifier::Instance(name) => {
            let answer = rds.describe_db_instances().db_instance_identifier(name).send().await;
            let answer = answer.map_err(|error| failed(AwsFailure::of(&error)))?;
            answer.db_instances.unwrap_or_default().into_iter().next().map(of_instance)
        }
        Identifier::Cluster(name, kind) => {
            let answer = rds.describe_db_clusters().db_cluster_identifier(name).send().await;
            let answer = answer.map_err(|error| failed(AwsFailure::of(&error)))?;
            let cluster = answer.db_clusters.unwrap_or_default().into_iter().next();
            cluster.map(|cluster| of_cluster(cluster, kind))
        }
        Identifier::Proxy(name, kind) => {
            let answer = rds.describe_db_proxies().db_proxy_name(name).send().await;
            let answer = answer.map_err(|error| failed(AwsFailure::of(&error)))?;
            let proxy = answer.db_proxies.unwrap_or_default().into_iter().next();
            proxy.map(|proxy| of_proxy(proxy, kind))
        }
    };
    let found = found.map(|found| Description { identifier: name.to_owned(), ..found });
    let found = found.ok_or_else(|| not_found(identifier))?;
    match identifier {
        Identifier::Cluster(_, EndpointKind::Named(endpoint)) => {
            with_custom_endpoint(&rds, found, identifier, endpoint).await
        }
        Identifier::Proxy(_, EndpointKind::Named(_) | EndpointKind::Reader) => {
            with_proxy_endpoint(&rds, found, identifier).await
        }
        _ => Ok(found),
    }
}

/// Adds the address of a custom endpoint of a cluster, whose port is the cluster's.
async fn with_custom_endpoint(
    rds: &Client,
    cluster: Description,
    identifier: &Identifier,
    endpoint: &str,
) -> Result<Description> {
    // A custom endpoint belongs to one cluster, but its identifier is the account's.
    let answer = rds
        .describe_db_cluster_endpoints()
        .db_cluster_identifier(identifier.name())
        .db_cluster_endpoint_identifier(endpoint)
        .filters(Filter::builder().name("db-cluster-endpoint-type").values("CUSTOM").build())
        .send()
        .await;
    let answer = answer.map_err(|error| of_rds(&AwsFailure::of(&error), identifier))?;
    let found = answer.db_cluster_endpoints.unwrap_or_default().into_iter().next();
    let DbClusterEndpoint { endpoint: address, status, .. } =
        found.ok_or_else(|| no_endpoint(identifier, endpoint))?;
    let port = cluster.port;
    Ok(at(cluster, address.map(|address| (address, port)), status.as_deref()))
}

/// Replaces the address of a proxy by that of its read-only or a named endpoint.
async fn with_proxy_endpoint(
    rds: &Client,
    proxy: Description,
    identifier: &Identifier,
) -> Result<Description> {
    let (asked, wanted) = match identifier {
        Identifier::Proxy(_, EndpointKind::Named(endpoint)) => (Some(endpoint.clone()), endpoint.as_str()),
        _ => (None, "reader"),
    };
    let answer = rds
        .describe_db_proxy_endpoints()
        .db_proxy_name(identifier.name())
        .set_db_proxy_endpoint_name(asked.clone())
        .send()
        .await;
    let endpoints = match answer.map_err(|error| AwsFailure::of(&error)) {
        Ok(answer) => answer.db_proxy_endpoints.unwrap_or_default(),
        Err(failure) if failure.is(&["DBProxyEndpointNotFoundFault"]) => Vec::new(),
        Err(failure) => return Err(of_rds(&failure, identifier)),
    };
    let fits = |endpoint: &DbProxyEndpoint| {
        asked.is_some() || endpoint.target_role == Some(DbProxyEndpointTargetRole::ReadOnly)
    };
    let mut fitting = endpoints.into_iter().filter(fits);
    let (found, another) = (fitting.next(), fitting.next());
    if another.is_some() {
        let message = format!("The proxy {} has several read-only endpoints.", identifier.name());
        return Err(Error::new(ErrorType::InvalidDbConfig, Stage::Endpoint, message)
            .with_hint(format!("Name one of them as endpoint: {}", listing(identifier))));
    }
    let DbProxyEndpoint { endpoint, status, .. } = found.ok_or_else(|| no_endpoint(identifier, wanted))?;
    let status = status.as_ref().map(DbProxyEndpointStatus::as_str);
    Ok(at(proxy, endpoint.map(|endpoint| (endpoint, None)), status))
}

/// Returns the description with the address of another endpoint. The endpoint's own status counts unless it
/// is `available`.
fn at(
    whole: Description,
    address_and_port: Option<(String, Option<u16>)>,
    status: Option<&str>,
) -> Description {
    let status = match status {
        Some(status) if status != "available" => status.to_owned(),
        _ => whole.status,
    };
    Description { status, address_and_port, ..whole }
}

fn of_instance(instance: DbInstance) -> Description {
    let (address, port) =
        instance.endpoint.map_or((None, None), |endpoint| (endpoint.address, endpoint.port));
    let certificate = instance.certificate_details;
    let is_replica = instance.read_replica_source_db_instance_identifier.is_some()
        || instance.read_replica_source_db_cluster_identifier.is_some();
    Description {
        // The id of a cluster's instance is not that of the cluster's data.
        resource_id: instance
            .dbi_resource_id
            .filter(|_| !is_replica && instance.db_cluster_identifier.is_none()),
        status: instance.db_instance_status.unwrap_or_default(),
        engine: instance.engine,
        engine_version: instance.engine_version,
        address_and_port: address.map(|address| (address, tcp_port(port))),
        iam_authentication: instance.iam_database_authentication_enabled,
        publicly_accessible: instance.publicly_accessible,
        multi_az: instance.multi_az,
        certificate_until: certificate.as_ref().and_then(|certificate| until(certificate.valid_till)),
        certificate_authority: certificate
            .and_then(|certificate| certificate.ca_identifier)
            .or(instance.ca_certificate_identifier),
        security_groups: groups(instance.vpc_security_groups),
        ..Description::default()
    }
}

fn of_cluster(cluster: DbCluster, kind: &EndpointKind) -> Description {
    let address = match kind {
        EndpointKind::Writer => cluster.endpoint,
        EndpointKind::Reader => cluster.reader_endpoint,
        // Described by a separate call.
        EndpointKind::Named(_) => None,
    };
    let members = cluster.db_cluster_members;
    let readers =
        members.map(|members| members.iter().filter(|member| member.is_cluster_writer != Some(true)).count());
    let scaling = cluster.serverless_v2_scaling_configuration;
    let pauses = scaling.and_then(|scaling| scaling.min_capacity).is_some_and(|least| least <= 0.0);
    let certificate = cluster.certificate_details;
    Description {
        resource_id: cluster.db_cluster_resource_id,
        is_limitless: cluster.cluster_scalability_type == Some(ClusterScalabilityType::Limitless),
        status: cluster.status.unwrap_or_default(),
        engine: cluster.engine,
        engine_version: cluster.engine_version,
        port: tcp_port(cluster.port),
        address_and_port: address.map(|address| (address, tcp_port(cluster.port))),
        iam_authentication: cluster.iam_database_authentication_enabled,
        publicly_accessible: cluster.publicly_accessible,
        multi_az: cluster.multi_az,
        certificate_until: certificate.as_ref().and_then(|certificate| until(certificate.valid_till)),
        certificate_authority: certificate.and_then(|certificate| certificate.ca_identifier),
        readers,
        pauses,
        security_groups: groups(cluster.vpc_security_groups),
        ..Description::default()
    }
}

fn tcp_port(port: Option<i32>) -> Option<u16> {
    port.and_then(|port| u16::try_from(port).ok())
}

fn until(time: Option<aws_smithy_types::DateTime>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time?.secs(), 0)
}

fn groups(groups: Option<Vec<VpcSecurityGroupMembership>>) -> Vec<String> {
    groups.unwrap_or_default().into_iter().filter_map(|group| group.vpc_security_group_id).collect()
}

fn of_proxy(proxy: DbProxy, kind: &EndpointKind) -> Description {
    let modes: Vec<_> = proxy.auth().iter().filter_map(|auth| auth.iam_auth()).collect();
    let by_default = proxy.default_auth_scheme() == Some("IAM_AUTH");
    Description {
        proxy: Some(ProxyRules {
            iam_only: !modes.is_empty() && modes.iter().all(|mode| **mode == IamAuthMode::Required),
            requires_tls: proxy.require_tls() == Some(true),
        }),
        status: proxy.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        iam_authentication: Some(by_default || modes.iter().any(|mode| **mode != IamAuthMode::Disabled)),
        engine: proxy.engine_family.map(|family| family.to_lowercase()),
        security_groups: proxy.vpc_security_group_ids.unwrap_or_default(),
        address_and_port: match kind {
            // RDS gives no port: proxies listen on the usual one of their engine.
            EndpointKind::Writer => proxy.endpoint.map(|endpoint| (endpoint, None)),
            EndpointKind::Reader | EndpointKind::Named(_) => None,
        },
        ..Description::default()
    }
}

/// Returns what is described, in words.
fn noun(identifier: &Identifier) -> &'static str {
    match identifier {
        Identifier::Instance(_) | Identifier::Cluster(..) => "database",
        Identifier::Proxy(..) => "proxy",
    }
}

/// Returns the command that lists the endpoints.
fn listing(identifier: &Identifier) -> String {
    let name = identifier.name();
    match identifier {
        Identifier::Proxy(..) => format!("aws rds describe-db-proxy-endpoints --db-proxy-name {name}"),
        _ => format!("aws rds describe-db-cluster-endpoints --db-cluster-identifier {name}"),
    }
}

fn no_endpoint(identifier: &Identifier, endpoint: &str) -> Error {
    let (noun, name) = match identifier {
        Identifier::Proxy(name, _) => ("proxy", name),
        Identifier::Instance(name) | Identifier::Cluster(name, _) => ("cluster", name),
    };
    let message = format!("The {noun} {name} has no endpoint {endpoint}.");
    let meant = nearest(endpoint, ["writer", "reader"]).filter(|meant| *meant != endpoint);
    let meant = meant.map_or_else(String::new, |meant| format!(" Did you mean {meant}?"));
    Error::new(ErrorType::DbInstanceNotFound, Stage::Endpoint, message)
        .with_hint(format!("Correct endpoint in the configuration.{meant} {}", listing(identifier)))
}

fn not_found(identifier: &Identifier) -> Error {
    let (noun, name) = (noun(identifier), identifier.name());
    let message = format!("RDS knows no {noun} {name} in the account and region of the role.");
    let error = Error::new(ErrorType::DbInstanceNotFound, Stage::Endpoint, message);
    match identifier {
        Identifier::Proxy(..) => error.with_hint(
            "Check dbProxyName, the region and the account of the role: aws rds describe-db-proxies",
        ),
        _ => error,
    }
}

fn of_rds(failure: &AwsFailure, identifier: &Identifier) -> Error {
    const UNKNOWN: [&str; 5] = [
        "DBInstanceNotFound",
        "DBInstanceNotFoundFault",
        "DBClusterNotFoundFault",
        "DBClusterNotFound",
        "DBProxyNotFoundFault",
    ];
    if failure.is(&UNKNOWN) {
        return not_found(identifier);
    }
    let error_type = if failure.is_denied() { ErrorType::DescribeDenied } else { ErrorType::DescribeFailed };
    let (noun, name) = (noun(identifier), identifier.name());
    let message = format!("The {noun} {name} could not be described: {failure}.");
    let error = failure.to_error(error_type, Stage::Endpoint, message);
    let actions = match identifier {
        Identifier::Proxy(..) => {
            "rds:DescribeDBProxies and, for another endpoint, rds:DescribeDBProxyEndpoints"
        }
        Identifier::Cluster(_, EndpointKind::Named(_)) => {
            "rds:DescribeDBClusters and rds:DescribeDBClusterEndpoints"
        }
        _ => return error,
    };
    if error_type == ErrorType::DescribeDenied {
        return error
            .with_hint(format!("Grant {actions} to the role, or set host and port in the configuration."));
    }
    error
}
