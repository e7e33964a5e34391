//! An upload that is opened and aborted, to see whether one could be.

use std::time::Duration;

use tokio::time::timeout;

use super::bucket::{Bucket, Existing};
use super::client::S3;
use super::destination::Destination;
use super::errors::upload_failed;
use super::preflight::Preflight;
use super::upload::Upload;
use crate::error::{Error, Result};

const LOOK: Duration = Duration::from_secs(7);
const OPEN: Duration = Duration::from_secs(5);
const ABORT: Duration = Duration::from_secs(5);

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rehearsed {
    /// An upload was opened and aborted.
    Possible {
        /// The key, after what `ifExists` makes of a name that is taken.
        key: String,
        /// The bucket's region.
        region: Option<String>,
        /// How the object would be encrypted, in words.
        encryption: Option<String>,
    },
    /// The object is there and `ifExists: skip` says to leave it at that.
    Exists(Existing),
}

/// Looks at bucket and key as an extraction does, opens a multipart upload and aborts it. Nothing stays.
///
/// # Errors
/// As [`Upload::preflight`] and [`Upload::abort`], and what S3 says against opening an upload.
pub async fn rehearse(s3: &S3, destination: Destination) -> Result<Rehearsed> {
    let preflight = timeout(LOOK, Upload::preflight(s3, destination)).await.map_err(|_| late(LOOK))??;
    let mut upload = match preflight {
        Preflight::Ready(upload) => upload,
        Preflight::Skip(existing) => return Ok(Rehearsed::Exists(existing)),
    };
    upload.create(Vec::new());
    let opened = timeout(OPEN, upload.created()).await;
    let encryption = upload.state.multipart().and_then(|open| open.encryption.take());
    // Whatever came of opening it, it may be open.
    let aborted = upload.abort(ABORT).await;
    opened.map_err(|_| late(OPEN))??;
    aborted?;
    Ok(Rehearsed::Possible {
        key: upload.key(),
        region: upload.bucket.client.config().region().map(ToString::to_string),
        encryption,
    })
}

/// Whether the bucket is there, but not the account's that the destination names.
pub async fn belongs_to_another(s3: &S3, destination: &Destination) -> bool {
    let Destination { bucket: name, bucket_owner: Some(_), .. } = destination else { return false };
    let of = |owner| Bucket { client: s3.client(name), name: name.clone(), owner };
    let (its, anyones) = (of(destination.bucket_owner.clone()), of(None));
    let (its, anyones) = tokio::join!(its.exists(), anyones.exists());
    matches!((its, anyones), (Ok(None), Ok(Some(true))))
}

fn late(limit: Duration) -> Error {
    upload_failed(format!("S3 gave no answer within {} s.", limit.as_secs()))
}
