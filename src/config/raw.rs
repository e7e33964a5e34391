//! A configuration as it was read, before it is checked.

use std::collections::BTreeMap;
use std::fmt;

use super::database_config::{Address, Auth, DatabaseConfig, EndpointKind, Identifier};
use super::key::Key;
use super::tls::{Authorities, SslMode, TlsSettings};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::fields::{Kind, Mistakes, Object};
use crate::form;
use crate::secret::Secret;

/// The keys that say where to connect, one of which is required, as messages name them.
const ADDRESS: &str = "host or dbInstanceIdentifier or dbClusterIdentifier or dbProxyName";

/// A configuration as it was read. Its `Debug` output has no values, since any of them may be a misplaced
/// secret.
#[derive(Clone, Default)]
pub struct RawConfig {
    values: BTreeMap<Key, String>,
    /// The keys that were given, even with an empty value.
    named: Vec<Key>,
    repeated: Vec<(Key, String)>,
    strangers: Vec<String>,
}

impl fmt::Debug for RawConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys().map(|key| key.json())).finish()
    }
}

impl RawConfig {
    /// Reads a JSON object. Unknown keys are ignored; `null` and empty texts count as not given. `source`
    /// names the configuration in errors.
    ///
    /// # Errors
    /// `InvalidDbConfig` if `text` is not a JSON object or a value is neither a text nor a number.
    pub fn from_json(text: &str, source: &str) -> Result<Self> {
        let object = Object::read(text).map_err(|what| invalid(format!("{source} {what}.")))?;
        let mut config = Self::default();
        let mut mistakes = Mistakes::default();
        for (name, value) in object.0 {
            let text = match Kind::of(value) {
                Kind::Null => Ok(String::new()),
                Kind::Number => Ok(value.get().to_owned()),
                Kind::String => serde_json::from_str(value.get())
                    .map_err(|_| "has a \\u escape that is half a character".to_owned()),
                other => Err(format!("must be a string or a number, not {}", other.words())),
            };
            match text {
                Ok(text) => config.set_named(&name, text),
                Err(what) if Key::find(&name).is_some() => {
                    mistakes.add(format!("In {source} {name} {what}."));
                }
                Err(_) => config.set_named(&name, String::new()),
            }
        }
        mistakes.check().map_err(invalid)?;
        Ok(config)
    }

    /// Sets a value by its name in JSON or, as in a path of parameters, in `snake_case`.
    pub fn set_named(&mut self, name: &str, value: String) {
        let Some(key) = Key::find(name) else { return self.strangers.push(name.to_owned()) };
        if self.named.contains(&key) {
            self.repeated.push((key, name.to_owned()));
        } else {
            self.named.push(key);
        }
        if !value.trim().is_empty() {
            self.values.insert(key, value);
        }
    }

    /// Takes the user and password from the secret that the configuration names. Other values of the secret,
    /// such as those in the secrets of RDS, cannot redirect the connection: they are used only if the
    /// configuration does not say where to connect. The database name is taken from the secret in any case if
    /// the configuration has none.
    #[must_use]
    pub fn with_secret(mut self, secret: Self) -> Self {
        let is_placed = [Key::Host, Key::Instance, Key::Cluster, Key::Proxy]
            .into_iter()
            .any(|key| self.get(key).is_some());
        // The host in a secret is that of the writer.
        let wants_endpoint = self.get(Key::Endpoint).is_some();
        for (key, value) in secret.values {
            let is_taken = match key {
                Key::Username | Key::Password => {
                    self.values.remove(&key);
                    true
                }
                Key::Database => true,
                Key::Host | Key::Port if wants_endpoint => false,
                _ => !is_placed,
            };
            if is_taken {
                self.values.entry(key).or_insert(value);
            }
        }
        self.strangers.extend(secret.strangers);
        self
    }

    /// Returns the ignored names that resemble a key without a value, and the key that each seems to mean.
    fn near_misses(&self) -> Vec<String> {
        let near = |name: &String| {
            let key = Key::meant_by(name).filter(|key| self.get(*key).is_none())?;
            Some(format!("{name} (did you mean {}?)", key.json()))
        };
        self.strangers.iter().filter_map(near).collect()
    }

    /// Logs the ignored names that look like misspelt keys.
    pub(super) fn warn_of_near_misses(&self, source: &str) {
        for name in self.near_misses() {
            tracing::warn!(source, name, "a key of the database configuration is unknown and ignored");
        }
    }

