//! Aborts a multipart upload.

use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use tokio::time::{Instant, timeout_at};

use super::bucket::{Bucket, pause};
use super::errors::{Failure, upload_failed};
use super::key::Key;
use crate::error::Result;

/// The time limit for an abort that has no other limit.
pub(super) const LAST_RESORT: Duration = Duration::from_secs(10);
/// The time limit of one request of an abort. If little time is left, it is a third of that, so that there is
/// time for another request.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// The number of denials after which an abort gives up, since a missing permission is not a transient
/// failure.
const DENIALS: u32 = 3;

/// Aborts upload `id` and, if parts were `travelling`, makes sure that none arrived after the abort.
pub(super) async fn abort_upload(
    bucket: &Bucket,
    key: &Key,
    id: &str,
    time_left: Duration,
    travelling: bool,
) -> Result<()> {
    let until = Instant::now() + time_left;
    let attempt_timeout = (time_left / 3).min(ATTEMPT_TIMEOUT);
    let mut last = "there was no time for it.".to_owned();
    for attempt in 1.. {
        // Making a request takes processor time, which thousands of uploads do not have once the time is over.
        if Instant::now() >= until {
            break;
        }
        let once = async {
            abort_once(bucket, key, id, attempt_timeout).await?;
            if travelling { is_gone(bucket, key, id, attempt_timeout).await } else { Ok(true) }
        };
        match timeout_at(until, once).await {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => "parts kept arriving.".clone_into(&mut last),
            Ok(Err(failure)) => {
                let denied = failure.is(403) && attempt >= DENIALS;
                last = failure.about(&bucket.name, key).message;
                if denied {
                    break;
                }
            }
            Err(_) => break,
        }
        if timeout_at(until, pause(attempt)).await.is_err() {
            break;
        }
    }
    let (name, shown) = (&bucket.name, key.shown());
    let message =
        format!("Upload {id} of s3://{name}/{shown} is still open and could not be aborted: {last}");
    let fix = match key.folder() {
        None => format!("aws s3api abort-multipart-upload --bucket {name} --key '{shown}' --upload-id {id}"),
        Some(folder) => format!("aws s3api list-multipart-uploads --bucket {name} --prefix '{folder}'"),
    };
    Err(upload_failed(message).with_hint(fix))
}

fn single_attempt(timeout: Duration) -> aws_sdk_s3::config::Builder {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(timeout).build();
    aws_sdk_s3::config::Builder::new().timeout_config(timeouts).retry_config(RetryConfig::disabled())
}

async fn abort_once(bucket: &Bucket, key: &Key, id: &str, timeout: Duration) -> Result<(), Failure> {
    let abort = bucket.client.abort_multipart_upload().bucket(&bucket.name).key(key.as_str()).upload_id(id);
    let abort = abort
        .set_expected_bucket_owner(bucket.owner.clone())
        .customize()
        .config_override(single_attempt(timeout));
    match abort.send().await.map_err(|error| Failure::new("AbortMultipartUpload", &error)) {
        // NoSuchUpload, or the bucket no longer exists: nothing is left.
        Err(failure) if !failure.is(404) => Err(failure),
        _ => Ok(()),
    }
}

/// Returns whether the upload is gone. Without permission to list its parts, the response to the abort must
/// suffice.
async fn is_gone(bucket: &Bucket, key: &Key, id: &str, timeout: Duration) -> Result<bool, Failure> {
    let list = bucket.client.list_parts().bucket(&bucket.name).key(key.as_str()).upload_id(id).max_parts(1);
    let list = list
        .set_expected_bucket_owner(bucket.owner.clone())
        .customize()
        .config_override(single_attempt(timeout));
    match list.send().await.map_err(|error| Failure::new("ListParts", &error)) {
        Ok(_) => Ok(false),
        Err(failure) if failure.is(404) || failure.is(403) => Ok(true),
        Err(failure) => Err(failure),
    }
}
