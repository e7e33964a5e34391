//! Where the file goes.

use std::path::PathBuf;

use super::file_name::FileName;

/// Where the file goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An object in S3.
    Object(ObjectTarget),
    /// This machine.
    Local(LocalOutput),
}

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectTarget {
    /// The bucket.
    pub bucket: String,
    /// The account that the bucket must belong to.
    pub bucket_owner: Option<String>,
    /// What the key begins with, without the slash after it; `None`: the root of the bucket.
    pub key_prefix: Option<String>,
    /// How the object is named.
    pub file_name: FileName,
    /// KMS key to encrypt with; `None`: as the bucket does it.
    pub kms_key_id: Option<String>,
}

/// A place on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalOutput {
    /// Standard output.
    Stdout,
    /// A file that does not exist yet, or a named pipe or device that does.
    Path(PathBuf),
}

/// What happens if the name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// The name gets a suffix from the request id.
    Suffix,
    /// The extraction fails as `ObjectExists`.
    Fail,
    /// The object that is there is the answer.
    Skip,
}
