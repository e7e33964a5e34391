//! How writing ends.

use std::path::PathBuf;

/// How writing ended, errors aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// The file stands, with so many bytes.
    Written(PathBuf, u64),
    /// Another file appeared under the name meanwhile, and `IfExists::Skip` says to leave it at that.
    Exists(PathBuf, u64),
    /// So many bytes went to what has no name of its own.
    Passed(u64),
}
