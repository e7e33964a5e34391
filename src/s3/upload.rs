//! One object on its way to S3.

use tokio::task::yield_now;

use super::bucket::{Bucket, Existing};
use super::create::Creating;
use super::destination::Destination;
use super::multipart::Multipart;
use crate::error::{Error, Result};
use crate::part::sizes::MIN_PART;
use crate::part::{Crc64Nvme, Part};

/// One object on its way to S3; [`Upload::look_first`] makes it.
///
/// [`push`](Self::push) hands parts over, [`finish`](Self::finish) makes the object appear, and on every other way
/// out [`abort`](Self::abort) leaves nothing behind. Dropping it unfinished aborts in the background, as a last
/// resort that a process which ends at once does not wait for.
#[derive(Debug)]
#[must_use = "finish or abort it, or parts stay in the bucket"]
pub struct Upload {
    pub(super) bucket: Bucket,
    pub(super) destination: Destination,
    /// The first part until there is a second, and one that is too small for S3 until there is a next.
    pub(super) held: Option<Part>,
    pub(super) multipart: Option<Multipart>,
    /// A multipart upload that S3 has not confirmed yet.
    pub(super) creating: Option<Creating>,
    /// Whether the object may have been asked for.
    pub(super) completing: bool,
    pub(super) bytes: u64,
    pub(super) crc: Crc64Nvme,
    /// How S3 says that it will encrypt the object, once a multipart upload is open.
    pub(super) encryption: Option<String>,
}

/// The object that stands in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its `ETag`, as S3 gave it.
    pub e_tag: Option<String>,
    /// Parts that it was sent in.
    pub parts: u32,
}

impl Uploaded {
    /// `s3://bucket/key`
    pub fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// How an upload ended, errors aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// The object stands.
    Uploaded(Uploaded),
    /// Another object stands there, and `IfExists::Skip` says to leave it at that.
    Exists(Existing),
    /// Another object appeared under the name while the parts were sent; ours were aborted. The rows are gone, so
    /// the query must run `again`, if there is time; else `error` is the answer.
    Refused {
        /// `ObjectExists`, retryable.
        error: Error,
        /// The same destination under the next name.
        again: Box<Destination>,
    },
}

impl Upload {
    pub(super) fn new(bucket: Bucket, destination: Destination) -> Self {
        Self {
            bucket,
            destination,
            held: None,
            multipart: None,
            creating: None,
            completing: false,
            bytes: 0,
            crc: Part::empty().crc(),
            encryption: None,
        }
    }

    /// The key that the object will have, as far as is known: a rival can still change it.
    pub fn key(&self) -> String {
        self.destination.keys.current()
    }

    /// Parts handed over so far.
    pub fn parts(&self) -> u32 {
        self.multipart.as_ref().map_or(1, Multipart::parts)
    }

    /// Hands over the next part of the object. The first one is kept: with the second a multipart upload begins.
    /// Parts travel in the background; their memory bounds how many.
    ///
    /// # Errors
    ///
    /// What S3 says against the multipart upload, this part or an earlier one. Abort then.
    pub async fn push(&mut self, part: Part) -> Result<()> {
        self.bytes += part.len();
        self.crc = self.crc.followed_by(part.crc(), part.len());
        let mut part = part;
        if let Some(held) = self.held.take() {
            if held.len() < MIN_PART {
                part = held.join(&part);
            } else {
                self.open().await?;
                self.send(held)?;
            }
        }
        if self.multipart.is_none() || part.len() < MIN_PART {
            self.held = Some(part);
        } else {
            self.send(part)?;
        }
        // The runtime keeps a new task for the thread that made it until that waits, which a busy reader seldom does.
        yield_now().await;
        Ok(())
    }

    /// Makes the object appear. Call it only when the database has said that the result is complete.
    ///
    /// # Errors
    ///
    /// `ObjectExists`, `BucketAccessDenied`, `UploadFailed` and the like; nothing appeared then. Abort then.
    pub async fn finish(&mut self) -> Result<Finished> {
        let last = self.held.take();
        if self.multipart.is_none() {
            return self.put(&last.unwrap_or_else(Part::empty)).await;
        }
        if let Some(part) = last {
            self.send(part)?;
        }
        self.complete().await
    }

    fn send(&mut self, part: Part) -> Result<()> {
        match &mut self.multipart {
            Some(open) => open.send(part),
            None => Ok(()),
        }
    }

    pub(super) fn uploaded(&self, e_tag: Option<String>, bytes: u64, parts: u32) -> Uploaded {
        Uploaded {
            bucket: self.bucket.name.clone(),
            key: self.destination.keys.current(),
            bytes,
            e_tag,
            parts,
        }
    }
}
