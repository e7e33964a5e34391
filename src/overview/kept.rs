//! What became of an overview, as it is answered.

use std::time::Duration;

use extractor_overview::Overview;
use serde_json::{Value, json};

/// What became of the overview.
#[derive(Debug)]
pub struct Kept {
    /// What was seen.
    pub overview: Overview,
    /// Where the page lies.
    pub location: String,
    /// Findings that are new since the last run.
    pub appeared: usize,
    /// Findings of the last run that are gone.
    pub ended: usize,
    /// Findings that were published.
    pub published: usize,
    /// What the caller should know although nothing failed.
    pub warnings: Vec<String>,
}

impl Kept {
    /// How many calls failed.
    fn failures(&self) -> usize {
        let of_places = self.overview.places.iter().map(|place| place.failures.len());
        self.overview.failures.len() + of_places.sum::<usize>()
    }

    /// Whether everything could be asked and written.
    pub fn ok(&self) -> bool {
        self.failures() == 0 && self.warnings.is_empty()
    }

    /// One sentence.
    pub fn message(&self) -> String {
        let overview = &self.overview;
        let missing = match self.failures() {
            0 => String::new(),
            failures => format!("; {failures} could not be asked, see the page"),
        };
        format!(
            "{} databases in {} accounts, {} findings{missing}",
            overview.databases.len(),
            overview.accounts().len(),
            overview.findings.len()
        )
    }

    /// The answer's body.
    pub fn body(&self, elapsed: Duration) -> Value {
        let overview = &self.overview;
        json!({
            "message": self.message(),
            "page": self.location,
            "databases": overview.databases.len(),
            "findings": overview.findings,
            "appeared": self.appeared,
            "ended": self.ended,
            "published": self.published,
            "failures": self.failures(),
            "calls": overview.calls,
            "warnings": self.warnings,
            "executionTime": format!("{:.1} seconds", elapsed.as_secs_f64()),
        })
    }
}
