//! The errors of an event that cannot be run.

use crate::error::{Error, ErrorType, Stage};

/// The error of a text that is no object.
pub(super) fn not_an_event(what: &str) -> Error {
    invalid(format!("The event {what}."))
}

/// The error of an event that cannot be run.
pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Event, message)
}
