//! What the operator of a function lets events ask.

use super::environment::Environment;
use super::fields::{Read, Source, boolean};
use super::mistakes::{Mistakes, shown};

/// Patterns of which a value must match one, with `*` for any run of characters.
#[derive(Debug, Clone)]
struct Allowed {
    variable: &'static str,
    /// `None`: everything goes.
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
    event_query: bool,
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
        }
    }

    pub fn role_arn(&self, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
        allow(&self.role_arns, asked, operators, mistakes);
    }

    pub fn bucket(&self, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
        allow(&self.buckets, asked, operators, mistakes);
    }

    pub fn config_param(&self, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
        allow(&self.config_params, asked, operators, mistakes);
    }

    pub fn query_param(&self, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
        allow(&self.query_params, asked, operators, mistakes);
        let is_foreign = matches!(asked, Read::Given(name, Source::Event(_)) if operators != Some(name));
        if is_foreign && !self.event_query && self.query_params.patterns.is_none() {
            mistakes.add(
                "`queryParam` is not allowed here: with ALLOW_EVENT_QUERY false, ALLOWED_QUERY_PARAMS must list it.",
            );
        }
    }

    pub fn query(&self, asked: &Read<String>, mistakes: &mut Mistakes) {
        if !self.event_query && matches!(asked, Read::Given(_, Source::Event(_))) {
            mistakes.add(
                "`query` is not allowed here: ALLOW_EVENT_QUERY is false, and the operator's query runs.",
            );
        }
    }
}

/// What comes from the operator's own variables needs no leave, nor does an event that asks for just that.
fn allow(allowed: &Allowed, asked: &Read<String>, operators: Option<&str>, mistakes: &mut Mistakes) {
    if let Read::Given(value, source @ Source::Event(_)) = asked
        && operators != Some(value)
        && allowed.matches(value) == Some(false)
    {
        mistakes.add(format!("{source} {} is not allowed here: see {}.", shown(value), allowed.variable));
    }
}

/// Whether `*` in the pattern can stand for runs of characters, empty ones too, so that it is the value.
pub(super) fn matches(pattern: &str, value: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == value };
    let Some(mut value) = value.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        // The first place is the best: it leaves most for what follows.
        match value.find(part) {
            Some(at) => value = &value[at + part.len()..],
            None => return false,
        }
    }
    value.ends_with(end)
}
