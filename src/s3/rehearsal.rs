//! A trial upload, which is opened and aborted to see whether an upload is possible.

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

/// The result of a trial upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rehearsed {
    /// An upload was opened and aborted.
    Possible {
        /// The key, with the suffix of `ifExists` if the name is taken.
        key: String,
        /// The bucket's region.
        region: Option<String>,
        /// How the object would be encrypted, in words.
        encryption: Option<String>,
    },
    /// The object exists, and `ifExists: skip` keeps it.
    Exists(Existing),
}

/// Checks the bucket and the key as an extraction does, opens a multipart upload and aborts it. Nothing is
/// left behind.
///
/// # Errors
/// The errors of [`Upload::preflight`] and [`Upload::abort`], and the error with which S3 refuses to open an
/// upload.
pub async fn rehearse(s3: &S3, destination: Destination) -> Result<Rehearsed> {
    let preflight = timeout(LOOK, Upload::preflight(s3, destination)).await.map_err(|_| late(LOOK))??;
    let mut upload = match preflight {
        Preflight::Ready(upload) => upload,
        Preflight::Skip(existing) | Preflight::Delivered(existing) => return Ok(Rehearsed::Exists(existing)),
    };
    upload.create(Vec::new());
    let opened = timeout(OPEN, upload.created()).await;
    let encryption = upload.state.multipart().and_then(|open| open.encryption.take());
    // The upload may be open even if opening it failed.
    let aborted = upload.abort(ABORT).await;
    opened.map_err(|_| late(OPEN))??;
    aborted?;
    Ok(Rehearsed::Possible { key: upload.key(), region: upload.bucket.region(), encryption })
}

/// Returns whether the bucket exists but does not belong to the account that the destination names.
pub async fn belongs_to_another(s3: &S3, destination: &Destination) -> bool {
    let Destination { bucket: name, bucket_owner: Some(_), .. } = destination else { return false };
    let of = |owner| Bucket { client: s3.client(name), name: name.clone(), owner, sign_payload: false };
    let (its, anyones) = (of(destination.bucket_owner.clone()), of(None));
    let (its, anyones) = tokio::join!(its.exists(), anyones.exists());
    matches!((its, anyones), (Ok(None), Ok(Some(true))))
}

fn late(limit: Duration) -> Error {
    upload_failed(format!("S3 gave no answer within {} s.", limit.as_secs()))
}
