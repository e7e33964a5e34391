//! What became of an overview, as it is answered.

use std::time::Duration;

use extractor_overview::Overview;
use serde_json::json;

use crate::response::Report;

/// What became of the overview.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) overview: Overview,
    pub(super) location: String,
    pub(super) appeared: usize,
    pub(super) ended: usize,
    pub(super) published: usize,
    pub(super) warnings: Vec<String>,
}

impl Kept {
    /// The answer.
    pub(super) fn report(&self, elapsed: Duration) -> Report {
        let overview = &self.overview;
        let failures =
            overview.failures.len() + overview.places.iter().map(|place| place.failures.len()).sum::<usize>();
        let missing = match failures {
            0 => String::new(),
            failures => format!("; {failures} could not be asked, see the page"),
        };
        let message = format!(
            "{} databases in {} accounts, {} findings{missing}",
            overview.databases.len(),
            overview.accounts().len(),
            overview.findings.len()
        );
        let body = [
            ("message", json!(message)),
            ("page", json!(self.location)),
            ("databases", json!(overview.databases.len())),
            ("findings", json!(overview.findings)),
            ("appeared", json!(self.appeared)),
            ("ended", json!(self.ended)),
            ("published", json!(self.published)),
            ("failures", json!(failures)),
            ("calls", json!(overview.calls)),
            ("warnings", json!(self.warnings)),
            ("executionTime", json!(format!("{:.1} seconds", elapsed.as_secs_f64()))),
        ];
        let body = body.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Report { ok: failures == 0 && self.warnings.is_empty(), message, body }
    }
}
