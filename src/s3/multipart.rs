//! A multipart upload, whose parts are sent while rows are still read.

use aws_sdk_s3::types::CompletedPart;
use tokio::task::{JoinError, JoinSet};

use super::body::{body, checksum};
use super::bucket::{Bucket, send_timeout};
use super::errors::{Failure, upload_failed};
use super::payload::PayloadSigning;
use crate::error::{Error, Result};
use crate::part::Part;
use crate::part::sizes::MAX_PARTS;

/// The response to opening a multipart upload.
#[derive(Debug)]
pub(super) struct Created {
    pub(super) id: String,
    /// How the object will be encrypted, in words.
    pub(super) encryption: Option<String>,
}

/// An open multipart upload and its parts.
#[derive(Debug)]
pub(super) struct Multipart {
    pub(super) bucket: Bucket,
    pub(super) key: String,
    pub(super) id: String,
    /// How S3 will encrypt the object, in words.
    pub(super) encryption: Option<String>,
    travelling: JoinSet<Result<CompletedPart>>,
    arrived: Vec<CompletedPart>,
    number: u32,
}

impl Multipart {
    pub(super) fn new(bucket: Bucket, key: String, created: Created) -> Self {
        let Created { id, encryption } = created;
        Self { bucket, key, id, encryption, travelling: JoinSet::new(), arrived: Vec::new(), number: 0 }
    }

    /// Returns the number of parts handed over so far.
    pub(super) fn parts(&self) -> u32 {
        self.number
    }

    /// Sends a part in the background. Fails if an earlier one has failed.
    pub(super) fn send(&mut self, part: Part) -> Result<()> {
        while let Some(done) = self.travelling.try_join_next() {
            self.arrived.push(arrived(done)?);
        }
        if self.number == MAX_PARTS {
            return Err(upload_failed(format!(
                "The result does not fit into the {MAX_PARTS} parts of s3://{}/{}: split the query.",
                self.bucket.name, self.key
            ))
            .with_retryable(false));
        }
        self.number += 1;
        let (bucket, key, id, number) = (self.bucket.clone(), self.key.clone(), self.id.clone(), self.number);
        self.travelling.spawn(async move { send_part(&bucket, &key, &id, number, part).await });
        Ok(())
    }

    /// Waits for all parts.
    pub(super) async fn arrive(&mut self) -> Result<()> {
        while let Some(done) = self.travelling.join_next().await {
            self.arrived.push(arrived(done)?);
        }
        self.arrived.sort_unstable_by_key(CompletedPart::part_number);
        Ok(())
    }

    /// Returns the parts that S3 has, in order once all have arrived.
    pub(super) fn arrived(&self) -> &[CompletedPart] {
        &self.arrived
    }

    /// Stops the parts that are still being sent; returns whether there were any.
    pub(super) async fn stop(&mut self) -> bool {
        let travelling = !self.travelling.is_empty();
        self.travelling.shutdown().await;
        travelling
    }
}

fn arrived(done: Result<Result<CompletedPart>, JoinError>) -> Result<CompletedPart> {
    done.unwrap_or_else(|error| Err(upload_failed(format!("Sending a part broke off: {error}."))))
}

async fn send_part(
    bucket: &Bucket,
    key: &str,
    id: &str,
    number: u32,
    part: Part,
) -> Result<CompletedPart, Error> {
    let checksum = checksum(part.crc());
    let signing = PayloadSigning::of(&part, bucket.sign_payload).await;
    let number = number as i32;
    let send = bucket.client.upload_part().bucket(&bucket.name).key(key).upload_id(id).part_number(number);
    let send = send
        .set_expected_bucket_owner(bucket.owner.clone())
        .checksum_crc64_nvme(&checksum)
        .content_length(part.len() as i64)
        .body(body(&part))
        .customize()
        .interceptor(signing)
        .config_override(send_timeout(part.len()));
    let answer = send
        .send()
        .await
        .map_err(|error| Failure::new("UploadPart", &error).into_error(&bucket.name, key))?;
    let Some(e_tag) = answer.e_tag else {
        return Err(upload_failed(format!(
            "S3 returned no ETag for part {number} of s3://{}/{key}.",
            bucket.name
        )));
    };
    Ok(CompletedPart::builder().part_number(number).e_tag(e_tag).checksum_crc64_nvme(checksum).build())
}
