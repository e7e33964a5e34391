//! The object that an extraction writes.

use super::run::Run;
use crate::error::Result;
use crate::job::{Compression, CompressionEnding, Ending, Extraction, Naming, ObjectTarget};
use crate::part::MANIFEST;
use crate::s3::Destination;

/// Returns where the object of this run goes, and its properties. Of a set it is the manifest, whose name is claimed.
pub(crate) fn object_destination(
    extraction: &Extraction,
    object: &ObjectTarget,
    run: &Run,
) -> Result<Destination> {
    let mut key =
        extraction.object_key(object, Naming { request_id: &run.request_id, started: run.started })?;
    if extraction.layout.set().is_some() {
        key.push('/');
        key.push_str(MANIFEST);
    }
    let mut destination = destination_at(extraction, object, run, &key);
    destination.delivery_id = extraction.delivery_id(object, &run.delivery);
    Ok(destination)
}

/// Returns an object under this key as the destination of this run, with its properties.
pub(super) fn destination_at(
    extraction: &Extraction,
    object: &ObjectTarget,
    run: &Run,
    key: &str,
) -> Destination {
    let id = extraction.event_id.as_deref().unwrap_or(&run.request_id);
    let mut destination =
        Destination::new(&object.bucket, key, id, extraction.format.format().content_type());
    destination.bucket_owner.clone_from(&object.bucket_owner);
    destination.if_exists = object.if_exists;
    destination.options.clone_from(&object.options);
    let compression = extraction.compression;
    if compression != Compression::None {
        // Content-Encoding makes HTTP clients decompress the file: right if the name does not show the
        // compression, wrong if it does.
        if Ending::of(key).compression == CompressionEnding::Of(compression) {
            destination.content_type = format!("application/{}", compression.as_str());
        } else {
            destination.content_encoding = Some(compression.as_str().to_owned());
        }
    }
    destination
}
