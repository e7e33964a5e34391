//! Errors of incremental exports.

use crate::error::{Error, ErrorType, Stage};

/// The error of an export that no event can ask for.
pub(super) fn no_table() -> Error {
    Error::new(ErrorType::Internal, Stage::Query, "An incremental export has no table.")
}

/// The error of an event that asks for what the server does not have.
pub(super) fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Query, message)
}
