//! The command `plan`: its list in a file or an object, and what it shows instead.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{output, program};
use crate::fixture::{BUCKET, Fixture, PARAMETER};

const TABLES: &str = "
    CREATE TABLE small AS SELECT g AS id FROM generate_series(1, 10) g;
    CREATE TABLE \"Large {1}\" AS SELECT g AS id, md5(g::text) AS t FROM generate_series(1, 20000) g;
    ANALYZE";

fn write(folder: &Path, template: &Value, for_each: &Value) {
    let event = json!({"template": template, "forEach": for_each, "bucket": BUCKET, "keyPrefix": "nightly/{isoDate}"});
    std::fs::write(folder.join("plan.json"), event.to_string()).expect("a file");
}

fn run(fixture: &Fixture, folder: &Path, more: &[&str]) -> Output {
    let arguments = [&["plan", "--event", "plan.json"], more].concat();
    let mut command: Command = program(&arguments);
    command.current_dir(folder).envs(fixture.stack.function_env());
    output(command)
}

fn answer(output: &Output, status: i32) -> Value {
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{shown}{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

#[tokio::test]
async fn a_list_goes_to_a_file_or_an_object_and_replaces_neither() {
    let fixture = Fixture::start().await;
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    fixture.stack.postgres.execute("postgres", TABLES).await.expect("tables");
    write(folder, &json!({"dbConfigParam": PARAMETER, "format": "jsonl"}), &json!({"tables": ["public.*"]}));

    let body = answer(&run(&fixture, folder, &["--output", "list.json"]), 0)["body"].take();
    assert_eq!(
        (&body["events"], &body["file"], &body["s3Location"]),
        (&json!(2), &json!("list.json"), &Value::Null)
    );
    let list: Value =
        serde_json::from_slice(&std::fs::read(folder.join("list.json")).expect("a file")).expect("JSON");
    let names: Vec<_> = list.as_array().expect("a list").iter().map(|event| &event["fileName"]).collect();
    assert_eq!(names, ["public.Large %7B1}}.jsonl", "public.small.jsonl"]);
    let refused = answer(&run(&fixture, folder, &["--output", "list.json"]), 1);
    assert_eq!(refused["body"]["errorType"], "ObjectExists");
    assert_eq!(fixture.leftovers().await.objects.len(), 0);

    let url = format!("s3://{BUCKET}/lists/one.json");
    let body = answer(&run(&fixture, folder, &["-o", &url]), 0)["body"].take();
    let plan = json!({"bucket": BUCKET, "key": "lists/one.json", "folder": "lists"});
    assert_eq!(body["plan"], plan, "as the state machine takes it");
    let first = fixture.object("lists/one.json").await.expect("an object");
    let refused = answer(&run(&fixture, folder, &["-o", &url]), 1);
    assert_eq!(refused["body"]["errorType"], "ObjectExists");
    assert_eq!(fixture.object("lists/one.json").await.expect("an object"), first);

    // What the list says can be run as it is.
    for event in list.as_array().expect("a list") {
        std::fs::write(folder.join("event.json"), event.to_string()).expect("a file");
        let mut command = program(&["extract", "--event", "event.json"]);
        command.current_dir(folder).envs(fixture.stack.function_env());
        let body = answer(&output(command), 0)["body"].take();
        let planned = event["fileName"].as_str().expect("a name").replace("}}", "}");
        assert!(body["s3Location"].as_str().is_some_and(|location| location.ends_with(&planned)), "{body}");
    }
}

#[tokio::test]
async fn a_dry_run_shows_what_the_planner_expects() {
    let fixture = Fixture::start().await;
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    fixture.stack.postgres.execute("postgres", TABLES).await.expect("tables");
    fixture.parameter("/tenants/gone", json!({"port": 1})).await;
    let given = json!([
        {"table": "small"}, {"query": "SELECT * FROM \"Large {1}\" WHERE id <= $1", "params": [0]}, {"query": "SELECT nothing"},
        {"tables": ["public.*"]},
    ]);
    write(folder, &json!({"dbConfigParam": PARAMETER}), &json!({"events": given}));
    let body = answer(&run(&fixture, folder, &["--dry-run", "--concurrency", "3"]), 0)["body"].take();
    let estimates = &body["estimates"];
    let rows = estimates["events"].as_array().expect("events").iter().map(|event| event["rows"].as_f64());
    let rows: Vec<_> = rows.collect();
    assert_eq!((rows[0], rows[2], rows[3]), (Some(10.0), None, Some(20_010.0)), "{body:#}");
    assert!(rows[1].is_some_and(|rows| rows < 10.0), "{body:#}");
    let why = estimates["events"][2]["unknown"].as_str().expect("a reason");
    assert!(why.starts_with("QueryInvalid: ") && why.contains("nothing"), "{why}");
    assert_eq!((&estimates["unknown"], &estimates["concurrency"]), (&json!(1), &json!(3)));
    // The text of a row of the large table has 32 characters, with quotes.
    assert!(estimates["bytes"].as_f64().is_some_and(|bytes| bytes > 700_000.0), "{body:#}");
    assert_eq!(fixture.leftovers().await, devstack::Leftovers::default());

    write(folder, &json!({"query": "SELECT 1"}), &json!({"parameters": "/tenants/"}));
    let body = answer(&run(&fixture, folder, &["--dry-run"]), 0)["body"].take();
    let why = body["estimates"]["events"][0]["unknown"].as_str().expect("a reason");
    assert!(why.starts_with("Connect"), "{why}");
}

#[test]
fn mistakes_in_the_flags_are_named() {
    let folder = TempDir::new().expect("a folder");
    for (flags, says) in [
        (&["--output", "s3://Bucket/key"][..], "is not the name of a bucket"),
        (&["--output", "s3://bucket"], "must name an object"),
        (&["--output", "-"], "must be a file, or s3://BUCKET/KEY"),
        (&["--concurrency", "4"], "--dry-run"),
        (&["--dry-run", "--concurrency", "0"], "must be a whole number from 1 to 10000"),
    ] {
        let mut command = program(&[&["plan", "--event", "plan.json"], flags].concat());
        command.current_dir(folder.path());
        let output = output(command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{flags:?}: {said}");
    }
}
