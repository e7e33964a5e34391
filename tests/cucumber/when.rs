//! The function is invoked.

use std::time::Duration;

use cucumber::gherkin::Step;
use cucumber::when;
use serde_json::{Value, json};

use super::World;

/// The text below a step.
pub fn below(step: &Step) -> &str {
    // The text begins after the line of the opening quotes and ends before that of the closing ones.
    let text = step.docstring.as_deref().unwrap_or_else(|| panic!("nothing stands below: {}", step.value));
    let text = text.strip_prefix('\n').unwrap_or(text);
    text.strip_suffix('\n').unwrap_or(text)
}

fn usual_changed(changes: &str) -> Value {
    let changes: Value = serde_json::from_str(changes).unwrap_or_else(|error| panic!("{error}: {changes}"));
    let mut event = World::usual_event();
    for (field, value) in changes.as_object().expect("an object") {
        event[field] = value.clone();
    }
    event
}

async fn usual_with(world: &mut World, changes: &str) {
    let event = usual_changed(changes);
    world.invoke(&event.to_string()).await;
}

#[when("the usual event comes")]
async fn usual(world: &mut World) {
    usual_with(world, "{}").await;
}

#[when(regex = r"^the usual event comes with (\{.*\})$")]
async fn usual_with_changes(world: &mut World, changes: String) {
    usual_with(world, &changes).await;
}

#[when("the usual event comes with")]
async fn usual_with_changes_below(world: &mut World, step: &Step) {
    usual_with(world, below(step)).await;
}

#[when(regex = r"^the event (\{.*\}) comes$")]
async fn event_inline(world: &mut World, event: String) {
    world.invoke(&event).await;
}

#[when("this event comes")]
async fn event_below(world: &mut World, step: &Step) {
    world.invoke(below(step)).await;
}

#[when(regex = r#"^the query "(.*)" is extracted$"#)]
async fn query_inline(world: &mut World, query: String) {
    usual_with(world, &json!({ "query": query }).to_string()).await;
}

#[when("this query is extracted")]
async fn query_below(world: &mut World, step: &Step) {
    usual_with(world, &json!({ "query": below(step) }).to_string()).await;
}

#[when(regex = r#"^the query "(.*)" is extracted with the parameters (\[.*\])$"#)]
async fn query_with_parameters(world: &mut World, query: String, parameters: String) {
    // As it is: reading the numbers here would lose digits.
    let mut event = World::usual_event();
    event["query"] = query.into();
    let text = event.to_string();
    let open = text.strip_suffix('}').expect("an object");
    world.invoke(&format!("{open},\"params\":{parameters}}}")).await;
}

#[when("the same event comes again")]
async fn again(world: &mut World) {
    world.invoke_again().await;
}

#[when(regex = r"^the usual event comes with (\d+) seconds? left$")]
async fn within(world: &mut World, seconds: u64) {
    world.options.timeout = Some(Duration::from_secs(seconds));
    usual_with(world, "{}").await;
}

#[when(regex = r#"^the query "(.*)" is extracted with (\d+) seconds? left$"#)]
async fn query_within(world: &mut World, query: String, seconds: u64) {
    world.options.timeout = Some(Duration::from_secs(seconds));
    usual_with(world, &json!({ "query": query }).to_string()).await;
}

#[when("these messages come from SQS")]
async fn sqs(world: &mut World, step: &Step) {
    let records: Vec<Value> = step
        .table
        .as_ref()
        .expect("a table")
        .rows
        .iter()
        .map(|row| {
            let body = usual_changed(&row[1]).to_string();
            json!({"messageId": row[0], "eventSource": "aws:sqs", "body": body})
        })
        .collect();
    world.invoke(&json!({ "Records": records }).to_string()).await;
}

#[when(regex = r"^the usual event comes with a keyPrefix of (\d+) bytes$")]
async fn long_prefix(world: &mut World, bytes: usize) {
    usual_with(world, &json!({ "keyPrefix": "x".repeat(bytes) }).to_string()).await;
}
