//! Why a cell is not a value of its column.

use crate::types::Malformed;

/// Why a cell is not a value of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// It does not have the form that the server announced.
    Malformed(Malformed),
    /// The column's type cannot represent it. Completes the sentence "the value is …".
    Unrepresentable(&'static str),
}

impl From<Malformed> for Misfit {
    fn from(reason: Malformed) -> Self {
        Self::Malformed(reason)
    }
}
