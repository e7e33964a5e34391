//! The upload stage on this machine: the bytes become one file, or go to standard output.
//!
//! A file gets its name only when it is complete: it is written under a temporary name in the same folder,
//! synchronized, and renamed, which replaces an existing file with [`IfFileExists::Overwrite`] only. In every other
//! case the temporary file is removed. Outputs that cannot be renamed (standard output, a named pipe, a device) are
//! written to as the parts come.

mod errors;
mod file;
mod finished;
mod folder;
mod preflight;
mod set;
mod stdout;
mod whole;
mod writer;

pub use finished::Finished;
pub use folder::{Folder, FolderLock};
pub use preflight::Preflight;
pub use set::{LocalSet, SetFinished, SetPreflight, SetTarget};
pub(crate) use stdout::stdout;
pub(crate) use whole::write_whole;
pub use writer::LocalWriter;

use std::path::PathBuf;

use crate::job::IfFileExists;

/// A place on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Standard output.
    Stdout,
    /// A file that does not exist yet, or a named pipe or device that does.
    Path(PathBuf),
}

/// A local output, and what happens if its name is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTarget {
    /// Where the rows go.
    pub place: Place,
    /// What happens if a file of that name exists.
    pub if_exists: IfFileExists,
    /// The id from which suffixes are made.
    pub request_id: String,
}
