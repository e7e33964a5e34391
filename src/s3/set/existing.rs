//! A set that was complete before.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;

use super::destination::SetDestination;
use super::success::{BYTES, FILES, ROWS};
use crate::part::{MANIFEST, SUCCESS, SetExisting};
use crate::s3::bucket::{Bucket, Head};

/// Describes the set whose manifest exists. Its figures are metadata of `_SUCCESS`: when the metadata of the
/// manifest were sent, which is when its upload began, no row had been read.
pub(super) async fn existing(bucket: &Bucket, destination: &SetDestination) -> SetExisting {
    let location = destination.location();
    let found = match bucket.head(&format!("{}{SUCCESS}", destination.folder())).await {
        Ok(Head::Found(found)) => Some(found),
        _ => None,
    };
    let figure = |name| found.as_deref().and_then(|found| figure(found, name));
    SetExisting {
        manifest: format!("{location}{MANIFEST}"),
        rows: figure(ROWS),
        files: figure(FILES),
        bytes: figure(BYTES),
        location,
    }
}

fn figure(found: &HeadObjectOutput, name: &str) -> Option<u64> {
    found.metadata()?.get(name)?.parse().ok()
}
