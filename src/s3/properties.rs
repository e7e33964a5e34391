//! The properties of an object that is written.

use std::collections::HashMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;

use crate::job::WriteOptions;

/// The metadata entry with the id of the extraction that wrote an object.
const EXTRACTION_ID: &str = "extraction-id";
/// The metadata entry with the id of the delivery for which an object was written.
const DELIVERY_ID: &str = "delivery-id";

/// The properties of an object that is written, among them the metadata by which it is recognised.
#[derive(Debug, Clone)]
pub(super) struct Properties {
    pub(super) options: WriteOptions,
    pub(super) content_type: String,
    pub(super) content_encoding: Option<String>,
    pub(super) metadata: HashMap<String, String>,
}

impl Properties {
    /// Returns whether the same extraction wrote the object. All metadata must agree: two deliveries of one event have the
    /// same id, and windows of different bounds may have the same rows.
    pub(super) fn wrote(&self, found: &HeadObjectOutput) -> bool {
        self.metadata.keys().all(|name| self.agrees(found, name))
    }

    /// Returns whether an attempt of the same delivery wrote the object.
    pub(super) fn delivered(&self, found: &HeadObjectOutput) -> bool {
        self.agrees(found, DELIVERY_ID)
    }

    fn agrees(&self, found: &HeadObjectOutput, name: &str) -> bool {
        let wanted = self.metadata.get(name);
        wanted.is_some() && found.metadata().and_then(|metadata| metadata.get(name)) == wanted
    }
}

/// Returns the metadata by which an object is recognised.
pub(super) fn ids(extraction: &str, delivery: Option<&str>) -> HashMap<String, String> {
    let delivery = delivery.map(|id| (DELIVERY_ID.to_owned(), id.to_owned()));
    [(EXTRACTION_ID.to_owned(), extraction.to_owned())].into_iter().chain(delivery).collect()
}

/// Returns whether an extraction wrote the object.
pub(super) fn is_extracted(found: &HeadObjectOutput) -> bool {
    found.metadata().is_some_and(|metadata| metadata.contains_key(EXTRACTION_ID))
}
