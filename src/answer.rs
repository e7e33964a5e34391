//! What is answered, typed until the edge: [`Answer::to_json`] alone makes JSON of it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::config::{Issue, Level};
use crate::diagnose::Diagnosis;
use crate::discover::Inventory;
use crate::error::Error;
use crate::overview::Kept;
use crate::response::Outcome;

/// What came of a request.
#[derive(Debug)]
pub enum Answer {
    /// An extraction.
    Extracted(Extracted),
    /// The way of an extraction, walked.
    Diagnosed(Diagnosis),
    /// The databases that roles can see, and how long it took to ask.
    Discovered(Inventory, Duration),
    /// The page of all databases and exports, and how long it took to make.
    Overviewed(Box<Kept>, Duration),
    /// Nothing: why, and what fixes it.
    Failed(Error),
    /// Many extractions of one event: the ids of the messages that are to come again.
    Batch(Vec<String>),
    /// What would run, each fact under the name of the event's field where it has one.
    DryRun(Vec<(&'static str, Value)>),
    /// A database configuration, looked at.
    ConfigChecked {
        /// The parameter's name or the file's.
        source: String,
        /// What is wrong or odd.
        issues: Vec<Issue>,
    },
}

/// An extraction that did not fail.
#[derive(Debug)]
pub struct Extracted {
    /// What it has to say.
    pub outcome: Outcome,
    /// Time of the whole run.
    pub elapsed: Duration,
    /// Milliseconds by stage.
    pub timings: Vec<(&'static str, u64)>,
}

impl Answer {
    /// Whether nobody has to fix anything; the command line's exit status follows it.
    pub fn ok(&self) -> bool {
        match self {
            Self::Extracted(_) | Self::DryRun(_) => true,
            Self::Diagnosed(diagnosis) => diagnosis.ok(),
            Self::Discovered(inventory, _) => inventory.failures.is_empty(),
            Self::Overviewed(kept, _) => kept.ok(),
            Self::Failed(_) => false,
            Self::Batch(failed) => failed.is_empty(),
            Self::ConfigChecked { issues, .. } => issues.iter().all(|issue| issue.level != Level::Problem),
        }
    }

    /// One sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Extracted(extracted) => extracted.outcome.message.clone(),
            Self::Diagnosed(diagnosis) => diagnosis.verdict(),
            Self::Discovered(inventory, _) => inventory.message(),
            Self::Overviewed(kept, _) => kept.message(),
            Self::Failed(error) => error.message.clone(),
            Self::Batch(failed) => format!("{} messages come again", failed.len()),
            Self::DryRun(_) => "This would run; nothing was read or called.".to_owned(),
            Self::ConfigChecked { source, .. } => source.clone(),
        }
    }

    /// What the caller should know although nothing failed.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Extracted(extracted) => &extracted.outcome.warnings,
            Self::Overviewed(kept, _) => &kept.warnings,
            _ => &[],
        }
    }

    /// The answer as callers of the Java function know it; what has no response there has a form of its own.
    pub fn to_json(&self, request_id: &str) -> Value {
        let (status, mut body) = match self {
            Self::Extracted(extracted) => (200, extracted.body()),
            Self::Diagnosed(diagnosis) => (200, diagnosis.body()),
            Self::Discovered(inventory, elapsed) => (200, inventory.body(*elapsed)),
            Self::Overviewed(kept, elapsed) => (200, kept.body(*elapsed)),
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
    /// The answer as a Function URL, API Gateway and load balancers take it.
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
        let Self { outcome, elapsed, timings } = self;
        let timings: Map<_, _> = timings.iter().map(|(name, ms)| ((*name).to_owned(), json!(ms))).collect();
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
        // No field of Lambda's answer.
        if let Some(file) = &outcome.file {
            body["file"] = json!(file);
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

/// The word for how serious an issue is.
pub(crate) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Problem => "problem",
        Level::Odd => "odd",
    }
}
