//! A request: its action, and how its failure is reported.

use super::discovery::Discovery;
use super::extraction::Extraction;
use super::plan::Plan;
use super::survey::Survey;
use crate::error::Result;

/// The request of one event. The action of an invalid event holds the error.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What to do.
    pub action: Action,
    /// Whether a failure fails the invocation itself, even that of an invalid event.
    pub raise_on_error: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Export the query's result.
    Extract(Result<Extraction>),
    /// Check an extraction hop by hop; an invalid event is the result of the first hop.
    Diagnose(Result<Extraction>),
    /// List the databases that roles can see.
    Discover(Result<Discovery>),
    /// Collect all databases and exports, and write the page.
    Overview(Result<Survey>),
    /// Make a list of extractions.
    Plan(Result<Box<Plan>>),
}

impl Action {
    /// Returns whether the action calls AWS.
    pub fn calls_aws(&self) -> bool {
        match self {
            Self::Extract(job) | Self::Diagnose(job) => job.as_ref().is_ok_and(Extraction::calls_aws),
            Self::Discover(discovery) => discovery.is_ok(),
            Self::Overview(survey) => survey.is_ok(),
            Self::Plan(plan) => plan.is_ok(),
        }
    }

    /// Returns the error of an invalid event.
    #[cfg(test)]
    pub(crate) fn error(&self) -> Option<&crate::error::Error> {
        match self {
            Self::Extract(job) | Self::Diagnose(job) => job.as_ref().err(),
            Self::Discover(discovery) => discovery.as_ref().err(),
            Self::Overview(survey) => survey.as_ref().err(),
            Self::Plan(plan) => plan.as_ref().err(),
        }
    }
}
