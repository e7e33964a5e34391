//! What tests and the demo need of S3 beside the extractor.

use anyhow::Result;
use hyper::Method;
use hyper::body::Bytes;

use crate::aws::{Aws, REGION, elements, encode};
use crate::http::full;

/// An object as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The key.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
}

/// A multipart upload that was neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenUpload {
    /// The key of the object to be.
    pub key: String,
    /// The upload's id.
    pub id: String,
}

impl Aws {
    /// Makes a bucket in the stack's region.
    ///
    /// # Errors
    /// When it is there already, or the name is not allowed.
    pub async fn create_bucket(&self, bucket: &str) -> Result<()> {
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        self.s3(Method::PUT, &format!("/{bucket}"), place.as_bytes()).await?.success()?;
        Ok(())
    }

    /// Puts an object.
    ///
    /// # Errors
    /// When the bucket is missing.
    pub async fn put_object(&self, bucket: &str, key: &str, body: &[u8]) -> Result<()> {
        self.s3(Method::PUT, &object(bucket, key), body).await?.success()?;
        Ok(())
    }

    /// Writes an object with this metadata, in the place of what is there.
    ///
    /// # Errors
    /// When S3 does not answer or refuses it.
    pub async fn put_object_with(
        &self,
        bucket: &str,
        key: &str,
        body: &[u8],
        metadata: &[(&str, &str)],
    ) -> Result<()> {
        let mut request = self.request("s3", Method::PUT, &object(bucket, key));
        for (name, value) in metadata {
            request = request.header(format!("x-amz-meta-{name}"), *value);
        }
        self.send(request.body(full(body.to_vec()))?).await?.success()?;
        Ok(())
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// When there is none.
    pub async fn get_object(&self, bucket: &str, key: &str) -> Result<Bytes> {
        Ok(self.s3(Method::GET, &object(bucket, key), b"").await?.success()?.body)
    }

    /// The headers of an object, in lower case: `content-type`, `x-amz-checksum-crc64nvme` …; `None` when
    /// there is no such object.
    ///
    /// # Errors
    /// When the bucket is missing.
    pub async fn head_object(&self, bucket: &str, key: &str) -> Result<Option<hyper::HeaderMap>> {
        let answer = self.s3(Method::HEAD, &object(bucket, key), b"").await?;
        if answer.status == 404 { Ok(None) } else { Ok(Some(answer.success()?.headers)) }
    }

    /// Every object below a prefix, in the order of the keys.
    ///
    /// # Errors
    /// When the bucket is missing.
    pub async fn list_objects(&self, bucket: &str, prefix: &str) -> Result<Vec<Object>> {
        let mut objects = Vec::new();
        let mut page = String::new();
        loop {
            let target = format!("/{bucket}?list-type=2&prefix={}{page}", encode(prefix, false));
            let listing = self.s3(Method::GET, &target, b"").await?.success()?.text();
            let (keys, sizes) = (elements(&listing, "Key"), elements(&listing, "Size"));
            for (key, size) in keys.into_iter().zip(sizes) {
                objects.push(Object { key, size: size.parse()? });
            }
            match elements(&listing, "NextContinuationToken").first() {
                Some(token) => page = format!("&continuation-token={}", encode(token, false)),
                None => return Ok(objects),
            }
        }
    }

    /// The multipart uploads that are open in a bucket (1,000 at most).
    ///
    /// # Errors
    /// When the bucket is missing.
    pub async fn list_multipart_uploads(&self, bucket: &str) -> Result<Vec<OpenUpload>> {
        let listing = self.s3(Method::GET, &format!("/{bucket}?uploads"), b"").await?.success()?.text();
        let (keys, ids) = (elements(&listing, "Key"), elements(&listing, "UploadId"));
        Ok(keys.into_iter().zip(ids).map(|(key, id)| OpenUpload { key, id }).collect())
    }

    /// Begins a multipart upload and leaves it open; gives its id.
    ///
    /// # Errors
    /// When the bucket is missing.
    pub async fn create_multipart_upload(&self, bucket: &str, key: &str) -> Result<String> {
        let target = format!("{}?uploads", object(bucket, key));
        let answer = self.s3(Method::POST, &target, b"").await?.success()?.text();
        elements(&answer, "UploadId").pop().ok_or_else(|| anyhow::anyhow!("no UploadId in {answer}"))
    }
}

/// The path of an object.
pub(crate) fn object(bucket: &str, key: &str) -> String {
    format!("/{bucket}/{}", encode(key, true))
}
