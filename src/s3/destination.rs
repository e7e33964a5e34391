//! The destination of an object.

use crate::job::{IfExists, WriteOptions};
use crate::names::Names;

/// The destination of an object, and the object's properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The name of the bucket.
    pub bucket: String,
    /// The account that must own the bucket; sent as `ExpectedBucketOwner` with every request.
    pub bucket_owner: Option<String>,
    /// The wanted key and its alternatives. Their id is kept as metadata `extraction-id`, which identifies
    /// the object if S3's response gets lost.
    pub keys: Names,
    /// What happens when a key is taken.
    pub if_exists: IfExists,
    /// How the object is written.
    pub options: WriteOptions,
    /// `Content-Type` of the object.
    pub content_type: String,
    /// `Content-Encoding` of the object.
    pub content_encoding: Option<String>,
}

impl Destination {
    /// Returns the destination of a CSV object under `key`, with a suffix if that is taken, and defaults for
    /// the rest. `id` is the id of the extraction.
    pub fn csv(bucket: impl Into<String>, key: &str, id: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            bucket_owner: None,
            keys: Names::new(key, id),
            if_exists: IfExists::Suffix,
            options: WriteOptions::default(),
            content_type: "text/csv; charset=utf-8".to_owned(),
            content_encoding: None,
        }
    }
}
