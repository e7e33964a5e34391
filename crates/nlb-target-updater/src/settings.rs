//! The settings of the function: its environment variables.

use std::time::Duration;

use crate::failure::Failure;
use crate::networks::Networks;

/// Whose addresses are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// The address of this instance.
    Instance(String),
    /// The address of the writer of this cluster.
    Writer(String),
    /// The addresses of the readers of this cluster, or of its writer if it has none.
    Readers(String),
    /// The addresses of this name, which RDS gives a proxy or a custom endpoint.
    Name(String),
}

/// What the environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The target group.
    pub target_group: String,
    /// Whose addresses its targets are to be.
    pub database: Database,
    /// The port of the targets.
    pub port: u16,
    /// Where they may lie.
    pub networks: Networks,
    /// How long after an event of RDS a run watches for a change.
    pub watch: Duration,
}

/// How long it takes at most until a name leads to the new writer after an event, if nothing else is set.
const WATCH: Duration = Duration::from_secs(180);

impl Settings {
    /// Reads the variables.
    ///
    /// # Errors
    /// `InvalidSettings`, which names the variable.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let needed = |name: &str| set(name).ok_or_else(|| invalid(format!("{name} is not set.")));
        let number = |name: &str, text: String| {
            text.parse::<u16>().map_err(|_| invalid(format!("{name} is a number up to 65535, not {text}.")))
        };
        let named = [set("DB_INSTANCE_IDENTIFIER"), set("DB_CLUSTER_IDENTIFIER"), set("DB_HOST")];
        let database = match (named, set("DB_ENDPOINT").as_deref().unwrap_or("writer")) {
            ([Some(instance), None, None], _) => Database::Instance(instance),
            ([None, Some(cluster), None], "writer") => Database::Writer(cluster),
            ([None, Some(cluster), None], "reader") => Database::Readers(cluster),
            ([None, Some(_), None], other) => {
                return Err(invalid(format!("DB_ENDPOINT is writer or reader, not {other}.")));
            }
            ([None, None, Some(name)], _) => Database::Name(name),
            _ => {
                return Err(invalid(
                    "Exactly one of DB_INSTANCE_IDENTIFIER, DB_CLUSTER_IDENTIFIER and DB_HOST is to be set.",
                ));
            }
        };
        let networks = needed("ALLOWED_CIDRS")?;
        Ok(Self {
            target_group: needed("TARGET_GROUP_ARN")?,
            database,
            port: number("DB_PORT", set("DB_PORT").unwrap_or_else(|| "5432".to_owned()))?,
            networks: Networks::parse(&networks).ok_or_else(|| {
                invalid(format!(
                    "ALLOWED_CIDRS are ranges such as 10.1.0.0/16, separated by commas, not {networks}."
                ))
            })?,
            watch: match set("WATCH_SECONDS") {
                Some(text) => Duration::from_secs(number("WATCH_SECONDS", text)?.into()),
                None => WATCH,
            },
        })
    }
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new("InvalidSettings", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: (&str, &str) =
        ("TARGET_GROUP_ARN", "arn:aws:elasticloadbalancing:eu-west-1:222222222222:targetgroup/orders/1");
    const CIDRS: (&str, &str) = ("ALLOWED_CIDRS", "10.1.0.0/16");

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let value = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Settings::read(value).map_err(|failure| failure.message)
    }

    #[test]
    fn an_instance_a_cluster_or_a_name_is_wanted() {
        let database = |variables: &[(&str, &str)]| {
            read(&[&[GROUP, CIDRS], variables].concat()).map(|settings| settings.database)
        };
        let name = |text: &str| text.to_owned();
        assert_eq!(database(&[("DB_INSTANCE_IDENTIFIER", "orders")]), Ok(Database::Instance(name("orders"))));
        assert_eq!(database(&[("DB_CLUSTER_IDENTIFIER", "shop")]), Ok(Database::Writer(name("shop"))));
        let reader = [("DB_CLUSTER_IDENTIFIER", "shop"), ("DB_ENDPOINT", "reader")];
        assert_eq!(database(&reader), Ok(Database::Readers(name("shop"))));
        assert_eq!(database(&[("DB_HOST", "orders.proxy")]), Ok(Database::Name(name("orders.proxy"))));
        let both = [("DB_CLUSTER_IDENTIFIER", "shop"), ("DB_INSTANCE_IDENTIFIER", "orders")];
        for refused in [&both[..], &[], &[("DB_CLUSTER_IDENTIFIER", "shop"), ("DB_ENDPOINT", "analytics")]] {
            assert!(database(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn what_is_missing_or_malformed_is_named() {
        let instance = ("DB_INSTANCE_IDENTIFIER", "orders");
        assert_eq!(read(&[instance, CIDRS]), Err("TARGET_GROUP_ARN is not set.".to_owned()));
        assert_eq!(read(&[instance, GROUP]), Err("ALLOWED_CIDRS is not set.".to_owned()));
        let all = |more| read(&[instance, GROUP, CIDRS, more]);
        assert!(all(("DB_PORT", "x")).is_err_and(|message| message.starts_with("DB_PORT is a number")));
        assert!(
            all(("WATCH_SECONDS", "x"))
                .is_err_and(|message| message.starts_with("WATCH_SECONDS is a number"))
        );
        let settings = all(("WATCH_SECONDS", "7")).expect("settings");
        assert_eq!((settings.port, settings.watch), (5432, Duration::from_secs(7)));
    }
}
