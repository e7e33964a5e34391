//! What the function does with the events of each AWS source as its documentation shows them: docs/events.md.
//!
//! None of them is an extraction, so each must be reported as failed.

use std::collections::BTreeSet;
use std::path::Path;

use devstack::{Function, RuntimeApi};
use serde_json::Value;

use crate::documents::read;
use crate::fixture::PATIENCE;

/// How an event is refused.
#[derive(Debug, PartialEq)]
enum Refused {
    /// With an answer, which the sender can read.
    Answered,
    /// With an answer in the form of HTTP.
    Http,
    /// By failing the invocation, since nobody reads an answer.
    Failed,
    /// By a partial-batch response: these messages are delivered again.
    Again(Vec<String>),
}

fn expected(source: &str) -> Refused {
    let again = |ids: &[&str]| Refused::Again(ids.iter().map(|id| (*id).to_owned()).collect());
    let two = ["11d6ee51-4cc7-4302-9e22-7cd8afdaadf5", "2e1424d4-f796-459a-8184-9c92662be6da"];
    match source {
        "eventbridge" | "eventbridge-schedule" | "scheduler" | "step-functions" => Refused::Answered,
        "api-gateway-v1" | "api-gateway-v2" | "function-url" | "load-balancer" => Refused::Http,
        "sqs" => again(&["MessageID_1"]),
        "sns-in-sqs" => again(&two[..1]),
        "sqs-fifo" | "pipes-sqs" => again(&two),
        _ => Refused::Failed,
    }
}

/// Returns the names of the events.
fn sources() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sources");
    let files = folder.read_dir().expect("the events").map(|file| file.expect("a file").path());
    files.map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn no_event_of_another_kind_counts_as_done() {
    let function = RuntimeApi::start(Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))).await;
    let function = function.expect("a Runtime API");
    for source in sources() {
        let event = read(format!("tests/it/sources/{source}.json"));
        let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
        let refused = match &invocation.result {
            Err(error) => {
                assert_eq!(error.error_type, "InvalidRequest", "{source}: {error:?}");
                Refused::Failed
            }
            Ok(answer) if answer["batchItemFailures"].is_array() => {
                let ids = answer["batchItemFailures"].as_array().into_iter().flatten();
                Refused::Again(
                    ids.map(|id| id["itemIdentifier"].as_str().expect("an id").to_owned()).collect(),
                )
            }
            Ok(answer) => {
                assert_eq!(answer["statusCode"], 400, "{source}: {answer}");
                if answer["body"].is_string() { Refused::Http } else { Refused::Answered }
            }
        };
        assert_eq!(refused, expected(&source), "{source}: {:?}", invocation.result);

        // The refusal is logged and counted.
        let lines: Vec<Value> =
            invocation.logs.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let is_error = |line: &&Value| line["level"] == "ERROR" && line["errorType"] == "InvalidRequest";
        let is_counted = |line: &&Value| line["outcome"] == "InvalidRequest" && line["Runs"] == 1;
        let messages = if source == "pipes-sqs" { 2 } else { 1 };
        assert_eq!(lines.iter().filter(is_error).count(), messages, "{source}: {lines:?}");
        assert_eq!(lines.iter().filter(is_counted).count(), messages, "{source}: {lines:?}");
    }
}

#[test]
fn every_source_is_documented() {
    let document = read("docs/events.md");
    let documented: BTreeSet<_> = document
        .split("(../tests/it/sources/")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(".json)")?.0.to_owned()))
        .collect();
    assert_eq!(documented, sources());
}
