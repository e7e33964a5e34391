//! The findings that have appeared or ended since the last run.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::finding::Finding;

/// The findings to publish.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// Findings that the last run did not have.
    pub appeared: Vec<Finding>,
    /// Findings of the last run that this run checked and did not see.
    pub ended: Vec<Finding>,
}

impl Changes {
    /// Returns whether there is nothing to publish.
    pub fn is_empty(&self) -> bool {
        self.appeared.is_empty() && self.ended.is_empty()
    }

    /// Adds the changes that an earlier run could not publish, as far as they still hold for `findings`.
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
                // Its appearance was never published, so its end need not be.
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
}

/// Changes that a run is about to publish. They are in `overview.json` until the run has published them, so
/// that a run that fails loses none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unpublished {
    /// The request id of the run.
    pub request_id: String,
    /// When the run began.
    pub at: DateTime<Utc>,
    /// The changes to publish.
    pub changes: Changes,
}
