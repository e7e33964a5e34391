//! Steps that check the log of the run.

use std::collections::BTreeSet;

use cucumber::then;
use serde_json::Value;

use super::World;

#[then("every line of the log is JSON with the request's id")]
fn request_id(world: &mut World) {
    let log = world.log();
    assert!(!log.is_empty());
    for line in log {
        assert_eq!(line["requestId"], world.run().invocation.request_id, "{line}");
    }
}

#[then(regex = r#"^the log has a line of level (\w+) that says "(.*)"$"#)]
fn line(world: &mut World, level: String, words: String) {
    let log = world.log();
    let says = |line: &Value| {
        line["level"] == level && line["message"].as_str().is_some_and(|text| text.contains(&words))
    };
    assert!(log.iter().any(says), "{log:?}");
}

#[then(regex = r"^the log has no line of level (\w+)$")]
fn no_line(world: &mut World, level: String) {
    let log = world.log();
    // A metric record has Lambda's application log level, whatever that is.
    let mut lines = log.iter().filter(|line| line.get("_aws").is_none());
    assert!(lines.all(|line| line["level"] != level), "{log:?}");
}

#[then(regex = r#"^one metric record says "(\w+)" with (\d+) rows?$"#)]
fn metrics(world: &mut World, outcome: String, rows: u64) {
    let log = world.log();
    let records: Vec<_> = log.iter().filter(|line| line.get("_aws").is_some()).collect();
    let [record] = records[..] else { panic!("{} records: {log:?}", records.len()) };
    assert_eq!(record["outcome"], outcome, "{record}");
    assert_eq!(record["Rows"], rows, "{record}");
    let defined = record["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("metrics");
    let names: BTreeSet<_> = defined.iter().filter_map(|metric| metric["Name"].as_str()).collect();
    for name in ["Rows", "Bytes", "Duration"] {
        assert!(names.contains(name) && record[name].is_u64(), "{name} in {record}");
    }
}
