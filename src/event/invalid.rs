//! The errors of an invalid event.

use crate::error::{Error, ErrorType, Stage};

/// Returns the error for a text that is not a JSON object.
pub(super) fn not_an_event(what: &str) -> Error {
    invalid(format!("The event {what}."))
}

/// Returns the error for an invalid event.
pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Event, message)
}
