//! Finds what is missing, wrong or odd in a configuration, without connecting.

use std::net::IpAddr;

use super::key::Key;
use super::raw::RawConfig;
use super::tls::SslMode;
use crate::fields::nearest;
use crate::form;
use openssl::asn1::Asn1Time;
use openssl::x509::X509;

/// How serious an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// An extraction with this configuration fails.
    Problem,
    /// An extraction works, but perhaps not as intended.
    Odd,
}

/// Something in a configuration that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How serious the issue is.
    pub level: Level,
    /// The key concerned, or empty if it is the whole configuration.
    pub key: String,
    /// One sentence about the value of the key, without any value that may be a secret.
    pub what: String,
}

/// Where a configuration is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In a local file.
    File,
    /// In a parameter of type String or `StringList`.
    Plain,
    /// In a parameter of type `SecureString`, or in Secrets Manager.
    Encrypted,
}

/// The maximum size in bytes of a standard and of an advanced parameter.
const STANDARD: usize = 4096;
const ADVANCED: usize = 8192;
/// An authority that expires within this many days should be replaced now.
const SOON_DAYS: u32 = 90;

/// The values of `endpoint` that are not identifiers.
const ENDPOINTS: [&str; 2] = ["writer", "reader"];

/// Further keys that the secrets of RDS have.
const OF_RDS: [&str; 3] = ["engine", "masterarn", "dbInstanceArn"];

/// Keys whose values should not begin or end with white space.
const TRIMMED: [Key; 3] = [Key::Database, Key::Username, Key::Password];

#[derive(Default)]
struct Issues(Vec<Issue>);

impl Issues {
    fn problem(&mut self, key: &str, what: impl Into<String>) {
        self.0.push(Issue { level: Level::Problem, key: key.to_owned(), what: what.into() });
    }

    fn odd(&mut self, key: Key, what: impl Into<String>) {
        self.0.push(Issue { level: Level::Odd, key: key.json().to_owned(), what: what.into() });
    }

    fn sorted(mut self) -> Vec<Issue> {
        self.0.sort_by_key(|issue| issue.level);
        self.0
    }
}

/// Examines a configuration in JSON, from a parameter or a file.
pub fn examine_json(text: &str, kept: Kept) -> Vec<Issue> {
    let mut issues = Issues::default();
    let raw = match RawConfig::from_json(text, "It") {
        Ok(raw) => raw,
        Err(error) => {
            issues.problem("", error.message);
            return issues.0;
        }
    };
    if text.len() > ADVANCED {
        issues.problem("", format!("It has {} bytes, but a parameter holds {ADVANCED} at most.", text.len()));
    } else if text.len() > STANDARD {
        let what = format!("It has {} bytes, which requires a parameter of the tier Advanced.", text.len());
        issues.0.push(Issue { level: Level::Odd, key: String::new(), what });
    }
    names(&raw, &mut issues);
    examine(&raw, kept, issues)
}

/// Examines a configuration of named values, from a path of parameters.
pub fn examine_path(values: Vec<(String, String)>, kept: Kept) -> Vec<Issue> {
    let mut issues = Issues::default();
    let mut raw = RawConfig::default();
    for (name, value) in values {
        raw.set_named(&name, value);
    }
    names(&raw, &mut issues);
    examine(&raw, kept, issues)
}

/// Reports unknown names, and keys given by two names.
fn names(raw: &RawConfig, issues: &mut Issues) {
    for (key, name) in raw.repeated() {
        issues.odd(*key, format!("It is given twice, the second time as {name:?}: one of them is used."));
    }
    for name in raw.strangers().iter().filter(|name| !OF_RDS.contains(&name.as_str())) {
        let meant = Key::meant_by(name);
        let what = match meant {
            Some(key) => {
                format!("This key is unknown and ignored; did you mean {}?", key.json())
            }
            None => "This key is unknown and ignored.".to_owned(),
        };
        let is_shown = meant.is_some() || form::is_word(name);
        let key = if is_shown { name } else { form::NOT_SHOWN }.to_owned();
        issues.0.push(Issue { level: Level::Odd, key, what });
    }
}

