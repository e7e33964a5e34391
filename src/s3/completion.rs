//! Turns the parts of a multipart upload into an object, even if S3's response gets lost.

use std::time::Duration;

use aws_sdk_s3::config::StalledStreamProtectionConfig;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::types::{ChecksumType, CompletedMultipartUpload, CompletedPart};

use super::bucket::{Bucket, pause};
use super::errors::Failure;
use super::multipart::SentPart;
use super::properties::Properties;
use super::standing::{Standing, standing};

/// According to S3's documentation, completing an upload can take minutes.
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(5);
const ATTEMPTS: u32 = 6;

/// A multipart upload whose parts have all arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub(super) key: &'a str,
    pub(super) id: &'a str,
    /// Its parts, the first of which is number 1.
    pub(super) parts: &'a [SentPart],
    /// The length of all parts.
    pub(super) bytes: u64,
    /// The checksum of all parts, as S3 writes it.
    pub(super) checksum: &'a str,
    /// The properties with which it was opened.
    pub(super) properties: &'a Properties,
}

/// How the completion of an upload ended.
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub(super) enum Completion {
    /// The object exists, with this `ETag`.
    Complete { e_tag: Option<String>, parts: u32 },
    /// Another object has the key or is about to get it, and the upload is still open.
    Refused(Failure, Standing),
}

/// Completes an upload if its key is free.
///
/// # Errors
/// The failure of the last attempt. The object may exist if it got no response.
pub(super) async fn complete(bucket: &Bucket, upload: Arrived<'_>) -> Result<Completion, Failure> {
    let sent = upload.parts.len() as u32;
    let mut attempt = 0;
    loop {
        let failure = match complete_once(bucket, upload).await {
            Ok(e_tag) => return Ok(Completion::Complete { e_tag, parts: sent }),
            Err(failure) => failure,
        };
        // The response to an earlier attempt may have been lost, regardless of this failure.
        let Arrived { key, bytes, checksum, properties, .. } = upload;
        let standing = standing(bucket, key, properties, bytes, checksum).await;
        if let Standing::Ours { e_tag, parts } = standing {
            return Ok(Completion::Complete { e_tag, parts: parts.unwrap_or(sent) });
        }
        if failure.refused() || failure.conflicted() {
            return Ok(Completion::Refused(failure, standing));
        }
        attempt += 1;
        if !(failure.unanswered() || failure.throttled()) || attempt == ATTEMPTS {
            return Err(failure);
        }
        pause(attempt - 1).await;
    }
}

async fn complete_once(bucket: &Bucket, upload: Arrived<'_>) -> Result<Option<String>, Failure> {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    // Between attempts we check whether the object exists, which the SDK's own retries would not do.
    let config = aws_sdk_s3::config::Builder::new()
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let parts = (1..).zip(upload.parts).map(|(number, part)| {
        CompletedPart::builder()
            .part_number(number)
            .e_tag(&*part.e_tag)
            .checksum_crc64_nvme(part.crc.to_base64())
            .build()
    });
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
    let complete = bucket.client.complete_multipart_upload().bucket(&bucket.name).key(upload.key);
    let completed = complete
        .upload_id(upload.id)
        .multipart_upload(parts)
        .if_none_match("*")
        .checksum_crc64_nvme(upload.checksum)
        .checksum_type(ChecksumType::FullObject)
        .mpu_object_size(upload.bytes as i64)
        .set_expected_bucket_owner(bucket.owner.clone())
        .customize()
        .config_override(config)
        .send()
        .await
        .map_err(|error| Failure::new("CompleteMultipartUpload", &error))?;
    Ok(completed.e_tag)
}
