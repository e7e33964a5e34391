//! Compares the documents with the code: each must contain everything that the other contains.

use std::path::{Path, PathBuf};

use rds_data_extractor::error::{ErrorType, Stage};
use serde_json::Value;

const HOPS: [&str; 12] = [
    "event",
    "parameter",
    "role",
    "endpoint",
    "dns",
    "tcp",
    "tls",
    "login",
    "read-only",
    "query",
    "bucket",
    "clock",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns README.md and docs/*.md with their names.
pub fn documents() -> Vec<(String, String)> {
    let mut names = vec!["README.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs")).expect("docs") {
        let name = entry.expect("a file").file_name().into_string().expect("UTF-8");
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.into_iter().map(|name| (name.clone(), read(name))).collect()
}

/// Returns the fenced blocks of a language.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == fence {
            blocks
                .push(lines.by_ref().take_while(|line| line.trim() != "```").collect::<Vec<_>>().join("\n"));
        }
    }
    blocks
}

/// Returns the rows of the table whose first column has this title.
pub fn table(text: &str, title: &str) -> Vec<Vec<String>> {
    let begin = format!("| {title} |");
    let lines = text.lines().skip_while(|line| !line.starts_with(&begin)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

#[test]
fn every_error_has_its_section() {
    let text = read("docs/errors.md");
    let sections: Vec<&str> = text.split("\n## ").skip(1).collect();
    let names: Vec<&str> = sections.iter().filter_map(|section| section.lines().next()).collect();
    let expected: Vec<&str> = ErrorType::ALL.iter().map(|error| error.as_str()).collect();
    assert_eq!(names, expected, "docs/errors.md and src/error.rs differ");
    for (error, section) in ErrorType::ALL.iter().zip(&sections) {
        let retryable = if error.retryable() { "retryable" } else { "not retryable" };
        let begin = format!("{error}\n\nstatusCode {}, {retryable}. Hop: ", error.status_code());
        let hops = section.strip_prefix(&begin).and_then(|rest| rest.lines().next());
        let hops = hops.unwrap_or_else(|| panic!("{error} should begin with {begin:?}"));
        let names_a_hop = HOPS.iter().any(|hop| hops.contains(hop));
        assert!(names_a_hop || hops == "none.", "{error}: {hops}");
        assert!(section.contains("\n> "), "{error} shows no example");
        assert!(section.contains("\n1. "), "{error} names no cause");
    }
}

#[test]
fn the_tables_of_the_readme_are_those_of_the_code() {
    let readme = read("README.md");
    let errors = table(&readme, "`errorType`");
    let yes_no = |yes| if yes { "yes" } else { "no" };
    let expected: Vec<Vec<String>> = ErrorType::ALL
        .iter()
        .map(|error| {
            let link = format!("[{error}](docs/errors.md#{})", error.as_str().to_lowercase());
            vec![link, error.status_code().to_string(), yes_no(error.retryable()).into(), error.hint().into()]
        })
        .collect();
    assert_eq!(errors, expected);
    let stages: Vec<String> = table(&readme, "`stage`").into_iter().map(|mut row| row.remove(0)).collect();
    let expected: Vec<&str> = Stage::ALL.iter().map(|stage| stage.as_str()).collect();
    assert_eq!(stages, expected);
}

/// Returns whether it is a response, a database configuration, or something else that is not an event.
fn is_no_event(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("statusCode") || has("username") || has("batchItemFailures") || has("Retry")
}

/// Returns the events that the documents show, each with its document's name.
pub fn events_in_documents() -> Vec<(String, Value)> {
    let mut events = Vec::new();
    for (name, text) in documents() {
        for block in blocks(&text, "json") {
            let value: Value =
                serde_json::from_str(&block).unwrap_or_else(|error| panic!("{name}: {error}\n{block}"));
            if !is_no_event(&value) {
                events.push((name.clone(), value));
            }
        }
    }
    assert!(events.len() >= 4, "{} events were found", events.len());
    events
}

/// The state machine retries transient failures, but not a run whose name is taken, whose result is too large
/// or that was stopped, and not an overview.
#[test]
fn the_state_machine_s_retry_names_what_passes() {
    const OTHERWISE: [ErrorType; 4] = [
        ErrorType::ObjectExists,
        ErrorType::DeadlineExceeded,
        ErrorType::Cancelled,
        ErrorType::PublishFailed,
    ];
    let blocks = blocks(&read("docs/operations.md"), "json");
    let retries: Vec<Value> = blocks.iter().filter_map(|block| serde_json::from_str(block).ok()).collect();
    let retry = retries.iter().find_map(|value| value["Retry"].as_array()).expect("a retry");
    let names: Vec<&str> = retry
        .iter()
        .flat_map(|retrier| retrier["ErrorEquals"].as_array().expect("names"))
        .map(|name| name.as_str().expect("a name"))
        .collect();
    let (of_lambda, ours): (Vec<&str>, Vec<&str>) =
        names.iter().partition(|name| name.starts_with("Lambda."));
    let passing = ErrorType::ALL.iter().filter(|error| error.retryable() && !OTHERWISE.contains(error));
    assert_eq!(ours, passing.map(|error| error.as_str()).collect::<Vec<_>>());
    for name in
        ["ResourceNotReadyException", "ServiceException", "SdkClientException", "TooManyRequestsException"]
    {
        assert!(of_lambda.contains(&format!("Lambda.{name}").as_str()), "{name}");
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for (name, text) in documents() {
        let folder = Path::new(&name).parent().expect("a folder").to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { PathBuf::from(&name) } else { folder.join(path) };
            assert!(root().join(&target).exists(), "{name}: {link}");
            if !anchor.is_empty() {
                assert!(anchors(&read(&target)).contains(&anchor.to_owned()), "{name}: {link}");
            }
        }
    }
}

/// Returns the anchors that GitHub makes for headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}
