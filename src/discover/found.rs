//! The result of one role.

use super::database::Database;
use crate::error::Error;

/// The result of one role: the databases of the calls that succeeded and the errors of those that failed.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) databases: Vec<Database>,
    pub(super) errors: Vec<Error>,
    /// Whether any call succeeded, even if it listed no database.
    pub(super) answered: bool,
}

impl Found {
    pub(super) fn nothing(error: Error) -> Self {
        Self { errors: vec![error], ..Self::default() }
    }
}
