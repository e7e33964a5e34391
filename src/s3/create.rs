//! Opens a multipart upload, even if S3's response gets lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType};
use aws_smithy_types::DateTime;
use tokio::task::JoinHandle;

use super::abort_upload::{LAST_RESORT, abort_upload};
use super::bucket::{Bucket, pause};
use super::errors::{Failure, upload_failed};
use super::key::Key;
use super::multipart::{Created, Multipart};
use super::properties::Properties;
use super::rivals::uploads;
use super::write_options::with_options;
use crate::error::Result;
use crate::telemetry;

const ATTEMPTS: u32 = 5;
/// How far this machine's clock, or S3's rounding, may be off, in seconds.
const CLOCK_SLACK: i64 = 2;

/// A multipart upload that S3 has not confirmed yet. It is opened in a task of its own, since a request that
/// is dropped may have been carried out.
#[derive(Debug)]
pub(super) struct Creating {
    task: JoinHandle<Result<Created, Failure>>,
    bucket: Bucket,
    key: Key,
    begun: Instant,
    /// The number of requests without a response, which may have been carried out.
    lost: Arc<AtomicUsize>,
}

impl Creating {
    /// Starts to open an upload of an object with these properties.
    pub(super) fn begin(bucket: Bucket, key: Key, properties: Arc<Properties>) -> Self {
        let (begun, lost) = (Instant::now(), Arc::<AtomicUsize>::default());
        let task = {
            let (bucket, key, lost) = (bucket.clone(), key.clone(), Arc::clone(&lost));
            telemetry::spawn(async move { create(&bucket, &properties, &key, begun, &lost).await })
        };
        Self { task, bucket, key, begun, lost }
    }

    /// Waits until the upload is open. It must not be called again after it has returned.
    pub(super) async fn opened(&mut self) -> Result<Multipart> {
        let created = (&mut self.task).await;
        let created = created
            .map_err(|error| upload_failed(format!("Creating the upload broke off: {error}.")))?
            .map_err(|failure| failure.about(&self.bucket.name, &self.key))?;
        Ok(Multipart::new(self.bucket.clone(), self.key.clone(), created))
    }

    /// Stops waiting, and aborts every upload that may have been opened.
    ///
    /// # Errors
    /// `UploadFailed` if not all of them could be found and aborted by `until`.
    pub(super) async fn take_back(&self, until: tokio::time::Instant) -> Result<()> {
        self.task.abort();
        let (bucket, key) = (&self.bucket, &self.key);
        let lost = self.lost.load(Ordering::Relaxed);
        let swept = tokio::time::timeout_at(until, sweep(bucket, key, lost, self.begun, None)).await;
        if swept == Ok(lost) {
            return Ok(());
        }
        let (bucket, key) = (&bucket.name, key.shown());
        let message = format!("An upload of s3://{bucket}/{key} that S3 did not confirm may be left open.");
        Err(upload_failed(message))
    }
}

/// Opens a multipart upload and returns it.
async fn create(
    bucket: &Bucket,
    properties: &Properties,
    key: &Key,
    begun: Instant,
    lost: &AtomicUsize,
) -> Result<Created, Failure> {
    let mut attempt = 0;
    let created = loop {
        lost.fetch_add(1, Ordering::Relaxed);
        let failure = match create_once(bucket, properties, key.as_str()).await {
            Ok(created) => {
                lost.fetch_sub(1, Ordering::Relaxed);
                break Ok(created);
            }
            Err(failure) => failure,
        };
        attempt += 1;
        if !failure.unanswered() || failure.is(503) {
            lost.fetch_sub(1, Ordering::Relaxed);
        }
        if attempt == ATTEMPTS || !(failure.unanswered() || failure.throttled()) {
            break Err(failure);
        }
        pause(attempt).await;
    };
    let lost = lost.load(Ordering::Relaxed);
    if lost > 0 {
        sweep(bucket, key, lost, begun, created.as_ref().ok().map(|created| created.id.as_str())).await;
    }
    created
}

/// Aborts the uploads that earlier attempts have opened without receiving a response, and returns their
/// number. An upload does not show who opened it: if there are more new ones than `lost` responses, one of
/// them is a rival's, and none is aborted.
async fn sweep(bucket: &Bucket, key: &Key, lost: usize, begun: Instant, ours: Option<&str>) -> usize {
    let listed = uploads(bucket, key.as_str()).await.unwrap_or_default();
    let own = listed.iter().find(|upload| Some(upload.id.as_str()) == ours);
    // The time by S3's clock, if it is known.
    let now = own.map_or_else(|| DateTime::from(SystemTime::now()), |own| own.initiated);
    let since = now.secs() - begun.elapsed().as_secs() as i64 - CLOCK_SLACK;
    let orphans =
        listed.iter().filter(|upload| Some(upload.id.as_str()) != ours && upload.initiated.secs() >= since);
    let orphans: Vec<_> = orphans.collect();
    if orphans.len() > lost {
        tracing::warn!(key = key.shown(), "an upload whose creation S3 did not confirm may be left open");
        return 0;
    }
    let mut gone = 0;
    for orphan in orphans {
        match abort_upload(bucket, key, &orphan.id, LAST_RESORT, false).await {
            Ok(()) => gone += 1,
            Err(error) => tracing::warn!(%error, "an upload whose creation S3 did not confirm stays open"),
        }
    }
    gone
}

async fn create_once(bucket: &Bucket, properties: &Properties, key: &str) -> Result<Created, Failure> {
    let create = bucket.client.create_multipart_upload().bucket(&bucket.name).key(key);
    let created = with_options!(create, &properties.options)
        .content_type(&properties.content_type)
        .set_content_encoding(properties.content_encoding.clone())
        .set_metadata(Some(properties.metadata.clone()))
        .set_expected_bucket_owner(bucket.owner.clone())
        .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
        .checksum_type(ChecksumType::FullObject)
        .customize()
        // The SDK's own retries would not show which attempts may have been carried out.
        .config_override(aws_sdk_s3::config::Builder::new().retry_config(RetryConfig::disabled()))
        .send()
        .await
        .map_err(|error| Failure::new("CreateMultipartUpload", &error))?;
    let encryption = created.server_side_encryption.map(|kind| match created.ssekms_key_id {
        Some(key) => format!("encrypted with {} by {key}", kind.as_str()),
        None => format!("encrypted with {}", kind.as_str()),
    });
    Ok(Created { id: created.upload_id.unwrap_or_default(), encryption })
}
