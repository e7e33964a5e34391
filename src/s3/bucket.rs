//! The requests to a bucket, with the options that all of them need.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::ChecksumMode;

use super::body::body;
use super::errors::Failure;
use super::payload::PayloadSigning;
use super::properties::Properties;
use super::write_options::with_options;
use crate::form;
use crate::part::Part;
use crate::retry::Pauses;

/// An object that existed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its length in bytes, if S3 returned it.
    pub bytes: Option<u64>,
}

impl Existing {
    /// Returns `s3://bucket/key`.
    pub fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// The outcome of a HEAD request for a key.
pub(super) enum Head {
    Found(Box<HeadObjectOutput>),
    Missing,
    /// Without permission to list the bucket, S3 does not say whether the object exists.
    Unknown,
}

/// A bucket as one extraction uses it. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) owner: Option<String>,
    /// Whether the payload of what is written is signed.
    pub(super) sign_payload: bool,
}

impl Bucket {
    pub(super) fn existing(&self, key: &str, head: &HeadObjectOutput) -> Existing {
        let bytes = head.content_length().and_then(|bytes| bytes.try_into().ok());
        Existing { bucket: self.name.clone(), key: key.to_owned(), bytes }
    }

    /// Returns an object that exists but may not be read.
    pub(super) fn unseen(&self, key: &str) -> Existing {
        Existing { bucket: self.name.clone(), key: key.to_owned(), bytes: None }
    }

    /// Returns the region of the bucket according to S3, if it is not the client's.
    pub(super) fn elsewhere(&self, failure: &Failure) -> Option<String> {
        failure.region.clone().filter(|region| Some(region) != self.region().as_ref())
    }

    /// Returns the region to which requests for the bucket are sent: that of an access point's ARN, or else
    /// the client's.
    pub(super) fn region(&self) -> Option<String> {
        let of_client = || self.client.config().region().map(AsRef::as_ref);
        form::region_of_access_point(&self.name).or_else(of_client).map(str::to_owned)
    }

    /// Returns whether the bucket exists, or `None` if S3 does not say.
    pub(super) async fn exists(&self) -> Result<Option<bool>, Failure> {
        let head = self.client.head_bucket().bucket(&self.name).set_expected_bucket_owner(self.owner.clone());
        match head.send().await.map_err(|error| Failure::new("HeadBucket", &error)) {
            Ok(_) => Ok(Some(true)),
            Err(failure) if failure.is(404) => Ok(Some(false)),
            Err(failure) if failure.is(403) && self.elsewhere(&failure).is_none() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    pub(super) async fn head(&self, key: &str) -> Result<Head, Failure> {
        self.ask(key, None).await
    }

    /// Does the same as [`Self::head`], and requests the object's checksum if that is allowed. With a
    /// customer managed key it requires kms:Decrypt.
    pub(super) async fn head_with_checksum(&self, key: &str) -> Result<Head, Failure> {
        match self.ask(key, Some(ChecksumMode::Enabled)).await {
            Ok(Head::Unknown) => self.head(key).await,
            answer => answer,
        }
    }

    async fn ask(&self, key: &str, checksum: Option<ChecksumMode>) -> Result<Head, Failure> {
        let head = self.client.head_object().bucket(&self.name).key(key).set_checksum_mode(checksum);
        match head.set_expected_bucket_owner(self.owner.clone()).send().await {
            Ok(found) => Ok(Head::Found(Box::new(found))),
            Err(error) => match Failure::new("HeadObject", &error) {
                failure if failure.is(404) => Ok(Head::Missing),
                failure if failure.is(403) => Ok(Head::Unknown),
                failure => Err(failure),
            },
        }
    }

    /// Writes the whole object if the key is free; returns its `ETag`.
    pub(super) async fn put(
        &self,
        properties: &Properties,
        key: &str,
        part: &Part,
    ) -> Result<Option<String>, Failure> {
        let put = self.client.put_object().bucket(&self.name).key(key).if_none_match("*");
        let put = with_options!(put, &properties.options)
            .content_type(&properties.content_type)
            .set_content_encoding(properties.content_encoding.clone())
            .set_metadata(Some(properties.metadata.clone()))
            .set_expected_bucket_owner(self.owner.clone())
            .checksum_crc64_nvme(part.crc().to_base64())
            .content_length(part.len() as i64)
            .body(body(part));
        let signing = PayloadSigning::of(part, self.sign_payload).await;
        let put = put.customize().interceptor(signing).config_override(send_timeout(part.len()));
        match put.send().await {
            Ok(done) => Ok(done.e_tag),
            Err(error) => Err(Failure::new("PutObject", &error)),
        }
    }
}

/// Sets the time for one attempt to send `bytes`: enough for a slow line, not for a server that never
/// responds.
pub(super) fn send_timeout(bytes: u64) -> aws_sdk_s3::config::Builder {
    let attempt = Duration::from_mins(1) + Duration::from_millis(bytes / 64);
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
    aws_sdk_s3::config::Builder::new().timeout_config(timeouts)
}

/// Waits before the `attempt`th retry.
pub(super) async fn pause(attempt: u32) {
    const PAUSES: Pauses = Pauses { first: Duration::from_millis(100), longest: Duration::from_secs(3) };
    tokio::time::sleep(PAUSES.before(attempt)).await;
}
