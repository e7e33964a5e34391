//! The hop `endpoint`: asks RDS to describe the database.

use aws_config::SdkConfig;
use chrono::{DateTime, Utc};

use super::diagnosis::HopResult;
use super::way::Way;
use crate::account::{Description, describe};
use crate::aws;
use crate::config::{Address, Auth, DatabaseConfig, EndpointKind, Identifier};
use crate::error::{Error, ErrorType};

/// A certificate that expires within this many days must be renewed.
pub(super) const EXPIRES_SOON: i64 = 30;

/// The result of the hop, and the description from RDS.
pub(super) struct Described {
    pub result: HopResult,
    pub description: Option<Description>,
}

/// Asks RDS to describe the database. If a host is configured (not `needed`), failures are only warnings,
/// since an extraction does not ask RDS.
pub(super) async fn ask(
    aws: &SdkConfig,
    identifier: &Identifier,
    config: &DatabaseConfig,
    needed: bool,
) -> Described {
    let (aws, observer) = aws::observed(aws);
    let answer = describe(&aws, identifier).await;
    let way = Way::of("rds", &observer).await;
    let (result, description) = match answer {
        Ok(description) => (judge(&description, config), Some(description)),
        Err(error) => {
            let result = explain(&error, identifier, &way, &aws);
            (if needed { result } else { lenient(result) }, None)
        }
    };
    Described { result, description }
}

/// Turns a failure into a warning, since the configured host is used.
fn lenient(result: HopResult) -> HopResult {
    HopResult::ok(format!("The configured host is used. {}", result.detail))
        .warn(result.cause.unwrap_or_default(), result.fix.unwrap_or_default())
}

fn explain(error: &Error, identifier: &Identifier, way: &Way, aws: &SdkConfig) -> HopResult {
    if let Some(result) = way.explain(error) {
        return result;
    }
    let detail = format!("{way}: {}", error.message);
    let region = aws.region().map_or("unknown", AsRef::as_ref);
    let name = identifier.name();
    let (action, list) = match identifier {
        Identifier::Instance(_) => ("rds:DescribeDBInstances", "aws rds describe-db-instances"),
        Identifier::Cluster(_, EndpointKind::Named(_)) => (
            "rds:DescribeDBClusters and rds:DescribeDBClusterEndpoints",
            "aws rds describe-db-cluster-endpoints",
        ),
        Identifier::Cluster(..) => ("rds:DescribeDBClusters", "aws rds describe-db-clusters"),
        Identifier::Proxy(_, EndpointKind::Writer) => {
            ("rds:DescribeDBProxies", "aws rds describe-db-proxies")
        }
        Identifier::Proxy(..) => {
            ("rds:DescribeDBProxies and rds:DescribeDBProxyEndpoints", "aws rds describe-db-proxy-endpoints")
        }
    };
    let (cause, fix) = match error.error_type {
        // An error with a hint of its own says whether the proxy or the endpoint is unknown.
        ErrorType::DbInstanceNotFound if error.hint != error.error_type.hint() => {
            (error.message.clone(), format!("{} (terraform: db_proxy_name, db_endpoint)", error.hint))
        }
        ErrorType::DbInstanceNotFound => (
            format!("RDS has no {name} in the role's account and region {region}."),
            format!(
                "Correct the identifier or region in the configuration (terraform: db_instance_identifier, db_cluster_identifier, db_proxy_name, account_b_region): {list} --region {region}"
            ),
        ),
        ErrorType::DescribeDenied => (
            format!("The role of account B lacks {action} on {name}."),
            format!(
                "Grant {action} to the role in account B (terraform does: db_instance_identifier, db_cluster_identifier, db_proxy_name), or set host and port in the configuration (db_host, db_port)."
            ),
        ),
        _ => (error.message.clone(), error.hint.clone()),
    };
    HopResult::failed(detail, cause, fix)
}

