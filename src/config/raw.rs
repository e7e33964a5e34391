//! The keys of a configuration, and their check.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::database::{SslMode, TlsSettings};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::secret::Secret;

/// What is known so far, key by key; the values are not shown, since any of them may be a secret put in the wrong place.
#[derive(Clone, Default)]
pub struct RawConfig(BTreeMap<Key, String>);

impl fmt::Debug for RawConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(|key| key.json())).finish()
    }
}

macro_rules! keys {
    ($($name:ident $json:literal [$($alias:literal),*];)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Key { $($name,)* }

        impl Key {
            pub(super) const fn json(self) -> &'static str {
                match self { $(Self::$name => $json,)* }
            }

            /// All of them.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];

            pub(super) fn find(name: &str) -> Option<Self> {
                match name { $($json $(| $alias)* => Some(Self::$name),)* _ => None }
            }
        }
    };
}

keys! {
    Host "host" [];
    Port "port" [];
    Database "database" ["dbname"];
    Username "username" ["user"];
    Password "password" [];
    Instance "dbInstanceIdentifier" ["instance_identifier", "db_instance_identifier"];
    Cluster "dbClusterIdentifier" ["cluster_identifier", "db_cluster_identifier"];
    Endpoint "endpoint" [];
    Auth "auth" [];
    SslMode "sslMode" ["ssl_mode"];
    SslRootCert "sslRootCert" ["ssl_root_cert"];
    TlsServerName "tlsServerName" ["tls_server_name"];
    Region "region" [];
    SecretArn "secretArn" ["secret_arn"];
}

impl Key {
    /// What is wrong with the form of a value, if anything is; it goes on after the key.
    fn problem(self, value: &str) -> Option<String> {
        let one_of = |words: &[&str], must_be| {
            if words.contains(&value) { Ok(()) } else { Err(form::refusal(value, must_be)) }
        };
        let checked = match self {
            Self::Host | Self::TlsServerName => form::host(value).map(drop),
            Self::Port => form::port(value).map(drop),
            Self::Database => form::database(value).map(drop),
            Self::Username => form::user(value).map(drop),
            Self::Instance => form::identifier(value, "db").map(drop),
            Self::Cluster => form::identifier(value, "cluster").map(drop),
            Self::Endpoint => one_of(&["writer", "reader"], "writer or reader"),
            Self::Auth => one_of(&["password", "iam"], "password or iam"),
            Self::SslMode => one_of(
                &["verify-full", "verify-ca", "require", "disable"],
                "verify-full, verify-ca, require or disable",
            ),
            Self::Region => form::region(value).map(drop),
            Self::SecretArn => form::secret_id(value).map(drop),
            // Any text is a password, and what is no certificate is said where it is parsed.
            Self::Password | Self::SslRootCert => Ok(()),
        };
        checked.err()
    }
}

/// How the user proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// By a password.
    Password(Secret),
    /// By a token signed with the assumed credentials.
    Iam,
}

/// What RDS is asked for where no host is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// A DB instance.
    Instance(String),
    /// A DB cluster, such as Aurora's, and which of its endpoints.
    Cluster(String, EndpointKind),
}

/// Which endpoint of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndpointKind {
    /// The writer's.
    #[default]
    Writer,
    /// The readers'.
    Reader,
}

/// Where the address comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Given as it is.
    Host(String),
    /// To be asked of RDS.
    Rds(Identifier),
}

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// Where the database is.
    pub address: Address,
    /// The port, where it is given; RDS knows its own, else 5432.
    pub port: Option<u16>,
    /// The database's name.
    pub database: String,
    /// The database user.
    pub username: String,
    /// How it logs in.
    pub auth: Auth,
    /// How the connection is encrypted.
    pub tls: TlsSettings,
    /// The region of the database and its role, if not the function's.
    pub region: Option<String>,
}

