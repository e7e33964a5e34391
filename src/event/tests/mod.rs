mod compression;
mod csv;
mod defaults;
mod deliveries;
mod discoveries;
mod envelopes;
mod examples;
mod format;
mod fuzz;
mod incremental;
mod limits;
mod mistakes;
mod names;
mod parameters;
mod plans;
mod queries;
mod readers;
mod secrets;
mod sets;
mod tables;
mod write_options;

use chrono::{TimeZone, Utc};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::environment::Environment;
use crate::error::{Error, ErrorType, Stage};
use crate::job::*;

const ROLE: &str = "arn:aws:iam::222222222222:role/CrossAccountRDSRole";

fn environment(variables: &[(&str, &str)]) -> Environment {
    [("S3_BUCKET_NAME", "operators-bucket")].iter().chain(variables).copied().collect()
}

/// Returns the extraction that an event requests.
fn extraction(event: &RawEvent, environment: &Environment) -> Result<Extraction, Error> {
    match read(event, environment).action {
        Action::Extract(extraction) => extraction,
        other => panic!("{other:?}"),
    }
}

fn check_in(event: &serde_json::Value, variables: &[(&str, &str)]) -> Result<Extraction, Error> {
    extraction(&RawEvent::new(event.to_string()), &environment(variables))
}

fn check(event: &serde_json::Value) -> Result<Extraction, Error> {
    check_in(event, &[])
}

fn checked(event: &serde_json::Value, variables: &[(&str, &str)]) -> Extraction {
    check_in(event, variables).unwrap_or_else(|error| panic!("{event}: {error}"))
}

fn configured(extraction: &Extraction) -> &Configured {
    match &extraction.source {
        Source::Configured(configured) => configured,
        Source::Login(_) => panic!("no configuration is read"),
    }
}

fn role(extraction: &Extraction) -> Option<&Role> {
    configured(extraction).role.as_ref()
}

fn object(extraction: &Extraction) -> &ObjectTarget {
    match &extraction.target {
        Target::Object(object) => object,
        Target::Local(output, _) => panic!("{output:?}"),
    }
}

fn named(name: &str) -> Template {
    Template::constant(name)
}

fn key_prefix(extraction: &Extraction) -> Option<&str> {
    object(extraction).key_prefix.as_ref().and_then(Template::as_constant)
}

fn raises(event: &serde_json::Value, variables: &[(&str, &str)]) -> bool {
    read(&RawEvent::new(event.to_string()), &environment(variables)).raise_on_error
}

#[track_caller]
fn refused_in(event: &serde_json::Value, variables: &[(&str, &str)], message: &str) {
    let error = check_in(event, variables).expect_err(&format!("{event} in {variables:?}"));
    assert_eq!((error.error_type, error.stage), (ErrorType::InvalidRequest, Stage::Event));
    assert_eq!(error.message, message, "{event} in {variables:?}");
}

#[track_caller]
fn refused(event: &serde_json::Value, message: &str) {
    refused_in(event, &[], message);
}
