//! The result of an overview, and the response.

use std::time::Duration;

use extractor_overview::Overview;
use serde_json::{Value, json};

/// The result of an overview.
#[derive(Debug)]
pub struct Kept {
    /// The content of the page.
    pub overview: Overview,
    /// The location of the page.
    pub location: String,
    /// Findings that are new since the last run.
    pub appeared: usize,
    /// Findings of the last run that are gone.
    pub ended: usize,
    /// Findings that were published.
    pub published: usize,
    /// Warnings for the caller, although nothing failed.
    pub warnings: Vec<String>,
}

impl Kept {
    /// Returns how many calls failed.
    fn failures(&self) -> usize {
        let of_places = self.overview.places.iter().map(|place| place.failures.len());
        self.overview.failures.len() + of_places.sum::<usize>()
    }

    /// Returns whether all calls succeeded and everything was written.
    pub fn ok(&self) -> bool {
        self.failures() == 0 && self.warnings.is_empty()
    }

    /// Returns a one-sentence summary.
    pub fn message(&self) -> String {
        let overview = &self.overview;
        let missing = match self.failures() {
            0 => String::new(),
            1 => "; 1 call failed, see the page".to_owned(),
            failures => format!("; {failures} calls failed, see the page"),
        };
        format!(
            "{} databases in {} accounts, {} findings{missing}",
            overview.databases.len(),
            overview.accounts().len(),
            overview.findings.len()
        )
    }

    /// Returns the response body.
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
