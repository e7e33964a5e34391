//! Steps that invoke the function.

use std::time::Duration;

use cucumber::gherkin::Step;
use cucumber::when;
use serde_json::{Value, json};

use super::World;

/// Returns the text below a step.
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
    // The text is inserted unparsed, because parsing would lose digits of the numbers.
    let mut event = World::usual_event();
    event["query"] = query.into();
    let text = event.to_string();
    let open = text.strip_suffix('}').expect("an object");
    world.invoke(&format!("{open},\"params\":{parameters}}}")).await;
}

#[when("Lambda repeats the invocation")]
async fn repeated(world: &mut World) {
    world.options.request_id = Some(world.run().invocation.request_id.clone());
    world.invoke_again().await;
    world.options.request_id = None;
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
    world.invoke(&json!({ "Records": records(step, "exports") }).to_string()).await;
}

#[when("these messages come from the FIFO queue")]
async fn fifo(world: &mut World, step: &Step) {
    world.invoke(&json!({ "Records": records(step, "exports.fifo") }).to_string()).await;
}

/// A row without an id is an event that the pipe's input transformer has made.
#[when("EventBridge Pipes sends")]
async fn pipes(world: &mut World, step: &Step) {
    world.invoke(&records(step, "exports").into_iter().collect::<Value>().to_string()).await;
}

/// Returns SQS records for rows of an id and the changes of the usual event.
fn records(step: &Step, queue: &str) -> Vec<Value> {
    let record = |row: &Vec<String>| {
        let event = usual_changed(&row[1]);
        if row[0].is_empty() {
            return event;
        }
        let arn = format!("arn:aws:sqs:eu-central-1:111111111111:{queue}");
        json!({"messageId": row[0], "eventSource": "aws:sqs", "eventSourceARN": arn, "body": event.to_string()})
    };
    step.table.as_ref().expect("a table").rows.iter().map(record).collect()
}

fn notification(changes: &str) -> Value {
    json!({
        "Type": "Notification", "MessageId": "n-1", "Message": usual_changed(changes).to_string(),
        "TopicArn": "arn:aws:sns:eu-central-1:111111111111:exports",
    })
}

#[when(regex = r"^SNS notifies of the usual event with (.*)$")]
async fn sns(world: &mut World, changes: String) {
    let record = json!({"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification(&changes)});
    world.invoke(&json!({ "Records": [record] }).to_string()).await;
}

#[when(regex = r"^SNS notifies the queue of the usual event with (.*)$")]
async fn sns_to_sqs(world: &mut World, changes: String) {
    let body = notification(&changes).to_string();
    let record = json!({"messageId": "m1", "eventSource": "aws:sqs", "body": body});
    world.invoke(&json!({ "Records": [record] }).to_string()).await;
}

#[when("the usual event comes to the function's URL")]
async fn url(world: &mut World) {
    let request = json!({
        "version": "2.0", "rawPath": "/", "isBase64Encoded": false, "body": usual_changed("{}").to_string(),
        "requestContext": {"http": {"method": "POST", "path": "/"}},
    });
    world.invoke(&request.to_string()).await;
}

#[when(regex = r"^the usual event comes with a keyPrefix of (\d+) bytes$")]
async fn long_prefix(world: &mut World, bytes: usize) {
    usual_with(world, &json!({ "keyPrefix": "x".repeat(bytes) }).to_string()).await;
}