impl RawConfig {
    /// Reads a JSON object. Unknown keys are ignored, `null` and empty texts count as not given.
    ///
    /// # Errors
    /// `InvalidDbConfig` where `text` is no JSON object or a value is neither text nor number; `source` names it.
    pub fn from_json(text: &str, source: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            // serde's own words could quote what it found.
            invalid(format!("{source} is not valid JSON (line {}, column {}).", error.line(), error.column()))
        })?;
        let Value::Object(object) = value else {
            return Err(invalid(format!("{source} does not hold a JSON object.")));
        };
        let mut config = Self::default();
        let mut wrong = Vec::new();
        for (name, value) in object {
            let Some(key) = Key::find(&name) else { continue };
            match value {
                Value::String(text) => config.set(key, text),
                Value::Number(number) => config.set(key, number.to_string()),
                Value::Null => {}
                _ => wrong.push(name),
            }
        }
        if wrong.is_empty() {
            Ok(config)
        } else {
            Err(invalid(format!("In {source} these keys must hold text: {}.", wrong.join(", "))))
        }
    }

    /// Takes one value of a path in `snake_case`; unknown names are ignored.
    pub fn set_named(&mut self, name: &str, value: String) {
        if let Some(key) = Key::find(name) {
            self.set(key, value);
        }
    }

    fn set(&mut self, key: Key, value: String) {
        if !value.trim().is_empty() {
            self.0.insert(key, value);
        }
    }

    /// The same with what `other` has put over it.
    #[must_use]
    pub fn merged_with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The secret of account B that is still to be read, if one is named.
    pub fn secret_arn(&self) -> Option<&str> {
        self.get(Key::SecretArn)
    }

    /// The region of the database and its role, if it is given.
    pub fn region(&self) -> Option<&str> {
        self.get(Key::Region)
    }

    /// The instance or cluster that is named, also where the host is given besides.
    pub fn identifier(&self) -> Option<Identifier> {
        let kind = self.endpoint_kind();
        let instance = self.get(Key::Instance).map(|name| Identifier::Instance(name.to_owned()));
        instance.or_else(|| self.get(Key::Cluster).map(|name| Identifier::Cluster(name.to_owned(), kind)))
    }

    fn endpoint_kind(&self) -> EndpointKind {
        match self.get(Key::Endpoint) {
            Some("reader") => EndpointKind::Reader,
            _ => EndpointKind::Writer,
        }
    }

    pub(super) fn get(&self, key: Key) -> Option<&str> {
        self.0.get(&key).map(String::as_str)
    }

    /// The typed configuration.
    ///
    /// # Errors
    /// `InvalidDbConfig` that names everything that is missing or wrong at once, never a value.
    pub fn check(&self, source: &str) -> Result<DatabaseConfig> {
        self.typed().map_err(|(missing, wrong)| {
            let mut parts = Vec::new();
            if !missing.is_empty() {
                parts.push(format!("missing or empty: {}", missing.join(", ")));
            }
            parts.extend(wrong);
            invalid(format!(
                "The database configuration in {} is incomplete or wrong: {}.",
                form::shown_parameter(source),
                parts.join("; ")
            ))
        })
    }

    /// Refuses values that do not have the form of their key, for whoever uses some before the configuration is whole.
    ///
    /// # Errors
    /// `InvalidDbConfig` that names them all, never a value.
    pub fn check_forms(&self, source: &str) -> Result<()> {
        let wrong = self.malformed();
        if wrong.is_empty() {
            return Ok(());
        }
        let source = form::shown_parameter(source);
        Err(invalid(format!("The database configuration in {source} is wrong: {}.", wrong.join("; "))))
    }

    /// What does not have the form of its key, each in words that begin with the key.
    fn malformed(&self) -> Vec<String> {
        let malformed = |(key, value): (&Key, &String)| {
            let problem = if value.contains('\0') {
                Some("has the character NUL".to_owned())
            } else {
                key.problem(value)
            };
            problem.map(|what| format!("{} {what}", key.json()))
        };
        self.0.iter().filter_map(malformed).collect()
    }

    /// The typed configuration, or the keys that are missing and what is wrong, each in words that begin with the key.
    pub(super) fn typed(&self) -> Result<DatabaseConfig, (Vec<&'static str>, Vec<String>)> {
        let mut missing = Vec::new();
        let mut wrong = self.malformed();
        let mut required = |key: Key| {
            self.get(key).map(str::to_owned).or_else(|| {
                missing.push(key.json());
                None
            })
        };
        let database = required(Key::Database);
        let username = required(Key::Username);
        let auth = match self.get(Key::Auth) {
            None | Some("password") => {
                required(Key::Password).map(|password| Auth::Password(Secret::new(password)))
            }
            Some("iam") => Some(Auth::Iam),
            Some(_) => None,
        };
        let kind = self.endpoint_kind();
        let address = match (self.get(Key::Host), self.get(Key::Instance), self.get(Key::Cluster)) {
            (Some(host), _, _) => Some(Address::Host(host.to_owned())),
            (None, Some(_), Some(_)) => {
                wrong.push("dbInstanceIdentifier and dbClusterIdentifier exclude each other".to_owned());
                None
            }
            (None, Some(instance), None) => Some(Address::Rds(Identifier::Instance(instance.to_owned()))),
            (None, None, Some(cluster)) => Some(Address::Rds(Identifier::Cluster(cluster.to_owned(), kind))),
            (None, None, None) => {
                missing.push("host or dbInstanceIdentifier or dbClusterIdentifier");
                None
            }
        };
        let port = self.get(Key::Port).and_then(|text| form::port(text).ok());
        let mode = self.get(Key::SslMode).map_or(Some(SslMode::default()), SslMode::parse);
        if mode == Some(SslMode::Disable) && auth == Some(Auth::Iam) {
            wrong.push("auth iam sends its token over TLS only, so sslMode must not be disable".to_owned());
        }
        if let (Some(database), Some(username), Some(auth), Some(address), Some(mode), true) =
            (database, username, auth, address, mode, wrong.is_empty())
        {
            let tls = TlsSettings {
                mode,
                root_certificates: self.get(Key::SslRootCert).map(str::to_owned),
                server_name: self.get(Key::TlsServerName).map(str::to_owned),
            };
            let region = self.region().map(str::to_owned);
            return Ok(DatabaseConfig { address, port, database, username, auth, tls, region });
        }
        Err((missing, wrong))
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorType::InvalidDbConfig, Stage::Config, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{Kept, examine_json};
    use crate::form::wrong_place;

    const FULL: &str = r#"{"host": "db", "port": 5433, "dbname": "shop", "user": "reader", "password": "hunter2",
        "engine": "postgres"}"#;

    #[test]
    fn both_spellings_and_numbers_are_read() {
        let config = RawConfig::from_json(FULL, "p").unwrap().check("p").unwrap();
        assert_eq!(config.address, Address::Host("db".into()));
        assert_eq!(
            (config.port, config.database.as_str(), config.username.as_str()),
            (Some(5433), "shop", "reader")
        );
        assert_eq!(config.tls.mode, SslMode::VerifyFull);
    }

    #[test]
    fn everything_missing_is_named_at_once() {
        let error = RawConfig::from_json(r#"{"password": "", "database": null}"#, "p")
            .unwrap()
            .check("p")
            .unwrap_err();
        for key in ["database", "username", "password", "host or dbInstanceIdentifier"] {
            assert!(error.message.contains(key), "{error}");
        }
    }

    #[test]
    fn wrong_values_are_named_and_never_shown() {
        let text = r#"{"host": "h", "database": "d", "username": "u", "password": "p", "port": "hunter2",
            "sslMode": "hunter2", "auth": "hunter2", "endpoint": "hunter2"}"#;
        let error = RawConfig::from_json(text, "p").unwrap().check("p").unwrap_err();
        for key in ["port", "sslMode", "auth", "endpoint"] {
            assert!(error.message.contains(key), "{error}");
        }
        assert!(!error.message.contains("hunter2"), "{error}");
        assert!(
            !RawConfig::from_json("{\"password\": hunter2}", "p").unwrap_err().message.contains("hunter2")
        );
        assert!(RawConfig::from_json("[1]", "p").is_err());
        assert!(RawConfig::from_json(r#"{"password": ["x"]}"#, "p").is_err());
    }

    #[test]
    fn a_path_has_snake_case_names_and_the_java_layout() {
        let mut raw = RawConfig::default();
        for (name, value) in [
            ("username", "u"),
            ("password", "hunter2"),
            ("database", "d"),
            ("instance_identifier", "shop"),
            ("x", "y"),
        ] {
            raw.set_named(name, value.to_owned());
        }
        assert!(!format!("{raw:?}").contains("hunter2"));
        let config = raw.check("p").unwrap();
        assert_eq!(config.address, Address::Rds(Identifier::Instance("shop".into())));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_is_merged_over_the_rest() {
        let raw = RawConfig::from_json(
            r#"{"host": "db", "database": "d", "username": "old", "secretArn": "a"}"#,
            "p",
        );
        let secret = RawConfig::from_json(r#"{"username": "new", "password": "p"}"#, "s").unwrap();
        let config = raw.unwrap().merged_with(secret).check("p").unwrap();
        assert_eq!(config.username, "new");
    }

    #[test]
    fn a_token_is_never_sent_in_the_clear() {
        let text = r#"{"host": "h", "database": "d", "username": "u", "auth": "iam", "sslMode": "disable"}"#;
        assert!(
            RawConfig::from_json(text, "p").unwrap().check("p").unwrap_err().message.contains("auth iam")
        );
    }

    proptest! {
        #[test]
        fn no_value_under_a_wrong_key_is_repeated(
            (password, value) in wrong_place::value(),
            key in prop::sample::select(Key::ALL),
        ) {
            let mut good = serde_json::json!({"host": "h", "database": "d", "username": "u", "password": "p"});
            let instead = |key: &str, value: Value| {
                let mut config = good.clone();
                config[key] = value;
                config.to_string()
            };
            for text in [
                instead(key.json(), value.as_str().into()),
                instead(key.json(), vec![value.as_str()].into()),
                instead(&value, 1.into()),
                instead(&password, 1.into()),
                value.clone(),
            ] {
                let mut said = format!("{:?}", examine_json(&text, Kept::Plain));
                for checked in [
                    RawConfig::from_json(&text, "p").and_then(|raw| raw.check("p").map(drop)),
                    RawConfig::from_json(&text, "p").and_then(|raw| raw.check_forms("p")),
                ] {
                    said += &checked.err().map_or_else(String::new, |error| error.message + &error.hint);
                }
                prop_assert!(!said.contains(&password), "{text}\n{said}");
            }
            good["secretArn"] = value.as_str().into();
            let raw = RawConfig::from_json(&good.to_string(), "p").unwrap();
            let said = raw.check_forms("p").unwrap_err().message;
            prop_assert!(said.contains("secretArn ") && !said.contains(&password), "{said}");
        }
    }

    #[test]
    fn a_host_that_is_a_url_is_refused_by_its_form() {
        let text = r#"{"host": "postgresql://user:hunter2@db/shop", "database": "d", "username": "u", "password": "p"}"#;
        let error = RawConfig::from_json(text, "/p").unwrap().check("/p").unwrap_err();
        assert_eq!(
            error.message,
            "The database configuration in /p is incomplete or wrong: host holds a URL, but must be the name or address of a \
             server alone."
        );
    }
}