fn examine(raw: &RawConfig, kept: Kept, mut issues: Issues) -> Vec<Issue> {
    let secret = raw.get(Key::SecretArn).is_some();
    if let Err((missing, wrong)) = raw.typed() {
        for key in missing {
            // The secret, which is not read here, may contain all of them.
            if !secret {
                issues.problem(key, "It is missing or empty.");
            }
        }
        for what in wrong {
            let key = what.split(' ').next().unwrap_or_default();
            issues.problem(key, format!("{}{}.", what[..1].to_uppercase(), &what[1..]));
        }
    }
    for key in TRIMMED {
        if raw.get(key).is_some_and(|value| value.trim() != value) {
            issues
                .odd(key, "It begins or ends with white space or a line break, which is part of the value.");
        }
    }
    address(raw, &mut issues);
    login(raw, kept, secret, &mut issues);
    tls(raw, &mut issues);
    regions(raw, &mut issues);
    issues.sorted()
}

fn address(raw: &RawConfig, issues: &mut Issues) {
    let has = |key| raw.get(key).is_some();
    if has(Key::Host) && (has(Key::Instance) || has(Key::Cluster) || has(Key::Proxy)) {
        issues.odd(Key::Host, "It overrides the identifier, so RDS is not asked for the address.");
    }
    if has(Key::Endpoint) && !has(Key::Cluster) && !has(Key::Proxy) {
        issues.odd(Key::Endpoint, "It has no effect without dbClusterIdentifier or dbProxyName.");
    }
    if let Some(name) = raw.get(Key::Endpoint).filter(|name| !ENDPOINTS.contains(name))
        && let Some(meant) = nearest(name, ENDPOINTS)
    {
        issues.odd(
            Key::Endpoint,
            format!("It is the identifier of an endpoint of its own; did you mean {meant}?"),
        );
    }
    for key in [Key::Port, Key::DatabasePort] {
        if let Some(port) = raw.get(key).and_then(|port| port.trim().parse::<u16>().ok())
            && !matches!(port, 5432..=5439 | 6432)
        {
            issues.odd(key, format!("{port} is not PostgreSQL's usual 5432."));
        }
    }
    if has(Key::DatabasePort) && raw.get(Key::Auth) != Some("iam") {
        issues.odd(Key::DatabasePort, "It is used with auth iam only.");
    }
    let Some(host) = raw.get(Key::Host).filter(|host| form::host(host).is_ok()) else { return };
    if host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        issues.odd(Key::Host, "It is the machine itself, which in Lambda is the function.");
    } else if !has(Key::TlsServerName) && mode(raw) == Some(SslMode::VerifyFull) {
        let balancer = host.contains(".elb.") || host.contains(".vpce.");
        if balancer || host.parse::<IpAddr>().is_ok() {
            issues.odd(
                Key::Host,
                "RDS's certificates are not valid for such a name: give the name of the database as tlsServerName.",
            );
        }
    }
}

fn login(raw: &RawConfig, kept: Kept, secret: bool, issues: &mut Issues) {
    let iam = raw.get(Key::Auth) == Some("iam");
    let password = raw.get(Key::Password).is_some();
    if iam && password {
        issues.odd(Key::Password, "It is not used with auth iam.");
    } else if secret && password {
        issues.odd(Key::Password, "The password of secretArn replaces it.");
    } else if password && kept != Kept::Encrypted {
        let place = if kept == Kept::File { "the file" } else { "a parameter of type String" };
        issues.odd(
            Key::Password,
            format!("It is in plain text in {place}: use a SecureString, secretArn or auth iam."),
        );
    }
    if iam && secret {
        issues.odd(Key::SecretArn, "With auth iam no secret is needed.");
    }
    if let Some(user) = raw.get(Key::Username)
        && ["postgres", "rdsadmin", "admin", "root", "master"].contains(&user)
    {
        issues.odd(Key::Username, format!("{user} has all privileges; a user that can only read is enough."));
    }
    if let Some(arn) = raw.secret_arn()
        && form::secret_id(arn).is_ok()
        && !arn.starts_with("arn:")
    {
        issues.odd(Key::SecretArn, "It is not an ARN, which a secret in another account requires.");
    }
}

fn mode(raw: &RawConfig) -> Option<SslMode> {
    raw.get(Key::SslMode).map_or(Some(SslMode::default()), SslMode::parse)
}

