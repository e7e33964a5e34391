//! The destination of an object.

use std::collections::HashMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;

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
        }
    }

    /// Returns the metadata of the object.
    pub(super) fn metadata(&self) -> HashMap<String, String> {
        let delivery = self.delivery_id.clone().map(|id| (DELIVERY_ID.to_owned(), id));
        [(EXTRACTION_ID.to_owned(), self.keys.id().to_owned())].into_iter().chain(delivery).collect()
    }

    /// Returns whether this extraction wrote the object.
    pub(super) fn wrote(&self, found: &HeadObjectOutput) -> bool {
        entry(found, EXTRACTION_ID) == Some(self.keys.id())
    }

    /// Returns whether an earlier attempt of the same delivery wrote the object.
    pub(super) fn delivered(&self, found: &HeadObjectOutput) -> bool {
        self.delivery_id.is_some() && entry(found, DELIVERY_ID) == self.delivery_id.as_deref()
    }
}

/// The metadata entry with the id of the extraction that wrote an object.
const EXTRACTION_ID: &str = "extraction-id";
/// The metadata entry with the id of the delivery for which an object was written.
const DELIVERY_ID: &str = "delivery-id";

fn entry<'a>(found: &'a HeadObjectOutput, name: &str) -> Option<&'a str> {
    found.metadata()?.get(name).map(String::as_str)
}
