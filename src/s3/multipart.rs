//! A multipart upload, whose parts are sent while rows are still read.

use tokio::task::{JoinError, JoinSet};

use super::body::body;
use super::bucket::{Bucket, send_timeout};
use super::errors::{Failure, upload_failed};
use super::key::Key;
use super::payload::PayloadSigning;
use crate::error::Result;
use crate::part::sizes::MAX_PARTS;
use crate::part::{Crc64Nvme, Part};

/// The response to opening a multipart upload.
#[derive(Debug)]
pub(super) struct Created {
    pub(super) id: String,
    /// How the object will be encrypted, in words.
    pub(super) encryption: Option<String>,
}

/// A part that S3 has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SentPart {
    pub(super) e_tag: Box<str>,
    pub(super) crc: Crc64Nvme,
}

/// An open multipart upload and its parts.
#[derive(Debug)]
pub(super) struct Multipart {
    pub(super) bucket: Bucket,
    pub(super) key: Key,
    pub(super) id: String,
    /// How S3 will encrypt the object, in words.
    pub(super) encryption: Option<String>,
    travelling: JoinSet<Result<(u32, SentPart)>>,
    /// The parts that S3 has, with their numbers.
    arrived: Vec<(u32, SentPart)>,
    number: u32,
}

impl Multipart {
    pub(super) fn new(bucket: Bucket, key: Key, created: Created) -> Self {
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
                self.bucket.name,
                self.key.shown()
            ))
            .with_retryable(false));
        }
        self.number += 1;
        let (bucket, key, id, number) = (self.bucket.clone(), self.key.clone(), self.id.clone(), self.number);
        self.travelling
            .spawn(async move { Ok((number, send_part(&bucket, &key, &id, number, part).await?)) });
        Ok(())
    }

    /// Waits for all parts.
    pub(super) async fn arrive(&mut self) -> Result<()> {
        while let Some(done) = self.travelling.join_next().await {
            self.arrived.push(arrived(done)?);
        }
        Ok(())
    }

    /// Returns the parts that S3 has, in their order.
    pub(super) fn arrived(&self) -> Vec<SentPart> {
        let mut parts = self.arrived.clone();
        parts.sort_unstable_by_key(|(number, _)| *number);
        parts.into_iter().map(|(_, part)| part).collect()
    }

    /// Stops the parts that are still being sent; returns whether there were any.
    pub(super) async fn stop(&mut self) -> bool {
        let travelling = !self.travelling.is_empty();
        self.travelling.shutdown().await;
        travelling
    }
}

fn arrived<T>(done: Result<Result<T>, JoinError>) -> Result<T> {
    done.unwrap_or_else(|error| Err(upload_failed(format!("Sending a part broke off: {error}."))))
}

/// Sends one part of the multipart upload `id`, instead of an earlier one with this number.
pub(super) async fn send_part(
    bucket: &Bucket,
    key: &Key,
    id: &str,
    number: u32,
    part: Part,
) -> Result<SentPart> {
    let signing = PayloadSigning::of(&part, bucket.sign_payload).await;
    let send = bucket.client.upload_part().bucket(&bucket.name).key(key.as_str()).upload_id(id);
    let send = send
        .part_number(number as i32)
        .set_expected_bucket_owner(bucket.owner.clone())
        .checksum_crc64_nvme(part.crc().to_base64())
        .content_length(part.len() as i64)
        .body(body(&part))
        .customize()
        .interceptor(signing)
        .config_override(send_timeout(part.len()));
    let answer =
        send.send().await.map_err(|error| Failure::new("UploadPart", &error).about(&bucket.name, key))?;
    let Some(e_tag) = answer.e_tag else {
        let (bucket, key) = (&bucket.name, key.shown());
        return Err(upload_failed(format!("S3 returned no ETag for part {number} of s3://{bucket}/{key}.")));
    };
    Ok(SentPart { e_tag: e_tag.into(), crc: part.crc() })
}
