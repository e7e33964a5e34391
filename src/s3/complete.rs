//! Completes a multipart upload.

use std::mem;
use std::time::Duration;

use aws_sdk_s3::config::StalledStreamProtectionConfig;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::types::{ChecksumType, CompletedMultipartUpload};
use tokio::time::Instant;

use super::abort::leave;
use super::abort_upload::LAST_RESORT;
use super::bucket::pause;
use super::errors::{Failure, object_exists, upload_failed};
use super::multipart::Multipart;
use super::state::State;
use super::upload::{Finished, Standing, Upload};
use crate::error::Result;
use crate::job::IfExists;

/// According to S3's documentation, completing an upload can take minutes.
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(5);
const ATTEMPTS: u32 = 6;

impl Upload {
    /// Waits for the parts and turns them into the object.
    pub(super) async fn complete(&mut self) -> Result<Finished> {
        if let State::Sending { open, small } = &mut self.state {
            if let Some(last) = small.take() {
                open.send(last)?;
            }
            open.arrive().await?;
        }
        self.state = match mem::replace(&mut self.state, State::Done) {
            State::Sending { open, .. } => State::Completing(open),
            other => other,
        };
        for attempt in 0..ATTEMPTS {
            let State::Completing(open) = &self.state else { break };
            let failure = match complete(open, self.bytes(), &self.checksum()).await {
                Ok(e_tag) => return Ok(Finished::Uploaded(self.uploaded(e_tag, open.parts()))),
                Err(failure) => failure,
            };
            // The response to an earlier attempt may have been lost, regardless of this failure.
            let standing = self.standing(open.parts()).await;
            if let Standing::Ours(uploaded) = standing {
                return Ok(Finished::Uploaded(uploaded));
            }
            if failure.refused() || failure.conflicted() {
                return self.give_way(failure, standing).await;
            }
            if !(failure.unanswered() || failure.throttled()) || attempt + 1 == ATTEMPTS {
                return Err(failure.into_error(&self.bucket.name, &self.key()));
            }
            pause(attempt).await;
        }
        Err(upload_failed("No multipart upload is open."))
    }

    /// Aborts, since another object has the name or is about to get it, and returns the outcome.
    async fn give_way(&mut self, failure: Failure, standing: Standing) -> Result<Finished> {
        leave(&mut self.state, Instant::now() + LAST_RESORT).await?;
        let (bucket, key) = (&self.bucket, self.key());
        let error = object_exists(&bucket.name, &key);
        match (self.destination.if_exists, standing) {
            (_, Standing::Delivered(existing)) | (IfExists::Skip, Standing::Theirs(existing)) => {
                Ok(Finished::Exists(existing))
            }
            (IfExists::Suffix, _) => {
                let mut again = Box::new(self.destination.clone());
                again.keys.advance();
                Ok(Finished::Refused { error, again })
            }
            (IfExists::Skip, _) if failure.refused() => Ok(Finished::Exists(bucket.unseen(&key))),
            (IfExists::Fail, _) if failure.refused() => Err(error),
            _ => Err(failure.into_error(&bucket.name, &key)),
        }
    }
}

async fn complete(open: &Multipart, bytes: u64, checksum: &str) -> Result<Option<String>, Failure> {
    let bucket = &open.bucket;
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    // Between attempts we check whether the object exists, which the SDK's own retries would not do.
    let config = aws_sdk_s3::config::Builder::new()
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let complete = bucket.client.complete_multipart_upload().bucket(&bucket.name).key(&open.key);
    let completed = complete
        .upload_id(&open.id)
        .multipart_upload(
            CompletedMultipartUpload::builder().set_parts(Some(open.arrived().to_vec())).build(),
        )
        .if_none_match("*")
        .checksum_crc64_nvme(checksum)
        .checksum_type(ChecksumType::FullObject)
        .mpu_object_size(bytes as i64)
        .set_expected_bucket_owner(bucket.owner.clone())
        .customize()
        .config_override(config)
        .send()
        .await
        .map_err(|error| Failure::new("CompleteMultipartUpload", &error))?;
    Ok(completed.e_tag)
}
