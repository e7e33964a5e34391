//! Steps that check the function's response.

use std::collections::BTreeSet;

use cucumber::gherkin::Step;
use cucumber::then;
use rds_data_extractor::error::{ErrorType, Stage};
use serde_json::{Value, json};

use super::World;
use super::when::below;
use super::words::matches;

#[then("the extraction succeeds")]
fn succeeds(world: &mut World) {
    let response = world.response();
    assert_eq!(response["statusCode"], 200, "{response}");
}

#[then(regex = r"^the extraction fails as (\w+) in stage (\w+)$")]
async fn fails(world: &mut World, error_type: String, stage: String) {
    let body = world.body();
    assert_eq!(body["errorType"], error_type, "{body}");
    assert_eq!(body["stage"], stage, "{body}");
    explains_itself(world).await;
}

/// The stage is not fixed, because reading, encoding and uploading alternate while rows flow.
#[then(regex = r"^the extraction fails as (\w+) while rows flow$")]
async fn fails_on_the_way(world: &mut World, error_type: String) {
    let body = world.body();
    assert_eq!(body["errorType"], error_type, "{body}");
    assert!(["rows", "encode", "upload"].iter().any(|stage| body["stage"] == *stage), "{body}");
    explains_itself(world).await;
}

/// Checks the fields that every failure has, and that it has left no object.
async fn explains_itself(world: &World) {
    let response = world.response();
    let body = &response["body"];
    let known = |text: &str| ErrorType::ALL.iter().copied().find(|known| known.as_str() == text);
    let error_type =
        known(body["errorType"].as_str().unwrap_or_default()).expect("a type of the closed list");
    assert_eq!(response["statusCode"], error_type.status_code(), "{response}");
    assert!(Stage::ALL.iter().any(|stage| body["stage"] == stage.as_str()), "{body}");
    for field in ["error", "hint"] {
        assert!(body[field].as_str().is_some_and(|text| text.len() > 10), "no {field} in {body}");
    }
    assert!(body["retryable"].is_boolean(), "{body}");
    assert_eq!(body["requestId"], world.run().invocation.request_id, "{body}");
    assert_eq!(world.objects().await, world.before, "an object was written");
}

#[then(regex = r"^the statusCode is (\d+)$")]
fn status_code_is(world: &mut World, status_code: u16) {
    assert_eq!(world.response()["statusCode"], status_code);
}

#[then(regex = r#"^the (error|hint|message) says "(.*)"$"#)]
fn says(world: &mut World, field: String, words: String) {
    let text = world.text(&field);
    assert!(text.contains(&words), "{text}");
}

#[then(regex = r#"^the (error|hint|message) does not say "(.*)"$"#)]
fn does_not_say(world: &mut World, field: String, words: String) {
    let text = world.text(&field);
    assert!(!text.contains(&words), "{text}");
}

#[then("the error names all of")]
fn names_all(world: &mut World, step: &Step) {
    let text = world.text("error");
    for row in &step.table.as_ref().expect("a table").rows {
        assert!(text.contains(&row[0]), "{} is missing in: {text}", row[0]);
    }
}

#[then(regex = r"^it (can|cannot) be tried again as it is$")]
fn retryable(world: &mut World, can: String) {
    assert_eq!(world.body()["retryable"], can == "can");
}

#[then(regex = r#"^the body's "(\w+)" is (.+)$"#)]
fn body_has(world: &mut World, field: String, json: String) {
    let expected: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(world.body()[&field], expected);
}

#[then(regex = r"^(\d+) records? (?:was|were) processed$")]
fn records_were_processed(world: &mut World, records: u64) {
    succeeds(world);
    assert_eq!(world.body()["recordsProcessed"], records);
}

#[then(regex = r"^the body has exactly$")]
fn body_fields(world: &mut World, step: &Step) {
    let body = world.body();
    let fields: BTreeSet<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    let table = step.table.as_ref().expect("a table");
    let expected: BTreeSet<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(fields, expected);
    for row in &table.rows {
        let value = &body[&row[0]];
        let right = match row[1].as_str() {
            "a number" => value.is_u64(),
            "a list" => value.is_array(),
            "true or false" => value.is_boolean(),
            "a sentence" => value.as_str().is_some_and(|text| text.len() > 10),
            "a duration" => {
                value.as_str().and_then(|text| text.strip_suffix(" seconds")).is_some_and(is_tenths)
            }
            "milliseconds by stage" => value.as_object().is_some_and(|stages| {
                stages.iter().all(|(name, ms)| ms.is_u64() && Stage::ALL.iter().any(|s| s.as_str() == name))
            }),
            "the request's id" => *value == world.run().invocation.request_id,
            other => *value == *other,
        };
        assert!(right, "{} is {value}, not {}", row[0], row[1]);
    }
}

fn is_tenths(text: &str) -> bool {
    text.parse::<f64>().is_ok() && text.rsplit('.').next().is_some_and(|tenths| tenths.len() == 1)
}

#[then("there is no warning")]
fn no_warning(world: &mut World) {
    assert_eq!(world.body()["warnings"], json!([]));
}

#[then(regex = r#"^a warning says "(.*)"$"#)]
fn warning(world: &mut World, words: String) {
    let warnings = world.body()["warnings"].take();
    let says = |warning: &Value| warning.as_str().is_some_and(|text| text.contains(&words));
    assert!(warnings.as_array().is_some_and(|warnings| warnings.iter().any(says)), "{warnings}");
}

#[then(regex = r#"^the object is "(.*)"$"#)]
fn object_is(world: &mut World, pattern: String) {
    succeeds(world);
    let run = world.run();
    let location = world.text("s3Location");
    assert!(matches(&pattern, &location, &run.invocation.request_id, run.between), "{location}");
}

#[then(regex = r#"^the object's name begins with "(.*)"$"#)]
fn name_begins(world: &mut World, beginning: String) {
    succeeds(world);
    let (_, key) = world.location();
    assert!(key.starts_with(&beginning), "{key}");
}

#[then(regex = r"^the invocation fails as (\w+)$")]
fn invocation_fails(world: &mut World, error_type: String) {
    assert_eq!(world.invocation_error().error_type, error_type);
}

#[then(regex = r#"^Lambda's error message says "(.*)"$"#)]
fn invocation_says(world: &mut World, words: String) {
    let message = world.words.told(&world.invocation_error().error_message);
    assert!(message.contains(&words), "{message}");
}

#[then("the response is")]
fn response_is(world: &mut World, step: &Step) {
    let expected: Value = serde_json::from_str(below(step)).expect("JSON");
    assert_eq!(world.response(), expected);
}

#[then("the invocation does not fail")]
fn invocation_does_not_fail(world: &mut World) {
    world.response();
}