fn tls(raw: &RawConfig, issues: &mut Issues) {
    let mode = mode(raw);
    match mode {
        Some(SslMode::Disable) => {
            issues.odd(Key::SslMode, "Nothing is encrypted, the rows and perhaps the password included.");
        }
        Some(SslMode::Require) => {
            issues.odd(Key::SslMode, "Anybody can answer: the server's certificate is not checked.");
        }
        Some(SslMode::VerifyCa) => {
            issues
                .odd(Key::SslMode, "The name in the certificate is not checked; tlsServerName can name it.");
        }
        Some(SslMode::VerifyFull) | None => {}
    }
    let checked = matches!(mode, Some(SslMode::VerifyFull | SslMode::VerifyCa));
    if raw.get(Key::TlsServerName).is_some() && mode != Some(SslMode::VerifyFull) {
        issues.odd(Key::TlsServerName, "It is checked with sslMode verify-full only.");
    }
    let Some(pem) = raw.get(Key::SslRootCert) else { return };
    if !checked {
        issues.odd(Key::SslRootCert, "It is not used with this sslMode.");
    }
    let authorities = match X509::stack_from_pem(pem.as_bytes()) {
        Ok(authorities) if !authorities.is_empty() => authorities,
        _ if pem.contains("\\n") => {
            return issues.problem(
                Key::SslRootCert.json(),
                "It is not a PEM certificate: its line breaks are escaped twice (\\\\n instead of \\n in the JSON).",
            );
        }
        _ => return issues.problem(Key::SslRootCert.json(), "It is not a PEM certificate."),
    };
    let (Ok(now), Ok(soon)) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(SOON_DAYS)) else {
        return;
    };
    let ended = authorities.iter().filter(|authority| authority.not_after() < now).count();
    for authority in &authorities {
        let end = authority.not_after();
        if end < now && ended == authorities.len() {
            issues.problem(
                Key::SslRootCert.json(),
                format!("The authority {} expired on {end}.", name(authority)),
            );
        } else if end < now {
            issues.odd(Key::SslRootCert, format!("The authority {} expired on {end}.", name(authority)));
        } else if end < soon {
            issues.odd(Key::SslRootCert, format!("The authority {} expires on {end}.", name(authority)));
        }
    }
}

fn name(certificate: &X509) -> String {
    let entry = certificate.subject_name().entries_by_nid(openssl::nid::Nid::COMMONNAME).next();
    let name = entry.and_then(|entry| entry.data().to_string().ok());
    name.map_or_else(|| "without a name".to_owned(), |name| format!("{name:?}"))
}

