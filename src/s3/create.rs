//! The opening of a multipart upload, also when S3's answer gets lost.

use std::time::{Instant, SystemTime};

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, ServerSideEncryption};
use aws_smithy_types::DateTime;

use super::abort::{LAST_RESORT, abort_upload};
use super::bucket::{Bucket, EXTRACTION_ID, pause};
use super::destination::Destination;
use super::errors::Failure;
use super::rivals::uploads;

const ATTEMPTS: u32 = 5;
/// How far this machine's clock, or S3's rounding, may be off.
const CLOCK_SLACK: i64 = 2;

/// Opens a multipart upload; answers its id. Run it to its end: a request that is dropped may have been done.
pub(super) async fn create(bucket: &Bucket, to: &Destination, key: &str) -> Result<String, Failure> {
    let begun = Instant::now();
    let mut lost = 0;
    let mut attempt = 0;
    let created = loop {
        let failure = match create_once(bucket, to, key).await {
            Ok(id) => break Ok(id),
            Err(failure) => failure,
        };
        attempt += 1;
        lost += usize::from(failure.unanswered() && !failure.is(503));
        if attempt == ATTEMPTS || !(failure.unanswered() || failure.is(429)) {
            break Err(failure);
        }
        pause(attempt).await;
    };
    if lost > 0 {
        sweep(bucket, key, lost, begun, created.as_deref().ok()).await;
    }
    created
}

/// Aborts what earlier attempts have opened without our hearing of it. Uploads do not say whose they are: if there
/// are more new ones than answers `lost`, a rival's is among them, and all of them stay.
async fn sweep(bucket: &Bucket, key: &str, lost: usize, begun: Instant, ours: Option<&str>) {
    let listed = uploads(bucket, key).await.unwrap_or_default();
    let own = listed.iter().find(|upload| Some(upload.id.as_str()) == ours);
    // By S3's clock where it has told us its time.
    let now = own.map_or_else(|| DateTime::from(SystemTime::now()), |own| own.initiated);
    let since = now.secs() - begun.elapsed().as_secs() as i64 - CLOCK_SLACK;
    let orphans =
        listed.iter().filter(|upload| Some(upload.id.as_str()) != ours && upload.initiated.secs() >= since);
    let orphans: Vec<_> = orphans.collect();
    if orphans.len() > lost {
        tracing::warn!(key, "an upload whose creation S3 did not confirm may be left open");
        return;
    }
    for orphan in orphans {
        if let Err(error) = abort_upload(bucket, key, &orphan.id, LAST_RESORT, false).await {
            tracing::warn!(%error, "an upload whose creation S3 did not confirm stays open");
        }
    }
}

async fn create_once(bucket: &Bucket, to: &Destination, key: &str) -> Result<String, Failure> {
    let create = bucket.client.create_multipart_upload().bucket(&bucket.name).key(key);
    let created = create
        .content_type(&to.content_type)
        .set_content_encoding(to.content_encoding.clone())
        .metadata(EXTRACTION_ID, &to.request_id)
        .set_server_side_encryption(to.kms_key_id.as_ref().map(|_| ServerSideEncryption::AwsKms))
        .set_ssekms_key_id(to.kms_key_id.clone())
        .set_expected_bucket_owner(bucket.owner.clone())
        .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
        .checksum_type(ChecksumType::FullObject)
        .customize()
        // The SDK's own retries would not tell which attempts may have been done.
        .config_override(aws_sdk_s3::config::Builder::new().retry_config(RetryConfig::disabled()))
        .send()
        .await
        .map_err(|error| Failure::new("CreateMultipartUpload", &error))?;
    Ok(created.upload_id.unwrap_or_default())
}
