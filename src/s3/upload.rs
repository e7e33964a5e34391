//! An upload of one object to S3.

use std::mem;

use super::bucket::{Bucket, Existing};
use super::destination::Destination;
use super::errors::upload_failed;
use super::multipart::Multipart;
use super::standing::{Standing, standing};
use super::state::State;
use crate::error::{Error, Result};
use crate::part::sizes::MIN_PART;
use crate::part::{Crc64Nvme, Part};

/// An upload of one object to S3, which [`Upload::preflight`] creates.
///
/// [`push`](Self::push) takes parts, [`finish`](Self::finish) makes the object appear, and in every other
/// case [`abort`](Self::abort) leaves nothing behind. The future of each may be dropped and the method called
/// again. Dropping an unfinished upload aborts it in the background, as a last resort for which a process
/// that exits at once does not wait.
#[derive(Debug)]
#[must_use = "finish or abort it, or parts stay in the bucket"]
pub struct Upload {
    pub(super) bucket: Bucket,
    pub(super) destination: Destination,
    pub(super) state: State,
    /// The length of all parts.
    bytes: u64,
    /// Their checksum.
    crc: Crc64Nvme,
}

/// A complete object in S3.
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
    /// The number of parts in which it was sent.
    pub parts: u32,
}

impl Uploaded {
    /// Returns `s3://bucket/key`.
    pub fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// How an upload ended, without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// The object is complete.
    Uploaded(Uploaded),
    /// Another object has the name: another attempt of the same delivery wrote it, or `IfExists::Skip` keeps it.
    Exists(Existing),
    /// Another object appeared under the name while the parts were sent, and ours were aborted. The rows are
    /// gone, so the query must run again, with the destination `again`, if there is time; otherwise `error`
    /// is the result.
    Refused {
        /// `ObjectExists`, retryable.
        error: Error,
        /// The same destination under the next name.
        again: Box<Destination>,
    },
}

impl Upload {
    pub(super) fn new(bucket: Bucket, destination: Destination) -> Self {
        Self { bucket, destination, state: State::Collecting(None), bytes: 0, crc: Part::empty().crc() }
    }

    /// Returns the key that the object will have, as far as known: a rival can still cause another one.
    pub fn key(&self) -> String {
        self.destination.keys.current()
    }

    /// Takes the next part of the object. The first part is kept; the second one begins a multipart upload.
    /// Parts are sent in the background, and the memory for parts limits their number.
    ///
    /// # Errors
    ///
    /// S3's error about the multipart upload, this part or an earlier one. The upload must then be aborted.
    pub async fn push(&mut self, part: Part) -> Result<()> {
        self.bytes += part.len();
        self.crc = self.crc.followed_by(part.crc(), part.len());
        match &mut self.state {
            State::Collecting(kept) => match kept.take() {
                None => *kept = Some(part),
                Some(small) if small.len() < MIN_PART => *kept = Some(small.join(&part)),
                Some(first) => self.create(vec![first, part]),
            },
            State::Opening { waiting, .. } | State::Claiming { waiting, .. } => waiting.push(part),
            State::Sending { open, small } => send(open, small, part)?,
            State::Putting(_) | State::Completing(_) | State::Done => return Err(self.is_over()),
        }
        self.open().await
    }

    /// Makes the object appear. Call it only after the database has confirmed that the result is complete.
    ///
    /// # Errors
    ///
    /// `ObjectExists`, `BucketAccessDenied`, `UploadFailed` and others. No object has appeared, and the
    /// upload must be aborted.
    pub async fn finish(&mut self) -> Result<Finished> {
        self.open().await?;
        if let State::Collecting(kept) = &mut self.state {
            self.state = State::Putting(kept.take().unwrap_or_else(Part::empty));
        }
        let finished = match &self.state {
            State::Putting(part) => {
                let part = part.clone();
                self.put(&part).await?
            }
            State::Sending { .. } | State::Completing(_) => self.complete().await?,
            _ => return Err(self.is_over()),
        };
        self.state = State::Done;
        Ok(finished)
    }

    /// Sends the parts that have waited for the multipart upload to be open.
    pub(super) fn send_waiting(&mut self) -> Result<()> {
        match mem::replace(&mut self.state, State::Done) {
            State::Claiming { mut open, waiting } => {
                let mut small = None;
                let sent = waiting.into_iter().try_for_each(|part| send(&mut open, &mut small, part));
                self.state = State::Sending { open, small };
                sent
            }
            other => {
                self.state = other;
                Ok(())
            }
        }
    }

    /// Returns what exists under the current key after a request whose outcome is in doubt.
    pub(super) async fn standing(&self) -> Standing {
        let properties = self.destination.properties();
        standing(&self.bucket, &self.key(), &properties, self.bytes, &self.checksum()).await
    }

    pub(super) fn uploaded(&self, e_tag: Option<String>, parts: u32) -> Uploaded {
        Uploaded { bucket: self.bucket.name.clone(), key: self.key(), bytes: self.bytes, e_tag, parts }
    }

    /// Returns the length of the object in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the checksum of the object, as S3 writes it.
    pub(super) fn checksum(&self) -> String {
        self.crc.to_base64()
    }

    fn is_over(&self) -> Error {
        upload_failed(format!("The upload of s3://{}/{} is over.", self.bucket.name, self.key()))
    }
}

/// Sends a part, or keeps it if it is too small for S3, which only the last one may be.
fn send(open: &mut Multipart, small: &mut Option<Part>, part: Part) -> Result<()> {
    let part = match small.take() {
        Some(small) => small.join(&part),
        None => part,
    };
    if part.len() < MIN_PART {
        *small = Some(part);
        return Ok(());
    }
    open.send(part)
}
