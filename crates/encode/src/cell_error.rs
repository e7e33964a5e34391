//! The error of a row that cannot be encoded.

use std::fmt;

/// A cell that cannot be encoded, because what the server sent is not what it announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// The place of the column in the result, from 1; 0 where it is the row that is malformed.
    pub column: usize,
    /// The column's label.
    pub label: String,
    /// What is wrong, without the value.
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
