//! One request: what it asks for, and how its failure is answered.

use super::discovery::Discovery;
use super::extraction::Extraction;
use super::survey::Survey;
use crate::error::{Error, Result};

/// What one event asks for. An action of an event that is wrong has the error that answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What to do.
    pub action: Action,
    /// Whether a failure fails the invocation itself, also where the event is wrong.
    pub raise_on_error: bool,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Export the query's result.
    Extract(Result<Extraction>),
    /// Walk the way of an extraction hop by hop; what is wrong with the event is the first hop's result.
    Diagnose(Result<Extraction>),
    /// List the databases that roles can see.
    Discover(Result<Discovery>),
    /// Look at all databases and exports, and write the page.
    Overview(Result<Survey>),
}

impl Action {
    /// What is wrong with the event, if anything is.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Extract(job) | Self::Diagnose(job) => job.as_ref().err(),
            Self::Discover(discovery) => discovery.as_ref().err(),
            Self::Overview(survey) => survey.as_ref().err(),
        }
    }
}