/// Reports a region that contradicts other values.
fn regions(raw: &RawConfig, issues: &mut Issues) {
    let Some(region) = raw.region().filter(|region| form::region(region).is_ok()) else { return };
    let of_host = raw.get(Key::Host).and_then(|host| {
        let (before, _) = host.split_once(".rds.amazonaws.com")?;
        before.rsplit('.').next()
    });
    let of_secret = raw.secret_arn().and_then(|arn| arn.split(':').nth(3));
    for (other, key) in [(of_host, Key::Host), (of_secret, Key::SecretArn)] {
        if let Some(other) = other.filter(|other| form::region(other).is_ok() && *other != region) {
            issues.odd(Key::Region, format!("It is {region}, but {} names {other}.", key.json()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn issues(json: &str, kept: Kept) -> Vec<(Level, String)> {
        examine_json(json, kept).into_iter().map(|issue| (issue.level, issue.key)).collect()
    }

    fn odd(keys: &[&str]) -> Vec<(Level, String)> {
        keys.iter().map(|key| (Level::Odd, (*key).to_owned())).collect()
    }

    fn problems(keys: &[&str]) -> Vec<(Level, String)> {
        keys.iter().map(|key| (Level::Problem, (*key).to_owned())).collect()
    }

    const GOOD: &str =
        r#"{"dbInstanceIdentifier": "shop", "database": "d", "username": "reader", "password": "p"}"#;

    /// Returns the issues of the good configuration with these keys changed.
    fn with(keys: &str) -> Vec<(Level, String)> {
        let mut config: Value = serde_json::from_str(GOOD).unwrap();
        let keys: Value = serde_json::from_str(keys).unwrap();
        config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        issues(&config.to_string(), Kept::Encrypted)
    }

    #[test]
    fn a_good_configuration_has_no_issue() {
        assert_eq!(issues(GOOD, Kept::Encrypted), []);
        assert_eq!(with(r#"{"engine": "postgres"}"#), []);
        let by_secret = r#"{"host": "h", "database": "d", "secretArn": "arn:aws:secretsmanager:eu-west-1:222222222222:secret:x"}"#;
        assert_eq!(issues(by_secret, Kept::File), []);
    }

    #[test]
    fn what_is_missing_or_wrong_is_a_problem() {
        assert_eq!(
            issues("{}", Kept::Encrypted),
            problems(&[
                "database",
                "username",
                "password",
                "host or dbInstanceIdentifier or dbClusterIdentifier or dbProxyName"
            ])
        );
        assert_eq!(issues("[]", Kept::File), problems(&[""]));
        assert_eq!(with(r#"{"port": "x", "sslMode": "prefer"}"#), problems(&["port", "sslMode"]));
        assert_eq!(with(r#"{"host": "jdbc:postgresql://h/d"}"#)[0], problems(&["host"])[0]);
        assert_eq!(with(r#"{"sslRootCert": "hello"}"#), problems(&["sslRootCert"]));
        assert_eq!(with(&format!(r#"{{"x{}": 1}}"#, "x".repeat(9000)))[0], problems(&[""])[0]);
    }

    #[test]
    fn what_is_odd_is_named() {
        assert_eq!(with(r#"{"host": "h"}"#), odd(&["host"]));
        assert_eq!(with(r#"{"host": "10.0.0.1"}"#), odd(&["host", "host"]));
        assert_eq!(with(r#"{"endpoint": "reader"}"#), odd(&["endpoint"]));
        let cluster = |endpoint: &str| {
            issues(
                &format!(
                    r#"{{"dbClusterIdentifier": "c", "endpoint": "{endpoint}", "database": "d", "username": "u", "password": "p"}}"#
                ),
                Kept::Encrypted,
            )
        };
        assert_eq!((cluster("raeder"), cluster("exports")), (odd(&["endpoint"]), vec![]));
        assert_eq!(with(r#"{"port": 3306}"#), odd(&["port"]));
        assert_eq!(with(r#"{"databasePort": 3306}"#), odd(&["databasePort", "databasePort"]));
        assert_eq!(with(r#"{"sslMode": "disable"}"#), odd(&["sslMode"]));
        assert_eq!(with(r#"{"auth": "iam"}"#), odd(&["password"]));
        assert_eq!(with(r#"{"password": "p\n"}"#), odd(&["password"]));
        assert_eq!(with(r#"{"username": "postgres"}"#), odd(&["username"]));
        assert_eq!(with(r#"{"dbname": "d"}"#), odd(&["database"]));
        assert_eq!(issues(GOOD, Kept::Plain), odd(&["password"]));
        let other = r#"{"region": "eu-west-1", "secretArn": "arn:aws:secretsmanager:us-east-1:222222222222:secret:x"}"#;
        assert_eq!(with(other), odd(&["password", "region"]));
        let meant = &examine_json(r#"{"databse": "d"}"#, Kept::File);
        let unknown = meant.iter().find(|issue| issue.key == "databse").unwrap();
        assert!(unknown.what.contains("did you mean database?"), "{unknown:?}");
    }

    #[test]
    fn a_path_is_examined_by_its_names() {
        let values =
            [("username", "u"), ("password", "p"), ("database", "d"), ("instance_identifer", "shop")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let found: Vec<_> =
            examine_path(values, Kept::Encrypted).into_iter().map(|issue| issue.key).collect();
        assert_eq!(
            found,
            ["host or dbInstanceIdentifier or dbClusterIdentifier or dbProxyName", "instance_identifer"]
        );
    }

    #[test]
    fn no_value_that_may_be_a_secret_is_shown() {
        let text = r#"{"password": "hunter2 ", "host": "hunter2://", "database": "hunter2\n", "sslRootCert": "hunter2",
            "port": "hunter2", "auth": "hunter2", "secretArn": "hunter2"}"#;
        let said = format!("{:?}", examine_json(text, Kept::Plain));
        assert!(!said.contains("hunter2"), "{said}");
    }

    #[test]
    fn an_expired_authority_is_a_problem_and_one_that_expires_soon_is_odd() {
        let of = |days: i64| {
            let end = Asn1Time::from_unix(chrono::Utc::now().timestamp() + days * 86_400).unwrap();
            let key = openssl::pkey::PKey::from_ec_key(
                openssl::ec::EcKey::generate(
                    &openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap(),
                )
                .unwrap(),
            )
            .unwrap();
            let mut builder = X509::builder().unwrap();
            builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
            builder.set_not_after(&end).unwrap();
            builder.set_pubkey(&key).unwrap();
            builder.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
            let pem = String::from_utf8(builder.build().to_pem().unwrap()).unwrap();
            with(&serde_json::json!({ "sslRootCert": pem }).to_string())
        };
        assert_eq!(of(-1), problems(&["sslRootCert"]));
        assert_eq!(of(30), odd(&["sslRootCert"]));
        assert_eq!(of(365), []);
    }
}
