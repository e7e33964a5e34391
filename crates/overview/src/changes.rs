//! What is new since the last run, and what has ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::finding::Finding;

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
