//! The result of writing.

use std::path::PathBuf;

/// How writing ended, without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// The file is complete, with this many bytes.
    Written(PathBuf, u64),
    /// Another file, with this many bytes, appeared under the name in the meantime, and `IfFileExists::Skip`
    /// keeps it.
    Exists(PathBuf, u64),
    /// This many bytes went to an output that has no name of its own.
    Passed(u64),
}
