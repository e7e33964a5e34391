//! What the destinations of a set of files take and return.

use bytes::Bytes;

use super::checksum::Crc64Nvme;

/// Identifies a file within its set. The caller chooses it and never uses it again.
pub type FileId = u32;

/// A file of a set whose last part was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSent {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its CRC-64/NVME as S3 writes it.
    pub crc64nvme: String,
}

impl FileSent {
    /// Describes a file of this length and checksum.
    pub(crate) fn new(bytes: u64, crc: Crc64Nvme) -> Self {
        Self { bytes, crc64nvme: crc.to_base64() }
    }
}

/// The manifest of a set, which makes the set complete, and what goes beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetManifest {
    /// `_manifest.json`.
    pub bytes: Bytes,
    /// Other manifests, which are written before it, with their names in the set's folder.
    pub others: Vec<(String, Bytes)>,
    /// The number of rows in the set.
    pub rows: u64,
    /// The number of files in the set.
    pub files: u64,
}

/// A complete set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetWritten {
    /// Its folder: `s3://bucket/folder/`, or a path.
    pub location: String,
    /// Where its manifest is.
    pub manifest: String,
    /// The length of all its files.
    pub bytes: u64,
    /// What went wrong after the set was complete.
    pub warnings: Vec<String>,
}

/// A set that was complete before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetExisting {
    /// Its folder: `s3://bucket/folder/`, or a path.
    pub location: String,
    /// Where its manifest is.
    pub manifest: String,
    /// The number of its rows, if known.
    pub rows: Option<u64>,
    /// The number of its files, if known.
    pub files: Option<u64>,
    /// The length of all its files, if known.
    pub bytes: Option<u64>,
}

/// The name of a set's manifest in its folder.
pub(crate) const MANIFEST: &str = "_manifest.json";
/// The name of the empty file that says that a set is complete.
pub(crate) const SUCCESS: &str = "_SUCCESS";