    /// Returns the secret of account B to read, if one is given.
    pub fn secret_arn(&self) -> Option<&str> {
        self.get(Key::SecretArn)
    }

    /// Returns the region of the database and its role, if it is given.
    pub fn region(&self) -> Option<&str> {
        self.get(Key::Region)
    }

    /// Returns the instance, cluster or proxy, even if the host is given as well.
    pub fn identifier(&self) -> Option<Identifier> {
        self.identifiers().into_iter().next()
    }

    /// Returns the instance, cluster and proxy that are given; more than one is a mistake.
    fn identifiers(&self) -> Vec<Identifier> {
        let kind = || self.get(Key::Endpoint).map_or(EndpointKind::Writer, EndpointKind::parse);
        let name = |key| self.get(key).map(str::to_owned);
        let instance = name(Key::Instance).map(Identifier::Instance);
        let cluster = name(Key::Cluster).map(|name| Identifier::Cluster(name, kind()));
        let proxy = name(Key::Proxy).map(|name| Identifier::Proxy(name, kind()));
        [instance, cluster, proxy].into_iter().flatten().collect()
    }

    /// Returns the names that are not keys, in their order.
    pub(super) fn strangers(&self) -> &[String] {
        &self.strangers
    }

    /// Returns the keys that are given more than once, each with the later name.
    pub(super) fn repeated(&self) -> &[(Key, String)] {
        &self.repeated
    }

    pub(super) fn get(&self, key: Key) -> Option<&str> {
        self.values.get(&key).map(String::as_str)
    }

    /// Converts the values to a typed configuration.
    ///
    /// # Errors
    /// `InvalidDbConfig`, which names everything that is missing or wrong at once, but never a value.
    pub fn check(&self, source: &str) -> Result<DatabaseConfig> {
        self.typed().map_err(|(missing, wrong)| {
            let mut parts = Vec::new();
            if !missing.is_empty() {
                parts.push(format!("missing or empty: {}", missing.join(", ")));
            }
            parts.extend(wrong);
            let near_misses = self.near_misses();
            if !near_misses.is_empty() {
                parts.push(format!("unknown: {}", near_misses.join(", ")));
            }
            invalid(format!(
                "The database configuration in {} is incomplete or wrong: {}.",
                form::shown_parameter(source),
                parts.join("; ")
            ))
        })
    }

    /// Refuses values that do not have the form of their key. Callers that use values before the
    /// configuration is complete need this.
    ///
    /// # Errors
    /// `InvalidDbConfig`, which names all malformed values by their keys.
    pub fn check_forms(&self, source: &str) -> Result<()> {
        let wrong = self.malformed();
        if wrong.is_empty() {
            return Ok(());
        }
        let source = form::shown_parameter(source);
        Err(invalid(format!("The database configuration in {source} is wrong: {}.", wrong.join("; "))))
    }

    /// Returns what is wrong with each malformed value, in words that begin with the key.
    fn malformed(&self) -> Vec<String> {
        let malformed = |(key, value): (&Key, &String)| {
            let problem = if value.contains('\0') {
                Some("has the character NUL".to_owned())
            } else {
                key.problem(value)
            };
            problem.map(|what| format!("{} {what}", key.json()))
        };
        self.values.iter().filter_map(malformed).collect()
    }

