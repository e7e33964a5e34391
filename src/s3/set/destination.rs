//! The destination of a set.

use crate::job::{IfExists, WriteOptions};
use crate::names::Names;
use crate::s3::destination::Destination;
use crate::s3::properties::{Properties, ids};

/// The destination of a set, and the properties of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetDestination {
    /// The name of the bucket.
    pub bucket: String,
    /// The account that must own the bucket; sent as `ExpectedBucketOwner` with every request.
    pub bucket_owner: Option<String>,
    /// The wanted folder, without a slash at its end, and its alternatives. Their id is kept as metadata
    /// `extraction-id`, which identifies the objects if S3's response gets lost.
    pub names: Names,
    /// The metadata `delivery-id`, which identifies a set that an earlier attempt of the same delivery wrote; `None`
    /// if no other attempt wants this folder.
    pub delivery_id: Option<String>,
    /// What happens when a folder is taken.
    pub if_exists: IfExists,
    /// How the files are written. What describes them (`_manifest.json` and the like) is always in storage class
    /// `STANDARD`.
    pub options: WriteOptions,
    /// `Content-Type` of the files.
    pub content_type: String,
    /// `Content-Encoding` of the files.
    pub content_encoding: Option<String>,
}

impl SetDestination {
    /// Returns the destination of a set in `folder`, with a suffix if that is taken, and defaults for the rest. `id` is
    /// the id of the extraction.
    pub fn new(bucket: impl Into<String>, folder: &str, id: impl Into<String>, content_type: &str) -> Self {
        Self {
            bucket: bucket.into(),
            bucket_owner: None,
            names: Names::new(folder, id),
            delivery_id: None,
            if_exists: IfExists::Suffix,
            options: WriteOptions::default(),
            content_type: content_type.to_owned(),
            content_encoding: None,
        }
    }

    /// Returns the folder with a slash at its end.
    pub(super) fn folder(&self) -> String {
        format!("{}/", self.names.current())
    }

    /// Returns `s3://bucket/folder/`.
    pub(super) fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.folder())
    }

    /// Returns the properties of the files.
    pub(super) fn properties(&self) -> Properties {
        Properties {
            options: self.options.clone(),
            content_type: self.content_type.clone(),
            content_encoding: self.content_encoding.clone(),
            metadata: ids(self.names.id(), self.delivery_id.as_deref()),
        }
    }

    /// Returns the destination of an object in the folder that describes the set. Its readers expect it at
    /// once, so it is never in a storage class from which objects must be restored.
    pub(super) fn describing(&self, name: &str) -> Destination {
        Destination {
            bucket: self.bucket.clone(),
            bucket_owner: self.bucket_owner.clone(),
            keys: Names::new(&format!("{}{name}", self.folder()), self.names.id()),
            delivery_id: self.delivery_id.clone(),
            if_exists: self.if_exists,
            options: WriteOptions { storage_class: None, ..self.options.clone() },
            content_type: "application/json".to_owned(),
            content_encoding: None,
            metadata: Vec::new(),
        }
    }
}
