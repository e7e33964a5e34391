//! The error of a row that cannot be encoded.

use std::fmt;

/// The error of a cell or row that does not have the form that the server announced, or that the format cannot
/// represent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// The number of the column in the result, from 1, or 0 if the row itself is malformed.
    pub column: usize,
    /// The column's label.
    pub label: String,
    /// Whether the server or the value is to blame.
    pub kind: CellErrorKind,
    /// What is wrong. It never contains the value.
    pub reason: &'static str,
}

/// Whether the server or the value is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellErrorKind {
    /// The cell or the row does not have the form that the server announced.
    Malformed,
    /// The format cannot represent the value. The reason completes the sentence "the value is …".
    Unrepresentable,
}

impl fmt::Display for CellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.column) {
            (CellErrorKind::Unrepresentable, column) => {
                write!(
                    f,
                    "column {column} (\"{}\") has a value that its type in the file cannot represent: {}",
                    self.label, self.reason
                )
            }
            (_, 0) => write!(f, "the server sent a row that cannot be read: {}", self.reason),
            (_, column) => write!(f, "column {column} (\"{}\") cannot be read: {}", self.label, self.reason),
        }
    }
}

impl std::error::Error for CellError {}
