//! Small objects, which are read whole, replaced only if they have not changed since, and listed.

use std::collections::HashMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use bytes::Bytes;

use super::client::S3;
use super::errors::Failure;
use super::write_options::with_options;
use crate::error::Result;
use crate::job::WriteOptions;

/// A bucket of small objects.
#[derive(Debug, Clone)]
pub struct Store {
    s3: S3,
    bucket: String,
    owner: Option<String>,
    options: WriteOptions,
}

/// An object as it was read.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// Its bytes; empty if only its metadata was requested.
    pub bytes: Bytes,
    /// The entity tag of this version.
    pub etag: Option<String>,
    /// Its metadata.
    pub metadata: HashMap<String, String>,
}

/// The properties of an object to write.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// `Content-Type`.
    pub content_type: &'a str,
    /// Metadata.
    pub metadata: &'a [(&'a str, &'a str)],
}

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The time at which it was written, in seconds since 1970.
    pub modified: i64,
}

impl Store {
    /// Creates a store in a bucket, which must belong to `owner` if one is given. Objects are written
    /// with these options.
    pub fn new(s3: S3, bucket: impl Into<String>, owner: Option<String>, options: WriteOptions) -> Self {
        Self { s3, bucket: bucket.into(), owner, options }
    }

    /// Reads an object; returns `None` if there is none.
    ///
    /// # Errors
    /// S3's error about this key.
    pub async fn read(&self, key: &str) -> Result<Option<Stored>> {
        let read = |client: Client| async move {
            let get = client.get_object().bucket(&self.bucket).key(key);
            let found = get.set_expected_bucket_owner(self.owner.clone()).send().await;
            let found = found.map_err(|error| Failure::new("GetObject", &error))?;
            let (etag, metadata) = (found.e_tag, found.metadata.unwrap_or_default());
            let bytes = found.body.collect().await.map_err(|error| Failure::cut("GetObject", &error))?;
            Ok(Stored { bytes: bytes.into_bytes(), etag, metadata })
        };
        match self.call(read).await {
            Ok(stored) => Ok(Some(stored)),
            Err(failure) if failure.is(404) && !failure.has_code("NoSuchBucket") => Ok(None),
            Err(failure) => Err(failure.into_error(&self.bucket, key)),
        }
    }

    /// Reads the first `most` bytes of an object; returns `None` if there is none.
    ///
    /// # Errors
    /// S3's error about this key.
    pub async fn read_start(&self, key: &str, most: usize) -> Result<Option<Bytes>> {
        let range = format!("bytes=0-{}", most.saturating_sub(1));
        let range = range.as_str();
        let read = |client: Client| async move {
            let get = client.get_object().bucket(&self.bucket).key(key).range(range);
            let found = get.set_expected_bucket_owner(self.owner.clone()).send().await;
            let found = found.map_err(|error| Failure::new("GetObject", &error))?;
            let bytes = found.body.collect().await.map_err(|error| Failure::cut("GetObject", &error))?;
            Ok(bytes.into_bytes())
        };
        match self.call(read).await {
            Ok(bytes) => Ok(Some(bytes)),
            // An empty object has no first byte.
            Err(failure) if failure.is(416) => Ok(Some(Bytes::new())),
            Err(failure) if failure.is(404) && !failure.has_code("NoSuchBucket") => Ok(None),
            Err(failure) => Err(failure.into_error(&self.bucket, key)),
        }
    }

    /// Reads the metadata of an object; returns `None` if there is none.
    ///
    /// # Errors
    /// S3's error about this key.
    pub async fn look(&self, key: &str) -> Result<Option<Stored>> {
        let look = |client: Client| async move {
            let head = client.head_object().bucket(&self.bucket).key(key);
            let found = head.set_expected_bucket_owner(self.owner.clone()).send().await;
            let found = found.map_err(|error| Failure::new("HeadObject", &error))?;
            Ok(Stored {
                bytes: Bytes::new(),
                etag: found.e_tag,
                metadata: found.metadata.unwrap_or_default(),
            })
        };
        match self.call(look).await {
            Ok(stored) => Ok(Some(stored)),
            Err(failure) if failure.is(404) => Ok(None),
            Err(failure) => Err(failure.into_error(&self.bucket, key)),
        }
    }

