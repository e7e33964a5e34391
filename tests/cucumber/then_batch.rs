//! Steps that check the partial-batch response and the response of the function's URL.

use cucumber::then;
use serde_json::{Value, json};

use super::World;

#[then(regex = r"^(?:no message|only the message (.*)) comes again$")]
fn failed(world: &mut World, ids: String) {
    let ids: Vec<Value> =
        ids.split(", ").filter(|id| !id.is_empty()).map(|id| json!({ "itemIdentifier": id })).collect();
    assert_eq!(world.response(), json!({ "batchItemFailures": ids }));
}

#[then(regex = r#"^the URL answers (\d+) and "(.*)"$"#)]
fn url(world: &mut World, status: u64, words: String) {
    let response = world.response();
    assert_eq!(response["statusCode"], status, "{response}");
    assert_eq!(response["headers"]["content-type"], "application/json", "{response}");
    let body: Value = serde_json::from_str(response["body"].as_str().expect("a text")).expect("JSON");
    let said = body["message"].as_str().or(body["error"].as_str());
    assert!(said.is_some_and(|said| said.contains(&words)), "{body}");
}
