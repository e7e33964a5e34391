//! Reads one event: its action, and how its failure is reported.

use super::given::Given;
use super::invalid::{invalid, not_an_event};
use super::limits::Limits;
use super::raw_event::RawEvent;
use super::{discovery, extraction, fields, overview, plan};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::fields::{Fields, Object, Read};
use crate::form;
use crate::job::{Action, Request};

#[derive(Clone, Copy)]
enum Asked {
    Extract,
    Diagnose,
    Discover,
    Overview,
    Plan,
}

const ACTIONS: &[(&str, Asked)] = &[
    ("extract", Asked::Extract),
    ("diagnose", Asked::Diagnose),
    ("discover", Asked::Discover),
    ("overview", Asked::Overview),
    ("plan", Asked::Plan),
];

/// Reads an event. Its fields take precedence over environment variables, and those over defaults.
///
/// The request's action holds the error of an invalid event: `InvalidRequest` with all mistakes, one sentence
/// each, or `QueryInvalid` if the only mistake is that the query is not one statement. The error never
/// contains the value of a query, a parameter or an external id. An event without an action is an extraction.
pub fn read(event: &RawEvent, environment: &Environment) -> Request {
    read_with(event, &Given::default(), environment)
}

/// Reads an event as [`read`] does, with `given` instead of some of its fields.
pub fn read_with(event: &RawEvent, given: &Given, environment: &Environment) -> Request {
    let object = match Object::read(event.json()) {
        Ok(object) => object,
        Err(what) => return refused(not_an_event(&what), environment),
    };
    let mut fields = Fields::new(object, &fields::EVENT, environment);
    let limits = Limits::new(environment, &mut fields.mistakes);
    // The AWS client would use them unchecked and repeat them in its errors.
    for (variable, check) in form::AWS_VARIABLES {
        fields.variable(variable, check);
    }
    let asked = fields.one_of(fields::ACTION, ACTIONS);
    let raise_on_error = match fields.boolean(fields::RAISE_ON_ERROR) {
        Read::Given(raise, _) => raise,
        // A value that is not a boolean counts as not given.
        Read::Missing | Read::Wrong => operators_raise(environment),
    };
    let action = match asked.value().unwrap_or(Asked::Extract) {
        Asked::Extract => Action::Extract(extraction::read(fields, &limits, event, given)),
        Asked::Diagnose => Action::Diagnose(extraction::read(fields, &limits, event, given)),
        Asked::Discover => Action::Discover(discovery::read(fields, &limits)),
        Asked::Overview => Action::Overview(overview::read(fields, &limits)),
        Asked::Plan => Action::Plan(plan::read(fields, &limits, event, environment).map(Box::new)),
    };
    Request { action, raise_on_error }
}

/// Reads the event in an HTTP request, which the operator must allow because anybody may be able to reach a
/// URL.
pub fn read_http(event: Result<RawEvent>, environment: &Environment) -> Request {
    if environment.get("ALLOW_HTTP").is_none_or(|text| text.parse() != Ok(true)) {
        let error = invalid("This function answers no HTTP requests.").with_hint(
            "Invoke the function itself; or set ALLOW_HTTP=true if everyone who reaches its URL may export.",
        );
        return refused(error, environment);
    }
    event.map_or_else(|error| refused(error, environment), |event| read(&event, environment))
}

/// Returns the request for a payload that cannot be read as an event.
pub fn refused(error: Error, environment: &Environment) -> Request {
    Request { action: Action::Extract(Err(error)), raise_on_error: operators_raise(environment) }
}

fn operators_raise(environment: &Environment) -> bool {
    let variable = fields::RAISE_ON_ERROR.variable.and_then(|variable| environment.get(variable));
    variable.is_some_and(|text| text.parse() == Ok(true))
}
