//! What is new since the last run, and what has ended.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::model::Overview;

/// What is to be published.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// Findings that the last run did not have.
    pub appeared: Vec<Finding>,
    /// Findings of the last run that this one looked for and did not see.
    pub ended: Vec<Finding>,
}

impl Changes {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.appeared.is_empty() && self.ended.is_empty()
    }

    /// Takes over what an earlier run could not publish, as far as it still holds for `findings`.
    ///
    /// ```
    /// # use extractor_overview::{Changes, Finding};
    /// let mut changes = Changes::default();
    /// changes.take_over(Changes::default(), &[]);
    /// assert!(changes.is_empty());
    /// ```
    pub fn take_over(&mut self, earlier: Self, findings: &[Finding]) {
        let stands = |old: &Finding| findings.iter().any(|finding| finding.key() == old.key());
        let missing = |list: &[Finding], old: &Finding| !list.iter().any(|there| there.key() == old.key());
        for old in earlier.appeared {
            if stands(&old) && missing(&self.appeared, &old) {
                self.appeared.push(old);
            } else {
                // Nobody was told that it came: nobody needs to be told that it went.
                self.ended.retain(|ended| ended.key() != old.key());
            }
        }
        for old in earlier.ended {
            if !stands(&old) && missing(&self.ended, &old) {
                self.ended.push(old);
            } else {
                self.appeared.retain(|appeared| appeared.key() != old.key());
            }
        }
    }

    /// Compares the overview's findings with those `before`, and takes over what this run could not look for.
    pub(crate) fn new(overview: &mut Overview, before: &[Finding]) -> Self {
        let mut changes = Self::default();
        let now: BTreeSet<_> = overview.findings.iter().map(Finding::key).collect();
        let mut kept = Vec::new();
        for old in before.iter().filter(|old| !now.contains(&old.key())) {
            if overview.knows(old.account.as_deref(), old.region.as_deref(), old.kind.source()) {
                changes.ended.push(old.clone());
            } else {
                kept.push(Finding { unchecked: true, ..old.clone() });
            }
        }
        for finding in &mut overview.findings {
            match before.iter().find(|old| old.key() == finding.key()) {
                Some(old) => finding.since = old.since,
                None => changes.appeared.push(finding.clone()),
            }
        }
        overview.findings.append(&mut kept);
        overview.findings.sort_by(|a, b| (a.severity, a.key()).cmp(&(b.severity, b.key())));
        changes
    }
}

/// Changes that a run is about to publish; they stand in `overview.json` until it has, so that none is lost with the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unpublished {
    /// The run.
    pub request_id: String,
    /// When it began.
    pub at: DateTime<Utc>,
    /// What it was to publish.
    pub changes: Changes,
}
