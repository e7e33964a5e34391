//! The checked request of `action: discover`.

use serde_json::value::RawValue;

use super::envelope::RawEvent;
use super::environment::Environment;
use super::extraction::Role;
use super::fields::{self, Fields, Read, Source};
use super::json::{Kind, Object};
use super::limits::{Limits, matches};
use super::mistakes::{nearest, shown};
use super::{check, values};
use crate::error::Result;

/// The most roles that one event names.
pub const MAX_ROLES: usize = 100;

/// One role in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The role to assume; without one the function's own credentials are used.
    pub role: Option<Role>,
    /// The region to ask in, if not the function's.
    pub region: Option<String>,
}

/// What is to be listed, checked.
///
/// ```
/// use rds_data_extractor::event::{Discovery, Environment, RawEvent};
///
/// let event = RawEvent::new(r#"{"action": "discover", "identifier": "shop-*"}"#);
/// let discovery = Discovery::check(&event, &Environment::default())?;
/// assert!(discovery.wants("shop-main", Some("postgres")));
/// assert!(!discovery.wants("crm", Some("postgres")));
/// # Ok::<(), rds_data_extractor::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Who is asked where, in the order of the event.
    pub places: Vec<Place>,
    /// Only identifiers that match this pattern, in which `*` stands for any run of characters.
    pub identifier: Option<String>,
    /// Only engines that match this pattern.
    pub engine: Option<String>,
    /// Whether CloudWatch's figures are wanted too.
    pub metrics: bool,
    /// Whether a failure fails the invocation itself.
    pub raise_on_error: bool,
}

impl Discovery {
    /// Checks an event. What only an extraction needs may stand in it and is not read.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` with all mistakes, one sentence each.
    pub fn check(event: &RawEvent, environment: &Environment) -> Result<Self> {
        let mut fields = Fields::new(Object::read(event.json())?, environment);
        let limits = Limits::new(environment, &mut fields.mistakes);
        let roles = roles(&mut fields, environment, &limits);
        let places = if roles.is_empty() {
            vec![Place { role: check::role(&mut fields, environment, &limits), region: None }]
        } else {
            if fields.in_event(fields::ROLE_ARN).is_some() {
                fields
                    .mistakes
                    .add("`roles` and `crossAccountRoleArn` exclude each other: give one of them.");
            }
            roles
        };
        let pattern = |text: &str| {
            let is_short = text.chars().count() <= 255;
            if text.is_empty() || !is_short {
                Err("must have 1 to 255 characters".to_owned())
            } else {
                Ok(text.to_owned())
            }
        };
        let identifier = fields.text(fields::IDENTIFIER, pattern);
        let engine = fields.text(fields::ENGINE, pattern);
        let metrics = fields.boolean(fields::METRICS);
        let raise_on_error = fields.boolean(fields::RAISE_ON_ERROR);
        fields.mistakes.check()?;
        Ok(Self {
            places,
            identifier: identifier.value(),
            engine: engine.value(),
            metrics: metrics.value().unwrap_or(false),
            raise_on_error: raise_on_error.value().unwrap_or(false),
        })
    }

    /// Whether a database is to be listed. RDS keeps identifiers in lower case.
    pub fn wants(&self, identifier: &str, engine: Option<&str>) -> bool {
        let matched = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| matches(&pattern.to_lowercase(), &text.to_lowercase()))
        };
        matched(&self.identifier, identifier) && matched(&self.engine, engine.unwrap_or_default())
    }
}

fn roles(fields: &mut Fields<'_>, environment: &Environment, limits: &Limits) -> Vec<Place> {
    let Some(array) = fields.of_kind(fields::ROLES, Kind::Array).value() else { return Vec::new() };
    let elements: Vec<&RawValue> = serde_json::from_str(array.get()).unwrap_or_default();
    if elements.len() > MAX_ROLES {
        let what = format!("names {} roles, but may name {MAX_ROLES} at most", elements.len());
        fields.wrong(Source::Event(fields::ROLES.name), &what);
        return Vec::new();
    }
    let operators = check::operators_role(environment, &mut fields.mistakes);
    let mut places: Vec<Place> = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        match place(element) {
            Ok(place) => {
                let arn = place.role.as_ref().map(|role| role.arn.clone()).unwrap_or_default();
                let asked = Read::Given(arn, Source::Event(fields::ROLES.name));
                limits.role_arn(&asked, operators.as_deref(), &mut fields.mistakes);
                // The same role in the same region would only list everything twice.
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            Err(mistakes) => {
                for what in mistakes {
                    let stop = if what.ends_with('?') { "" } else { "." };
                    fields.mistakes.add(format!("`roles[{index}]{what}{stop}"));
                }
            }
        }
    }
    places
}

/// Reads `{roleArn, externalId, region}`; every mistake goes on after the element's name.
fn place(element: &RawValue) -> Result<Place, Vec<String>> {
    const KEYS: [&str; 3] = ["roleArn", "externalId", "region"];
    let object = match Kind::of(element) {
        Kind::Object => Object::read(element.get()).map_err(|_| vec!["` is nested too deep".to_owned()])?,
        other => return Err(vec![format!("` must be an object with roleArn, not {}", other.words())]),
    };
    let mut mistakes = Vec::new();
    for (name, _) in object.0.iter().filter(|(name, _)| !KEYS.contains(&name.as_str())) {
        let meant = nearest(name, KEYS).map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        mistakes.push(format!("` has no field {}{meant}", shown(name)));
    }
    let mut text = |name: &str, check: fn(&str) -> Result<String, String>| {
        let value = object.get(name).filter(|value| Kind::of(value) != Kind::Null)?;
        let checked = match serde_json::from_str::<String>(value.get()) {
            Ok(text) => check(&text),
            Err(_) => Err(format!("must be a string, not {}", Kind::of(value).words())),
        };
        checked.map_err(|what| mistakes.push(format!(".{name}` {what}"))).ok()
    };
    let arn = text("roleArn", values::role_arn);
    let external_id = text("externalId", values::external_id);
    let region = text("region", values::region);
    if arn.is_none() && !mistakes.iter().any(|what| what.starts_with(".roleArn")) {
        mistakes.push("` has no roleArn".to_owned());
    }
    match arn {
        Some(arn) if mistakes.is_empty() => Ok(Place { role: Some(Role { arn, external_id }), region }),
        _ => Err(mistakes),
    }
}
