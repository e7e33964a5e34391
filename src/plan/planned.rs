//! The result of a plan, and the response.

use std::time::Duration;

use serde_json::{Value, json};

use super::estimates::Estimates;
use crate::event::PlannedEvent;
use crate::job::Plan;

/// Where the list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An object in S3.
    Object {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// A file on this machine.
    File(String),
}

impl Place {
    /// Returns the URL of the object, or the path of the file.
    pub fn location(&self) -> String {
        match self {
            Self::Object { bucket, key } => format!("s3://{bucket}/{key}"),
            Self::File(path) => path.clone(),
        }
    }
}

/// The result of a plan.
#[derive(Debug)]
pub struct Planned {
    /// What the events are made for, by the name of the field in `forEach`.
    pub by: &'static str,
    /// Where each event writes.
    pub locations: Vec<String>,
    /// Where the list is; `None` if it was estimated only.
    pub kept: Option<Place>,
    /// What the events read, and how long they take, if that was asked.
    pub estimates: Option<Estimates>,
    /// Warnings for the caller, although nothing failed.
    pub warnings: Vec<String>,
}

impl Planned {
    pub(super) fn new(plan: &Plan, events: &[PlannedEvent], warnings: Vec<String>) -> Self {
        Self {
            by: plan.for_each.name(),
            locations: events.iter().map(|event| event.location.clone()).collect(),
            kept: None,
            estimates: None,
            warnings,
        }
    }

    /// Returns a one-sentence summary.
    pub fn message(&self) -> String {
        let count = self.locations.len();
        let noun = if count == 1 { "export" } else { "exports" };
        match &self.estimates {
            None => format!("{count} {noun} planned"),
            Some(_) => format!("{count} {noun} would be planned; nothing was written."),
        }
    }

    /// Returns the response body.
    pub fn body(&self, elapsed: Duration) -> Value {
        let (first, last) = (self.locations.first(), self.locations.last());
        let mut body = json!({
            "message": self.message(),
            "events": self.locations.len(),
            "summary": { "forEach": self.by, "first": first, "last": last },
            "warnings": self.warnings,
            "executionTime": format!("{:.1} seconds", elapsed.as_secs_f64()),
        });
        match &self.kept {
            Some(Place::Object { bucket, key }) => {
                body["s3Location"] = json!(format!("s3://{bucket}/{key}"));
                // As the state machine takes it.
                let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
                body["plan"] = json!({ "bucket": bucket, "key": key, "folder": folder });
            }
            Some(Place::File(path)) => body["file"] = json!(path),
            None => {}
        }
        if let Some(estimates) = &self.estimates {
            body["estimates"] = estimates.json(&self.locations);
        }
        body
    }
}
