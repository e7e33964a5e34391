//! The destination of an object.

use super::properties::{Properties, ids};
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
    /// The metadata `delivery-id`, which identifies an object that an earlier attempt of the same delivery wrote; `None` if no
    /// other attempt wants this key.
    pub delivery_id: Option<String>,
    /// What happens when a key is taken.
    pub if_exists: IfExists,
    /// How the object is written.
    pub options: WriteOptions,
    /// `Content-Type` of the object.
    pub content_type: String,
    /// `Content-Encoding` of the object.
    pub content_encoding: Option<String>,
    /// Further metadata.
    pub metadata: Vec<(String, String)>,
}

impl Destination {
    /// Returns the destination of an object under `key`, with a suffix if that is taken, and defaults for the rest. `id` is
    /// the id of the extraction.
    pub fn new(bucket: impl Into<String>, key: &str, id: impl Into<String>, content_type: &str) -> Self {
        Self {
            bucket: bucket.into(),
            bucket_owner: None,
            keys: Names::new(key, id),
            delivery_id: None,
            if_exists: IfExists::Suffix,
            options: WriteOptions::default(),
            content_type: content_type.to_owned(),
            content_encoding: None,
            metadata: Vec::new(),
        }
    }

    /// Returns the properties of the object.
    pub(super) fn properties(&self) -> Properties {
        let mut metadata = ids(self.keys.id(), self.delivery_id.as_deref());
        metadata.extend(self.metadata.iter().cloned());
        Properties {
            options: self.options.clone(),
            content_type: self.content_type.clone(),
            content_encoding: self.content_encoding.clone(),
            metadata,
        }
    }
}
