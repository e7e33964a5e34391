//! The stage upload on this machine: CSV bytes become one file, or go to standard output.
//!
//! A file has its name only when it is complete: it is written under a temporary one in the same folder, synchronised,
//! and renamed without overwriting. On every other way out the temporary file is removed. What cannot be renamed
//! (standard output, a named pipe, a device) is written to as the parts come.

mod errors;
mod file;
mod finished;
mod preflight;
mod writer;

pub use finished::Finished;
pub use preflight::Preflight;
pub use writer::LocalWriter;

use crate::job::{IfExists, LocalOutput};

/// A local output, and what happens if its name is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTarget {
    /// Where the CSV goes.
    pub output: LocalOutput,
    /// What happens if a file of that name exists.
    pub if_exists: IfExists,
    /// The source of suffixes.
    pub request_id: String,
}
