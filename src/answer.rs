//! The answer to a request. It stays typed until the edge: only [`Answer::to_json`] converts it to JSON.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::config::{Issue, Level};
use crate::diagnose::Diagnosis;
use crate::discover::Inventory;
use crate::error::{Error, for_shell};
use crate::overview::Kept;
use crate::plan::Planned;
use crate::response::{Outcome, TableOutcome, WindowOutcome};

/// The result of a request.
#[derive(Debug)]
pub enum Answer {
    /// An extraction.
    Extracted(Extracted),
    /// A diagnosis of an extraction.
    Diagnosed(Diagnosis),
    /// The databases that roles can see, and how long the discovery took.
    Discovered(Inventory, Duration),
    /// The overview of all databases and exports, and how long it took.
    Overviewed(Box<Kept>, Duration),
    /// A list of extractions, or its estimates, and how long that took.
    Planned(Box<Planned>, Duration),
    /// A failure, with its reason and a hint how to fix it.
    Failed(Error),
    /// A batch of extractions: the ids of the messages to deliver again.
    Batch(Vec<String>),
    /// What would run: each fact under the name of the event's field if it has one.
    DryRun(Vec<(&'static str, Value)>),
    /// The check of a database configuration.
    ConfigChecked {
        /// The name of the parameter or file.
        source: String,
        /// What is missing, wrong or odd.
        issues: Vec<Issue>,
    },
}

/// A successful extraction.
#[derive(Debug)]
pub struct Extracted {
    /// What was written, and the message and warnings.
    pub outcome: Outcome,
    /// The duration of the whole run.
    pub elapsed: Duration,
    /// The milliseconds spent in each stage.
    pub timings: Vec<(&'static str, u64)>,
    /// The milliseconds that each reader worked, if there were several; empty for a single reader.
    pub readers: Vec<u64>,
}

impl Answer {
    /// Returns whether nothing needs to be fixed; the exit status of the command line depends on it.
    pub fn ok(&self) -> bool {
        match self {
            Self::Extracted(_) | Self::Planned(..) | Self::DryRun(_) => true,
            Self::Diagnosed(diagnosis) => diagnosis.ok(),
            Self::Discovered(inventory, _) => inventory.failures.is_empty(),
            Self::Overviewed(kept, _) => kept.ok(),
            Self::Failed(_) => false,
            Self::Batch(failed) => failed.is_empty(),
            Self::ConfigChecked { issues, .. } => issues.iter().all(|issue| issue.level != Level::Problem),
        }
    }

    /// Returns the answer with its hints worded for a shell.
    #[must_use]
    pub(crate) fn for_shell(mut self) -> Self {
        // A diagnosis and a discovery are worded so already, since they are logged. An overview is a page for
        // others.
        if let Self::Failed(error) = &mut self {
            error.hint = for_shell(&error.hint);
        }
        self
    }

    /// Returns the answer in one sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Extracted(extracted) => extracted.outcome.message.clone(),
            Self::Diagnosed(diagnosis) => diagnosis.verdict(),
            Self::Discovered(inventory, _) => inventory.message(),
            Self::Overviewed(kept, _) => kept.message(),
            Self::Planned(planned, _) => planned.message(),
            Self::Failed(error) => error.message.clone(),
            Self::Batch(failed) => format!("{} messages come again", failed.len()),
            Self::DryRun(_) => "This would run; nothing was read or called.".to_owned(),
            Self::ConfigChecked { source, .. } => source.clone(),
        }
    }

    /// Returns what the caller should know although nothing failed.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Extracted(extracted) => &extracted.outcome.warnings,
            Self::Overviewed(kept, _) => &kept.warnings,
            Self::Planned(planned, _) => &planned.warnings,
            _ => &[],
        }
    }

    /// Converts the answer to the JSON that callers of the Java function know. Answers that the Java function
    /// does not have use a form of their own.
    pub fn to_json(&self, request_id: &str) -> Value {
        let (status, mut body) = match self {
            Self::Extracted(extracted) => (200, extracted.body()),
            Self::Diagnosed(diagnosis) => (200, diagnosis.body()),
            Self::Discovered(inventory, elapsed) => (200, inventory.body(*elapsed)),
            Self::Overviewed(kept, elapsed) => (200, kept.body(*elapsed)),
            Self::Planned(planned, elapsed) => (200, planned.body(*elapsed)),
            Self::Failed(error) => (error.error_type.status_code(), failure(error)),
            Self::Batch(failed) => return batch(failed),
            Self::DryRun(facts) => {
                let facts = facts.iter().map(|(name, fact)| ((*name).to_owned(), fact.clone()));
                return json!({ "dryRun": facts.collect::<Map<_, _>>() });
            }
            Self::ConfigChecked { source, issues } => {
                let issues: Vec<_> = issues.iter().map(issue).collect();
                return json!({ "source": source, "ok": self.ok(), "findings": issues });
            }
        };
        body["requestId"] = request_id.into();
        json!({ "statusCode": status, "body": body })
    }
}

impl Answer {
    /// Converts the answer to the HTTP response that a Function URL, API Gateway or a load balancer expects.
    pub fn to_http(&self, request_id: &str) -> Value {
        let answer = self.to_json(request_id);
        json!({
            "statusCode": answer["statusCode"],
            "headers": { "content-type": "application/json" },
            "isBase64Encoded": false,
            "body": answer["body"].to_string(),
        })
    }
}

impl Extracted {
    fn body(&self) -> Value {
        let Self { outcome, elapsed, timings, readers } = self;
        let mut timings: Map<_, _> =
            timings.iter().map(|(name, ms)| ((*name).to_owned(), json!(ms))).collect();
        if !readers.is_empty() {
            timings.insert("readers".to_owned(), json!(readers));
        }
        let mut body = json!({
            "message": outcome.message,
            "recordsProcessed": outcome.records_processed,
            "s3Location": outcome.s3_location,
            "executionTime": format!("{:.1} seconds", elapsed.as_secs_f64()),
            "bytesWritten": outcome.bytes_written,
            "bytesUncompressed": outcome.bytes_uncompressed,
            "columns": outcome.columns,
            "warnings": outcome.warnings,
            "timings": timings,
        });
        // The function's answer does not have this field.
        if let Some(file) = &outcome.file {
            body["file"] = json!(file);
        }
        if let Some(set) = &outcome.set {
            body["manifest"] = json!(set.manifest);
            body["files"] = json!(set.files);
            if !set.tables.is_empty() {
                let table = |TableOutcome { name, rows, files }: &TableOutcome| json!({ "name": name, "rows": rows, "files": files });
                body["tables"] = set.tables.iter().map(table).collect();
            }
        }
        if let Some(WindowOutcome { stream, sequence, lower, upper, held_back_by, age: _, state }) =
            outcome.window.as_deref()
        {
            body["incremental"] = json!({
                "stream": stream, "sequence": sequence, "lower": lower, "upper": upper,
                "heldBackBy": held_back_by, "state": state,
            });
        }
        body
    }
}

fn failure(error: &Error) -> Value {
    json!({
        "error": error.message,
        "errorType": error.error_type.as_str(),
        "stage": error.stage.as_str(),
        "hint": error.advice(),
        "retryable": error.retryable,
    })
}

fn batch(failed: &[String]) -> Value {
    let items: Vec<_> = failed.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": items })
}

fn issue(Issue { level, key, what }: &Issue) -> Value {
    json!({ "level": level_name(*level), "key": key, "finding": what })
}

/// Returns the name of a level in the answer.
pub(crate) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Problem => "problem",
        Level::Odd => "odd",
    }
}
