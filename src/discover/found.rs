//! What one role gave.

use super::database::Database;
use crate::error::Error;

/// What one role gave: the databases of those calls that worked, the errors of those that did not.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) databases: Vec<Database>,
    pub(super) errors: Vec<Error>,
    /// Whether any call told of databases, be it of none.
    pub(super) answered: bool,
}

impl Found {
    pub(super) fn nothing(error: Error) -> Self {
        Self { errors: vec![error], ..Self::default() }
    }
}
