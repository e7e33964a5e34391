//! The destination of the file.

use super::file_name::{FileName, Template};
use super::write_options::WriteOptions;

/// Where the file goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An object in S3.
    Object(ObjectTarget),
    /// An output on this machine.
    Local(LocalOutput, IfFileExists),
}

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectTarget {
    /// The bucket.
    pub bucket: String,
    /// The account that the bucket must belong to.
    pub bucket_owner: Option<String>,
    /// The prefix of the key, without the slash after it; `None` for the root of the bucket.
    pub key_prefix: Option<Template>,
    /// How the object is named.
    pub file_name: FileName,
    /// How the object is written.
    pub options: WriteOptions,
    /// What happens if the name is taken.
    pub if_exists: IfExists,
}

impl ObjectTarget {
    /// Returns whether the time of day is part of the key, so that no two runs want the same one.
    pub(super) fn has_time(&self) -> bool {
        self.file_name.has_time() || self.key_prefix.as_ref().is_some_and(Template::has_time)
    }
}

/// An output on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalOutput {
    /// Standard output.
    Stdout,
    /// A file that does not exist yet, or a named pipe or device that does.
    Path(Template),
}

/// What happens if the name of an object is taken. An object is never overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IfExists {
    /// The name gets a suffix from the request id.
    Suffix,
    /// The extraction fails with `ObjectExists`.
    Fail,
    /// The existing object is the result.
    Skip,
}

/// What happens if the name of a local file is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfFileExists {
    /// The extraction fails with `ObjectExists`.
    Fail,
    /// The complete file replaces the existing one, by renaming.
    Overwrite,
    /// The name gets a suffix from the request id.
    Suffix,
    /// The existing file is the result.
    Skip,
}
