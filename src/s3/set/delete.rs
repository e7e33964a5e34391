//! Deletes objects.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use tokio::time::{Instant, timeout_at};

use crate::s3::bucket::{Bucket, pause};
use crate::s3::errors::Failure;

/// The number of objects that S3 deletes with one request.
pub(super) const BATCH: usize = 1_000;

/// Objects that stand although they were to be deleted.
pub(super) struct Undeleted {
    pub(super) keys: Vec<String>,
    /// Why; `None` if there was no time.
    pub(super) why: Option<Failure>,
}

impl Undeleted {
    /// Returns whether permission is missing.
    pub(super) fn is_denied(&self) -> bool {
        self.why.as_ref().is_some_and(|why| why.is(403))
    }
}

/// Deletes objects, and tries until `until` unless permission is missing.
pub(super) async fn delete(bucket: &Bucket, mut keys: Vec<String>, until: Instant) -> Result<(), Undeleted> {
    let (mut attempt, mut why) = (0, None);
    while !keys.is_empty() {
        let batch: Vec<_> = keys.drain(..keys.len().min(BATCH)).collect();
        let stays = match timeout_at(until, delete_once(bucket, &batch)).await {
            Ok(Ok((stays, first))) => {
                why = first.or(why);
                stays
            }
            Ok(Err(failure)) => {
                why = Some(failure);
                batch
            }
            Err(_) => {
                keys.extend(batch);
                break;
            }
        };
        if stays.is_empty() {
            continue;
        }
        keys.extend(stays);
        let denied = why.as_ref().is_some_and(|why: &Failure| why.is(403));
        if denied || timeout_at(until, pause(attempt)).await.is_err() {
            break;
        }
        attempt += 1;
    }
    if keys.is_empty() { Ok(()) } else { Err(Undeleted { keys, why }) }
}

/// Returns the objects of the batch that stay, and why the first of them does.
async fn delete_once(bucket: &Bucket, batch: &[String]) -> Result<(Vec<String>, Option<Failure>), Failure> {
    let objects = batch.iter().filter_map(|key| ObjectIdentifier::builder().key(key).build().ok());
    let delete = Delete::builder().set_objects(Some(objects.collect())).quiet(true).build().ok();
    let delete = bucket.client.delete_objects().bucket(&bucket.name).set_delete(delete);
    let deleted = delete.set_expected_bucket_owner(bucket.owner.clone()).send().await;
    let deleted = deleted.map_err(|error| Failure::new("DeleteObjects", &error))?;
    let errors = deleted.errors();
    let why = errors.first().map(|error| {
        let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
        Failure::reported("DeleteObjects", code, message)
    });
    Ok((errors.iter().filter_map(|error| error.key().map(str::to_owned)).collect(), why))
}