    /// Returns the typed configuration, or the missing keys and what is wrong, in words that begin with the
    /// key.
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
        let mut identifiers = self.identifiers();
        let address = match (self.get(Key::Host), identifiers.len()) {
            (Some(host), _) => Some(Address::Host(host.to_owned())),
            (None, 0) => {
                missing.push(ADDRESS);
                None
            }
            (None, 1) => identifiers.pop().map(Address::Rds),
            (None, _) => {
                let given = [Key::Instance, Key::Cluster, Key::Proxy].into_iter();
                let given: Vec<_> = given.filter(|key| self.get(*key).is_some()).map(Key::json).collect();
                wrong.push(format!("{} exclude each other", given.join(" and ")));
                None
            }
        };
        let port = |key| self.get(key).and_then(|text| form::port(text).ok());
        let (port, database_port) = (port(Key::Port), port(Key::DatabasePort));
        let mode = self.get(Key::SslMode).map_or(Some(SslMode::default()), SslMode::parse);
        if mode == Some(SslMode::Disable) && auth == Some(Auth::Iam) {
            wrong.push("auth iam sends its token over TLS only, so sslMode must not be disable".to_owned());
        }
        if let (Some(database), Some(username), Some(auth), Some(address), Some(mode), true) =
            (database, username, auth, address, mode, wrong.is_empty())
        {
            let tls = TlsSettings {
                mode,
                authorities: self
                    .get(Key::SslRootCert)
                    .map_or(Authorities::Packaged, |pem| Authorities::Pem(pem.to_owned())),
                server_name: self.get(Key::TlsServerName).map(str::to_owned),
                client: None,
            };
            return Ok(DatabaseConfig { address, port, database_port, database, username, auth, tls });
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
    use serde_json::Value;

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
    fn wrong_values_are_named_and_never_shown() {
        let text = r#"{"host": "h", "database": "d", "username": "u", "password": "p", "port": "hunter2",
            "databasePort": "hunter2", "sslMode": "hunter2", "auth": "hunter2", "endpoint": "hunter2!"}"#;
        let error = RawConfig::from_json(text, "p").unwrap().check("p").unwrap_err();
        for key in ["port", "databasePort", "sslMode", "auth", "endpoint"] {
            assert!(error.message.contains(key), "{error}");
        }
        assert!(!error.message.contains("hunter2"), "{error}");
        assert!(
            !RawConfig::from_json("{\"password\": hunter2}", "p").unwrap_err().message.contains("hunter2")
        );
    }

