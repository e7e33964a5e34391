//! Where the object goes.

use crate::job::IfExists;
use crate::names::Names;

/// Where the object goes and what it is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Name of the bucket.
    pub bucket: String,
    /// Account that must own the bucket; sent as `ExpectedBucketOwner` with every request.
    pub bucket_owner: Option<String>,
    /// The wanted key and those after it. Their id is kept as metadata `extraction-id`, by which the object of a lost
    /// answer is recognised.
    pub keys: Names,
    /// What happens when a key is taken.
    pub if_exists: IfExists,
    /// KMS key to encrypt with; `None`: as the bucket does it.
    pub kms_key_id: Option<String>,
    /// `Content-Type` of the object.
    pub content_type: String,
    /// `Content-Encoding` of the object.
    pub content_encoding: Option<String>,
}

impl Destination {
    /// A CSV object under `key`, with a suffix if that is taken, and with no wishes beyond. `id` is the extraction's.
    pub fn csv(bucket: impl Into<String>, key: &str, id: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            bucket_owner: None,
            keys: Names::new(key, id),
            if_exists: IfExists::Suffix,
            kms_key_id: None,
            content_type: "text/csv; charset=utf-8".to_owned(),
            content_encoding: None,
        }
    }
}