    /// Writes an object, replacing the version with the `ETag` `instead_of`, or creating it without one.
    /// Returns the new `ETag`, or `None` if the object has been written since.
    ///
    /// # Errors
    /// S3's error about this key.
    pub async fn write(
        &self,
        key: &str,
        bytes: &Bytes,
        content: Content<'_>,
        instead_of: Option<&str>,
    ) -> Result<Option<String>> {
        let written = self.put(key, bytes, content, |put| match instead_of {
            Some(etag) => put.if_match(etag),
            None => put.if_none_match("*"),
        });
        match written.await {
            Ok(etag) => Ok(Some(etag)),
            Err(failure) if failure.refused() || failure.conflicted() => Ok(None),
            // The object to replace is gone.
            Err(failure) if failure.is(404) && instead_of.is_some() && !failure.has_code("NoSuchBucket") => {
                Ok(None)
            }
            Err(failure) => Err(failure.into_error(&self.bucket, key)),
        }
    }

    /// Writes an object, whatever has the name.
    ///
    /// # Errors
    /// S3's error about this key.
    pub async fn replace(&self, key: &str, bytes: &Bytes, content: Content<'_>) -> Result<()> {
        let written = self.put(key, bytes, content, |put| put).await;
        written.map(drop).map_err(|failure| failure.into_error(&self.bucket, key))
    }

    /// Sends an object on a condition, and returns its `ETag`.
    async fn put(
        &self,
        key: &str,
        bytes: &Bytes,
        content: Content<'_>,
        on_condition: impl Fn(PutObjectFluentBuilder) -> PutObjectFluentBuilder,
    ) -> Result<String, Failure> {
        let on_condition = &on_condition;
        self.call(|client: Client| async move {
            let put = client.put_object().bucket(&self.bucket).key(key).body(bytes.clone().into());
            let mut put = on_condition(put);
            for (name, value) in content.metadata {
                put = put.metadata(*name, *value);
            }
            let put = with_options!(put, &self.options)
                .content_type(content.content_type)
                .cache_control("no-cache")
                .set_expected_bucket_owner(self.owner.clone());
            let done = put.send().await.map_err(|error| Failure::new("PutObject", &error))?;
            Ok(done.e_tag.unwrap_or_default())
        })
        .await
    }

    /// Returns one page of the keys that begin with `prefix`, and the token of the next page.
    ///
    /// # Errors
    /// S3's error about this prefix.
    pub async fn list(&self, prefix: &str, token: Option<String>) -> Result<(Vec<Listed>, Option<String>)> {
        let token = token.as_deref();
        let list = |client: Client| async move {
            let list = client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
            let list = list
                .set_continuation_token(token.map(str::to_owned))
                .set_expected_bucket_owner(self.owner.clone());
            list.send().await.map_err(|error| Failure::new("ListObjectsV2", &error))
        };
        let page = self.call(list).await.map_err(|failure| failure.into_error(&self.bucket, prefix))?;
        let listed = page.contents.unwrap_or_default().into_iter().filter_map(|object| {
            Some(Listed {
                key: object.key?,
                bytes: object.size.and_then(|size| size.try_into().ok()).unwrap_or(0),
                modified: object.last_modified?.secs(),
            })
        });
        Ok((listed.collect(), page.next_continuation_token))
    }

    /// Calls S3, in the bucket's own region if S3 names it.
    async fn call<T, F>(&self, call: impl Fn(Client) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let client = self.s3.client(&self.bucket);
        let here = client.config().region().map(ToString::to_string);
        match call(client).await {
            Err(Failure { region: Some(region), .. }) if Some(&region) != here.as_ref() => {
                call(self.s3.learn_region(&self.bucket, &region)).await
            }
            answer => answer,
        }
    }
}
