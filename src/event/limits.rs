//! The limits that a function's operator sets for events.

use super::operators_role;
use crate::environment::Environment;
use crate::fields::{Mistakes, Read, Source, boolean};
use crate::form;
use crate::job::matches;

/// The patterns, with `*` for any run of characters, one of which a value must match.
#[derive(Debug, Clone)]
struct Allowed {
    variable: &'static str,
    /// `None` allows everything.
    patterns: Option<Vec<String>>,
}

impl Allowed {
    fn new(environment: &Environment, variable: &'static str) -> Self {
        let patterns = environment.get(variable).map(|list| {
            list.split(|c: char| c == ',' || c.is_whitespace())
                .filter(|pattern| !pattern.is_empty())
                .map(str::to_owned)
                .collect()
        });
        Self { variable, patterns }
    }

    fn matches(&self, value: &str) -> Option<bool> {
        self.patterns.as_ref().map(|patterns| patterns.iter().any(|pattern| matches(pattern, value)))
    }
}

/// The limits of a function, from its environment.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    role_arns: Allowed,
    buckets: Allowed,
    config_params: Allowed,
    query_params: Allowed,
    tables: Allowed,
    topic_arns: Allowed,
    event_query: bool,
    /// The role given by the operator's variables.
    pub operators_role: Option<String>,
    /// Whether statements may change the database.
    pub writes: bool,
}

impl Limits {
    pub fn new(environment: &Environment, mistakes: &mut Mistakes) -> Self {
        let mut switch = |variable: &'static str, default| match environment.get(variable).map(boolean) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(what)) => {
                mistakes.add(format!("{} {what}.", Source::Variable(variable)));
                false
            }
        };
        Self {
            event_query: switch("ALLOW_EVENT_QUERY", true),
            writes: switch("ALLOW_WRITES", false),
            role_arns: Allowed::new(environment, "ALLOWED_ROLE_ARNS"),
            buckets: Allowed::new(environment, "ALLOWED_BUCKETS"),
            config_params: Allowed::new(environment, "ALLOWED_CONFIG_PARAMS"),
            query_params: Allowed::new(environment, "ALLOWED_QUERY_PARAMS"),
            tables: Allowed::new(environment, "ALLOWED_TABLES"),
            topic_arns: Allowed::new(environment, "ALLOWED_TOPIC_ARNS"),
            operators_role: operators_role::of_variables(environment, mistakes),
        }
    }

    pub fn role_arn(&self, asked: &Read<String>, mistakes: &mut Mistakes) {
        allow(&self.role_arns, asked, self.operators_role.as_deref(), mistakes);
    }

    pub fn bucket(&self, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
        allow(&self.buckets, asked, operators, mistakes);
    }

    pub fn config_param(&self, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
        allow(&self.config_params, asked, operators, mistakes);
    }

    pub fn query_param(&self, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
        allow(&self.query_params, asked, operators, mistakes);
        let is_foreign = matches!(asked, Read::Given(name, Source::Field(_)) if operators != Some(name));
        if is_foreign && !self.event_query && self.query_params.patterns.is_none() {
            mistakes.add(
                "`queryParam` is not allowed here: with ALLOW_EVENT_QUERY false, ALLOWED_QUERY_PARAMS must list it.",
            );
        }
    }

    /// Checks `table`, `tables` and `splitBy`, which are a kind of query. Only the server knows which table a name
    /// means, so the patterns are matched later.
    pub fn of_query(&self, name: &str, mistakes: &mut Mistakes) {
        if !self.event_query && self.tables.patterns.is_none() {
            mistakes.add(format!(
                "`{name}` is not allowed here: with ALLOW_EVENT_QUERY false, ALLOWED_TABLES must list the tables."
            ));
        }
    }

    /// Returns the patterns that the `schema.table` of an event's table must match; `None` allows all.
    pub fn allowed_tables(&self) -> Option<Vec<String>> {
        self.tables.patterns.clone()
    }

    /// Returns the patterns that a configuration's name in an event must match; `None` allows all.
    pub fn allowed_config_params(&self) -> Option<Vec<String>> {
        self.config_params.patterns.clone()
    }

    /// A topic's subscribers learn about all accounts, so without a list only the operator's topic is
    /// allowed.
    pub fn topic_arn(&self, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
        if let Read::Given(topic, source @ Source::Field(_)) = asked
            && operators != Some(topic)
            && self.topic_arns.matches(topic) != Some(true)
        {
            mistakes.add(format!(
                "{source} {} is not allowed here: OVERVIEW_TOPIC_ARN or ALLOWED_TOPIC_ARNS must name it.",
                form::shown(topic)
            ));
        }
    }

    pub fn query(&self, asked: &Read<String>, mistakes: &mut Mistakes) {
        if !self.event_query && matches!(asked, Read::Given(_, Source::Field(_))) {
            mistakes.add(
                "`query` is not allowed here: ALLOW_EVENT_QUERY is false, and the operator's query runs.",
            );
        }
    }
}

/// Reports a value that is not allowed. The operator's own values are always allowed, even if the event gives
/// them.
fn allow(allowed: &Allowed, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
    if let Read::Given(value, source @ Source::Field(_)) = asked
        && operators != Some(value)
        && allowed.matches(value) == Some(false)
    {
        let value = form::shown_parameter(value);
        mistakes.add(format!("{source} \"{value}\" is not allowed here: see {}.", allowed.variable));
    }
}
