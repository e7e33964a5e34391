//! Checks the bucket and the object before the query runs.

use super::bucket::{Bucket, Existing, Head};
use super::client::S3;
use super::destination::Destination;
use super::errors::{Failure, bucket_not_found, object_exists, upload_failed};
use super::upload::Upload;
use crate::error::{Error, Result};
use crate::job::IfExists;

/// The number of names that are checked before the conditional write decides.
const LOOKS: u32 = 3;

/// The result of the check before the query runs.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one per extraction")]
pub enum Preflight {
    /// The upload can begin.
    Ready(Upload),
    /// The object exists, and [`IfExists::Skip`] keeps it.
    Skip(Existing),
    /// An earlier attempt of the same delivery wrote the object.
    Delivered(Existing),
}

impl Upload {
    /// Checks the bucket and the object before anything expensive is done. Without permission to list, some
    /// checks are left to the writes, which never overwrite an object.
    ///
    /// # Errors
    ///
    /// `BucketNotFound`; `BucketAccessDenied`; `ObjectExists` with [`IfExists::Fail`]; `UploadFailed` if S3 cannot
    /// be reached.
    pub async fn preflight(s3: &S3, mut destination: Destination) -> Result<Preflight> {
        let (bucket, mut head) = reach(s3, &destination).await?;
        let properties = destination.properties();
        for _ in 0..LOOKS {
            let key = destination.keys.current();
            let Head::Found(found) = head else { break };
            if properties.delivered(&found) {
                return Ok(Preflight::Delivered(bucket.existing(&key, &found)));
            }
            match destination.if_exists {
                IfExists::Skip => return Ok(Preflight::Skip(bucket.existing(&key, &found))),
                IfExists::Fail => return Err(object_exists(&bucket.name, &key)),
                IfExists::Suffix => destination.keys.advance(),
            }
            let next = destination.keys.current();
            head = bucket.head(&next).await.map_err(|failure| failure.into_error(&bucket.name, &next))?;
        }
        Ok(Preflight::Ready(Upload::new(bucket, destination)))
    }
}

/// Checks that the bucket exists, in whatever region, and looks for the object.
pub(super) async fn reach(s3: &S3, destination: &Destination) -> Result<(Bucket, Head)> {
    let mut bucket = Bucket {
        client: s3.client(&destination.bucket),
        name: destination.bucket.clone(),
        owner: destination.bucket_owner.clone(),
        sign_payload: destination.options.sign_payload,
    };
    let key = destination.keys.current();
    let mut first = look(&bucket, &key).await;
    if let Err(Seen::Elsewhere(region)) = &first {
        bucket.client = s3.learn_region(&bucket.name, region);
        first = look(&bucket, &key).await;
    }
    let head = first.map_err(|seen| explain_distance(seen.into_error(&bucket), &bucket, s3))?;
    Ok((bucket, head))
}

/// Adds a hint that names the regions if a bucket in another region does not answer. S3 in the function's own
/// region has answered, or the region is known, so the most likely cause is a network with a gateway endpoint
/// only.
fn explain_distance(error: Error, bucket: &Bucket, s3: &S3) -> Error {
    let unanswered = error.aws().is_some_and(|cause| cause.status.is_none());
    match (bucket.region(), s3.region()) {
        (Some(there), Some(here)) if unanswered && there != here => error.with_hint(format!(
            "The bucket is in {there}, the function in {here}, and a gateway endpoint of S3 serves its own region alone: \
             use a bucket in {here}, or give the function's subnets NAT."
        )),
        _ => error,
    }
}

/// The reason why the bucket and the object could not be checked.
enum Seen {
    Elsewhere(String),
    Failed(Error),
}

impl Seen {
    fn into_error(self, bucket: &Bucket) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::Elsewhere(region) => upload_failed(format!(
                "S3 says that bucket {} is in {region}, but S3 in that region denies it.",
                bucket.name
            )),
        }
    }
}

async fn look(bucket: &Bucket, key: &str) -> Result<Head, Seen> {
    let (exists, head) = tokio::join!(bucket.exists(), bucket.head(key));
    let failed = |failure: Failure| match bucket.elsewhere(&failure) {
        Some(region) => Seen::Elsewhere(region),
        None => Seen::Failed(failure.into_error(&bucket.name, key)),
    };
    match exists {
        Ok(Some(false)) => Err(Seen::Failed(bucket_not_found(&bucket.name))),
        Err(failure) => Err(failed(failure)),
        Ok(_) => head.map_err(failed),
    }
}
