//! The operations of S3 that the tests and the demo need.

use anyhow::Result;
use hyper::Method;
use hyper::body::Bytes;

use crate::aws::{Aws, REGION, elements, encode};
use crate::http::full;

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The key.
    pub key: String,
    /// The size in bytes.
    pub size: u64,
}

/// A multipart upload that is neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenUpload {
    /// The key of the object.
    pub key: String,
    /// The upload's id.
    pub id: String,
}

impl Aws {
    /// Creates a bucket in the stack's region.
    ///
    /// # Errors
    /// Fails if the bucket exists already or the name is not allowed.
    pub async fn create_bucket(&self, bucket: &str) -> Result<()> {
        let place = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        self.s3(Method::PUT, &format!("/{bucket}"), place.as_bytes()).await?.success()?;
        Ok(())
    }

    /// Writes an object.
    ///
    /// # Errors
    /// Fails if the bucket is missing.
    pub async fn put_object(&self, bucket: &str, key: &str, body: &[u8]) -> Result<()> {
        self.s3(Method::PUT, &object(bucket, key), body).await?.success()?;
        Ok(())
    }

    /// Writes an object with this metadata.
    ///
    /// # Errors
    /// Fails if S3 does not answer or refuses it.
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

    /// Returns the bytes of an object.
    ///
    /// # Errors
    /// Fails if there is no such object.
    pub async fn get_object(&self, bucket: &str, key: &str) -> Result<Bytes> {
        Ok(self.s3(Method::GET, &object(bucket, key), b"").await?.success()?.body)
    }

    /// Returns the headers of an object, such as `content-type` and `x-amz-checksum-crc64nvme`, or `None` if
    /// there is no such object.
    ///
    /// # Errors
    /// Fails if the bucket is missing.
    pub async fn head_object(&self, bucket: &str, key: &str) -> Result<Option<hyper::HeaderMap>> {
        let answer = self.s3(Method::HEAD, &object(bucket, key), b"").await?;
        if answer.status == 404 { Ok(None) } else { Ok(Some(answer.success()?.headers)) }
    }

    /// Returns all objects below a prefix, in the order of their keys.
    ///
    /// # Errors
    /// Fails if the bucket is missing.
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

    /// Returns the open multipart uploads of a bucket, at most 1,000.
    ///
    /// # Errors
    /// Fails if the bucket is missing.
    pub async fn list_multipart_uploads(&self, bucket: &str) -> Result<Vec<OpenUpload>> {
        let listing = self.s3(Method::GET, &format!("/{bucket}?uploads"), b"").await?.success()?.text();
        let (keys, ids) = (elements(&listing, "Key"), elements(&listing, "UploadId"));
        Ok(keys.into_iter().zip(ids).map(|(key, id)| OpenUpload { key, id }).collect())
    }

    /// Creates a multipart upload and returns its id.
    ///
    /// # Errors
    /// Fails if the bucket is missing.
    pub async fn create_multipart_upload(&self, bucket: &str, key: &str) -> Result<String> {
        let target = format!("{}?uploads", object(bucket, key));
        let answer = self.s3(Method::POST, &target, b"").await?.success()?.text();
        elements(&answer, "UploadId").pop().ok_or_else(|| anyhow::anyhow!("no UploadId in {answer}"))
    }
}

/// Returns the path of an object.
pub(crate) fn object(bucket: &str, key: &str) -> String {
    format!("/{bucket}/{}", encode(key, true))
}
