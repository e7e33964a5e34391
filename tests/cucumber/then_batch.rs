//! The partial-batch response.

use cucumber::then;
use serde_json::{Value, json};

use super::World;

#[then(regex = r"^(?:no message|only the message (.*)) comes again$")]
fn failed(world: &mut World, ids: String) {
    let ids: Vec<Value> =
        ids.split(", ").filter(|id| !id.is_empty()).map(|id| json!({ "itemIdentifier": id })).collect();
    assert_eq!(world.response(), json!({ "batchItemFailures": ids }));
}