    #[test]
    fn a_path_has_snake_case_names_and_the_java_layout() {
        let mut raw = RawConfig::default();
        for (name, value) in [
            ("username", "u"),
            ("password", "hunter2"),
            ("database", "d"),
            ("instance_identifier", "shop"),
            ("database_port", "5433"),
            ("x", "y"),
        ] {
            raw.set_named(name, value.to_owned());
        }
        assert!(!format!("{raw:?}").contains("hunter2"));
        let config = raw.check("p").unwrap();
        assert_eq!(config.address, Address::Rds(Identifier::Instance("shop".into())));
        assert_eq!((config.port, config.database_port), (None, Some(5433)));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    /// The words with which a configuration is refused; no value is among them.
    fn refusal(text: &str) -> String {
        let error = RawConfig::from_json(text, "p").and_then(|raw| raw.check("p")).unwrap_err();
        assert!(!error.message.contains("hunter2"), "{text}: {error}");
        error.message
    }

    #[test]
    fn what_is_no_object_of_texts_and_numbers_is_refused() {
        let deep =
            format!(r#"{{"password": "hunter2", "x": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        for (text, words) in [
            ("5", "JSON object"),
            (r#""hunter2""#, "JSON object"),
            (r#"["hunter2"]"#, "JSON object"),
            ("hunter2", "is not JSON"),
            (r#"{"password": hunter2}"#, "is not JSON"),
            (r#"{"password": "hunter2""#, "is not JSON"),
            (r#"{"password": "hunter2"} trailing"#, "is not JSON"),
            (r#"{"password": ["hunter2"]}"#, "password must be a string or a number"),
            (r#"{"host": {"a": "hunter2"}, "username": true}"#, "username must be a string or a number"),
            ("null", "missing or empty: database, username, password, host"),
            ("{}", "missing or empty: database, username, password, host"),
            (r#"{"nested": {"host": "hunter2"}}"#, "missing or empty: database, username, password, host"),
            (
                r#"{"host": "h", "database": "", "username": " ", "password": "hunter2"}"#,
                "missing or empty: database, username.",
            ),
            (&deep, "missing or empty: database, username, host"),
        ] {
            let said = refusal(text);
            assert!(said.contains(words), "{text:.80}: {said}");
        }
    }

    #[test]
    fn values_that_nothing_takes_are_named() {
        for (key, value) in [
            ("port", "0"),
            ("port", "65536"),
            ("port", "-1"),
            ("port", "5432.5"),
            ("sslMode", r#""prefer""#),
            ("host", r#""a\u0000hunter2""#),
            ("username", r#""a\u0000hunter2""#),
            ("database", r#""a\u0000hunter2""#),
            ("password", r#""a\u0000hunter2""#),
            ("tlsServerName", r#""a\u0000hunter2""#),
        ] {
            let mut config =
                serde_json::json!({"host": "h", "database": "d", "username": "u", "password": "p"});
            config[key] = serde_json::from_str(value).unwrap();
            let said = refusal(&config.to_string());
            assert!(said.contains(&format!(": {key} ")), "{key}: {said}");
        }
    }

    #[test]
    fn a_misspelt_key_is_named_with_the_one_that_was_meant() {
        let text =
            r#"{"host": "h", "databse": "d", "username": "u", "password": "p", "sslMode": "verify_full"}"#;
        let said = RawConfig::from_json(text, "p").unwrap().check("p").unwrap_err().message;
        assert!(said.contains("missing or empty: database"), "{said}");
        assert!(said.contains("unknown: databse (did you mean database?)"), "{said}");
        assert!(said.contains("did you mean verify-full?"), "{said}");
    }

    /// A secret as RDS and the console create it.
    const OF_RDS: &str = r#"{"engine": "postgres", "host": "writer.rds", "port": 5432, "dbname": "of_secret",
        "username": "new", "password": "hunter2", "dbClusterIdentifier": "of-secret", "sslMode": "require"}"#;

    /// Returns the checked configuration with that secret, and its address.
    fn with_secret(config: &str) -> (Result<DatabaseConfig>, Option<Address>) {
        let secret = RawConfig::from_json(OF_RDS, "s").unwrap();
        let checked = RawConfig::from_json(config, "p").unwrap().with_secret(secret).check("p");
        let address = checked.as_ref().ok().map(|config| config.address.clone());
        (checked, address)
    }

    #[test]
    fn a_secret_does_not_redirect_the_connection() {
        let (config, address) = with_secret(
            r#"{"dbClusterIdentifier": "shop", "endpoint": "reader", "database": "d", "username": "old", "secretArn": "a"}"#,
        );
        assert_eq!(address, Some(Address::Rds(Identifier::Cluster("shop".into(), EndpointKind::Reader))));
        let config = config.unwrap();
        assert_eq!((config.username.as_str(), config.database.as_str(), config.port), ("new", "d", None));
        assert_eq!(config.auth, Auth::Password(Secret::new("hunter2")));
        assert_eq!(config.tls.mode, SslMode::VerifyFull);

        let (config, address) = with_secret(r#"{"host": "nlb.internal", "port": 6432, "secretArn": "a"}"#);
        assert_eq!(address, Some(Address::Host("nlb.internal".into())));
        let config = config.unwrap();
        assert_eq!((config.port, config.database.as_str()), (Some(6432), "of_secret"));
    }

    #[test]
    fn a_secret_says_where_to_connect_if_nothing_else_does() {
        let (config, address) = with_secret(r#"{"secretArn": "a", "port": 6432}"#);
        assert_eq!(address, Some(Address::Host("writer.rds".into())));
        assert_eq!(config.unwrap().port, Some(6432));
        let (_, address) = with_secret(r#"{"secretArn": "a", "endpoint": "reader"}"#);
        assert_eq!(
            address,
            Some(Address::Rds(Identifier::Cluster("of-secret".into(), EndpointKind::Reader)))
        );
    }

    #[test]
    fn a_proxy_and_a_custom_endpoint_are_named_like_a_cluster() {
        let address = |keys: &str| {
            let text = format!(r#"{{{keys}, "database": "d", "username": "u", "password": "p"}}"#);
            RawConfig::from_json(&text, "p").unwrap().check("p").map(|config| config.address)
        };
        let proxy = |kind| Address::Rds(Identifier::Proxy("shop".into(), kind));
        assert_eq!(address(r#""dbProxyName": "shop""#).unwrap(), proxy(EndpointKind::Writer));
        assert_eq!(
            address(r#""proxy_name": "shop", "endpoint": "reader""#).unwrap(),
            proxy(EndpointKind::Reader)
        );
        assert_eq!(
            address(r#""dbClusterIdentifier": "shop", "endpoint": "exports""#).unwrap(),
            Address::Rds(Identifier::Cluster("shop".into(), EndpointKind::Named("exports".into())))
        );
        let both = address(r#""dbProxyName": "shop", "dbInstanceIdentifier": "shop""#).unwrap_err().message;
        assert!(both.contains("dbInstanceIdentifier and dbProxyName exclude each other"), "{both}");
        assert!(address(r#""dbProxyName": "shop", "endpoint": "two words""#).is_err());
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
            let shown = form::shown_secret(&value);
            prop_assert!(said.contains("secretArn ") && !said.contains(&password), "{said}");
            prop_assert!(!shown.contains(&password), "{shown}");
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