fn judge(of: &Description, config: &DatabaseConfig) -> HopResult {
    let noun = if of.proxy.is_some() { "proxy " } else { "" };
    let mut facts = vec![format!("{noun}{} is {}", of.identifier, of.status)];
    let version = of.engine_version.as_deref().unwrap_or_default();
    facts.extend(of.engine.as_ref().map(|engine| format!("{engine} {version}").trim().to_owned()));
    let mut say = |yes: Option<bool>, is: &str, is_not: &str| {
        facts.extend(yes.map(|yes| if yes { is } else { is_not }.to_owned()));
    };
    say(of.iam_authentication, "IAM login on", "IAM login off");
    say(of.publicly_accessible, "publicly accessible", "not public");
    say(of.multi_az, "multi-AZ", "one zone");
    say(of.pauses.then_some(true), "pauses when idle", "");
    say(of.proxy.filter(|proxy| proxy.requires_tls).map(|_| true), "requires TLS", "");
    facts.extend(of.certificate_authority.as_ref().map(|name| format!("authority {name}")));
    facts.extend(of.certificate_until.map(|until| format!("certificate until {}", until.format("%Y-%m-%d"))));
    let detail = format!("{}.", facts.join(", "));
    if let Err(error) = of.admits(config.tls.mode) {
        return HopResult::failed(
            detail,
            error.message,
            format!("{} (terraform: db_ssl_mode = null)", error.hint),
        );
    }
    if let Err(error) = of.address() {
        let fix = if of.proxy.is_some() {
            format!(
                "Wait until it is available, or look at why it is not: aws rds describe-db-proxies --db-proxy-name {}",
                of.identifier
            )
        } else {
            format!(
                "Start it, or wait until it is available: aws rds start-db-instance --db-instance-identifier {0}; aws rds wait db-instance-available --db-instance-identifier {0}",
                of.identifier
            )
        };
        return HopResult::failed(detail, error.message, fix);
    }
    let mut result = HopResult::ok(detail);
    if config.auth == Auth::Iam && of.iam_authentication == Some(false) {
        result = result.warn(
            "The configuration says auth iam, but IAM authentication is off at the database, so it accepts no token.",
            if of.proxy.is_some() {
                format!("Set IAMAuth to REQUIRED or ENABLED for the user's secret: aws rds modify-db-proxy --db-proxy-name {} --auth …", of.identifier)
            } else {
                format!("aws rds modify-db-instance --db-instance-identifier {} --enable-iam-database-authentication --apply-immediately", of.identifier)
            },
        );
    }
    if config.auth != Auth::Iam && of.proxy.is_some_and(|proxy| proxy.iam_only) {
        result = result.warn(
            "The proxy accepts IAM tokens only, but the configuration gives a password.",
            "Set auth to iam in the configuration (terraform: db_auth = \"iam\", db_resource_id = prx-…).",
        );
    }
    if of.readers == Some(0)
        && let Address::Rds(Identifier::Cluster(_, EndpointKind::Reader)) = &config.address
    {
        result = result.warn(
            "The cluster has no reader, so its reader endpoint resolves to the writer.",
            "Add a reader to the cluster, or remove endpoint from the configuration: aws rds create-db-instance --db-cluster-identifier …",
        );
    }
    if let Some(days) =
        of.certificate_until.map(|until| days_left(until, Utc::now())).filter(|days| *days < EXPIRES_SOON)
    {
        result = result.warn(
            format!("The server's certificate expires in {days} days."),
            format!("aws rds modify-db-instance --db-instance-identifier {} --ca-certificate-identifier rds-ca-rsa2048-g1", of.identifier),
        );
    }
    result
}

/// Returns the whole days until a time; negative if it has passed.
pub(super) fn days_left(until: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    (until - now).num_days()
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::State;
    use super::*;
    use crate::account::ProxyRules;
    use crate::config::RawConfig;

    fn config(auth: &str) -> DatabaseConfig {
        let text = format!(
            r#"{{"dbInstanceIdentifier": "orders", "database": "d", "username": "u", "password": "p", "auth": "{auth}"}}"#
        );
        RawConfig::from_json(&text, "p").unwrap().check("p").unwrap()
    }

    fn orders() -> Description {
        Description {
            identifier: "orders".into(),
            status: "available".into(),
            engine: Some("postgres".into()),
            engine_version: Some("16.3".into()),
            address_and_port: Some(("orders.rds".into(), Some(5432))),
            iam_authentication: Some(false),
            multi_az: Some(true),
            certificate_authority: Some("rds-ca-rsa2048-g1".into()),
            certificate_until: Some("2061-01-01T00:00:00Z".parse().unwrap()),
            ..Description::default()
        }
    }

    #[test]
    fn the_detail_lists_the_facts() {
        let result = judge(&orders(), &config("password"));
        assert_eq!(
            result.detail,
            "orders is available, postgres 16.3, IAM login off, multi-AZ, authority rds-ca-rsa2048-g1, certificate until 2061-01-01."
        );
        assert_eq!(result.state, State::Ok);
    }

    #[test]
    fn what_will_fail_soon_is_a_warning() {
        let result = judge(&orders(), &config("iam"));
        assert!(
            result.state == State::Warning && result.cause.unwrap().contains("IAM authentication is off")
        );
        let until = Some(Utc::now() + chrono::Duration::days(10) + chrono::Duration::hours(1));
        let result = judge(&Description { certificate_until: until, ..orders() }, &config("password"));
        assert!(result.cause.unwrap().contains("expires in 10 days"));
    }

    #[test]
    fn a_reader_endpoint_without_a_reader_is_a_warning() {
        let config = |endpoint: &str| {
            let text = format!(
                r#"{{"dbClusterIdentifier": "orders", "endpoint": "{endpoint}", "database": "d", "username": "u", "password": "p"}}"#
            );
            RawConfig::from_json(&text, "p").unwrap().check("p").unwrap()
        };
        let of = |readers, endpoint| judge(&Description { readers, ..orders() }, &config(endpoint)).cause;
        assert!(of(Some(0), "reader").unwrap().contains("has no reader"));
        assert_eq!((of(Some(1), "reader"), of(Some(0), "writer"), of(None, "reader")), (None, None, None));
    }

    #[test]
    fn a_proxy_is_judged_by_its_own_settings() {
        let rules = ProxyRules { iam_only: true, requires_tls: true };
        let proxy = Description { proxy: Some(rules), ..orders() };
        let result = judge(&proxy, &config("password"));
        assert!(result.detail.starts_with("proxy orders is available"), "{}", result.detail);
        assert!(result.cause.unwrap().contains("accepts IAM tokens only"));
        let mut plain = config("password");
        plain.tls.mode = crate::config::SslMode::Disable;
        let result = judge(&proxy, &plain);
        assert!(result.state == State::Failed && result.cause.unwrap().contains("requires TLS"));
        let suspended = Description { status: "suspended".into(), ..proxy };
        let result = judge(&suspended, &config("iam"));
        assert!(result.fix.unwrap().contains("describe-db-proxies"));
    }

    #[test]
    fn an_unavailable_database_fails() {
        let stopped = Description { status: "stopped".into(), ..orders() };
        let result = judge(&stopped, &config("password"));
        assert!(result.state == State::Failed && result.cause.unwrap().contains("stopped"));
    }
}
