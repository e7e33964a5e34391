//! The destination of a set on this machine.

use std::path::PathBuf;

use crate::job::IfFileExists;

/// The folder of a set on this machine, and what happens if it is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTarget {
    /// The folder. It may exist if it is empty; the folder in which it is must exist.
    pub folder: PathBuf,
    /// What happens if something is in the folder. A set is never overwritten.
    pub if_exists: IfFileExists,
    /// The id of the extraction, from which suffixes are made.
    pub id: String,
}
