//! Steps about plans.

use std::collections::BTreeSet;

use cucumber::gherkin::Step;
use cucumber::{then, when};
use serde_json::Value;

use super::World;
use super::when::below;

/// Returns the folder of the plan of the first invocation with its bucket, and the time in its name.
fn folder(world: &World) -> (String, String) {
    let (bucket, key) = world.location();
    let (folder, _) = key.rsplit_once('/').expect("a folder");
    let start = folder.rsplit('/').next().expect("a time").to_owned();
    (format!("{bucket}/{folder}/"), start)
}

async fn list(world: &World) -> Vec<Value> {
    let text = world.words.told(&world.file().await);
    serde_json::from_str(&text).expect("a list")
}

#[then("the plan's list is")]
async fn list_is(world: &mut World, step: &Step) {
    let expected = below(step).replace("{start}", &folder(world).1);
    let expected: Vec<Value> = serde_json::from_str(&expected).expect("JSON");
    assert_eq!(list(world).await, expected);
}

#[then(regex = r#"^the plan's list has "(.*)" for (\w+)$"#)]
async fn list_has(world: &mut World, values: String, field: String) {
    let list = list(world).await;
    let found: Vec<&str> = list.iter().map(|event| event[&field].as_str().unwrap_or("nothing")).collect();
    assert_eq!(found.join(" "), values);
}

#[when("each event of the plan's list comes twice")]
async fn all_come(world: &mut World) {
    for event in list(world).await {
        for _ in 0..2 {
            world.invoke(&event.to_string()).await;
        }
    }
}

#[then(regex = r"^the exports of the plan had ((?:\d+ )+)records$")]
fn records(world: &mut World, expected: String) {
    let answers = world.runs.iter().skip(1).map(|run| run.invocation.result.as_ref().expect("an answer"));
    let found = answers.map(|answer| answer["body"]["recordsProcessed"].to_string() + " ");
    assert_eq!(found.collect::<String>(), expected);
}

#[then("the plan's folder holds")]
async fn folder_holds(world: &mut World, step: &Step) {
    let (folder, _) = folder(world);
    let objects = world.objects().await;
    let found: BTreeSet<&str> = objects.iter().filter_map(|object| object.strip_prefix(&folder)).collect();
    let rows = &step.table.as_ref().expect("a table").rows;
    let expected: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(found, expected);
}
