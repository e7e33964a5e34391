//! What is new since the last run, and what has ended.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::model::Overview;

/// What is to be published.
#[derive(Debug, Clone, Default, PartialEq)]
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
