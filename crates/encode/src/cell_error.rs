//! The error of a row that cannot be encoded.

use std::fmt;

/// The error of a cell or row that does not have the form that the server announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// The number of the column in the result, from 1, or 0 if the row itself is malformed.
    pub column: usize,
    /// The column's label.
    pub label: String,
    /// What is wrong. It never contains the value.
    pub reason: &'static str,
}

impl fmt::Display for CellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            0 => write!(f, "the server sent a row that cannot be read: {}", self.reason),
            column => write!(f, "column {column} (\"{}\") cannot be read: {}", self.label, self.reason),
        }
    }
}

impl std::error::Error for CellError {}
