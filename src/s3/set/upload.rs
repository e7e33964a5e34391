//! An upload of a set.

use std::mem;

use tokio::time::Instant;

use super::destination::SetDestination;
use super::files::Files;
use super::keepalive::Keepalive;
use super::open_uploads::OpenUploads;
use super::undo::{Undo, undo};
use crate::error::{Error, Result};
use crate::part::{FileId, FileSent, MANIFEST, Part, SetExisting, SetWritten};
use crate::s3::abort_upload::LAST_RESORT;
use crate::s3::bucket::Bucket;
use crate::s3::upload::Upload;
use crate::telemetry;

/// An upload of a set, which [`SetUpload::preflight`] creates.
///
/// [`push`](Self::push) takes the parts of its files, [`end_file`](Self::end_file) ends one of them,
/// [`commit`](Self::commit) makes the set appear, and in every other case [`abort`](Self::abort) leaves nothing
/// behind. The future of each may be dropped and the method called again. Dropping an unfinished set aborts it
/// in the background, as a last resort for which a process that exits at once does not wait.
#[derive(Debug)]
#[must_use = "commit or abort it, or parts stay in the bucket"]
pub struct SetUpload {
    pub(super) destination: SetDestination,
    pub(super) bucket: Bucket,
    /// The upload of the manifest, which claims the name.
    pub(super) claim: Upload,
    pub(super) keepalive: Keepalive,
    pub(super) files: Files,
    /// Other manifests that were written, or may have been.
    pub(super) others: Vec<Upload>,
    /// The numbers of rows and files.
    pub(super) figures: Option<(u64, u64)>,
    /// The length of all files, once the manifest stands and the set is complete.
    pub(super) stands: Option<u64>,
}

/// How an upload of a set ended, without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetFinished {
    /// The set is complete.
    Written(SetWritten),
    /// Another set has the name: another attempt of the same delivery wrote it, or `IfExists::Skip` keeps it.
    Exists(SetExisting),
    /// Another set appeared under the name while the files were sent, and ours was removed. The rows are gone, so
    /// the query must run again, with the destination `again`, if there is time; otherwise `error` is the result.
    Refused {
        /// `ObjectExists`, retryable.
        error: Error,
        /// The same destination under the next name.
        again: Box<SetDestination>,
    },
}

impl SetUpload {
    /// Takes the next part of a file. `path` is relative to the set's folder. The first part begins a multipart
    /// upload in the background; a part that is too small for S3 waits for the next one of its file.
    ///
    /// # Errors
    ///
    /// S3's error about this file, an earlier one or the claim. The set must then be aborted.
    #[allow(clippy::unused_async, reason = "a local set has the same methods")]
    pub async fn push(&mut self, file: FileId, path: &str, part: Part) -> Result<()> {
        self.files.push(file, path, &part)
    }

    /// Ends a file, which is empty if it has no part. Its rest is sent in the background; if too many files are on
    /// their way already, this waits for one of them.
    ///
    /// # Errors
    ///
    /// Those of [`Self::push`].
    pub async fn end_file(&mut self, file: FileId, path: &str) -> Result<FileSent> {
        self.files.end(file, path).await
    }

    /// Returns the number of bytes that wait in memory for more of their file.
    pub fn held(&self) -> u64 {
        self.files.held()
    }

    /// Returns the number of uploads that are not complete, which changes with the set.
    pub fn open_uploads(&self) -> OpenUploads {
        self.files.uploads.clone()
    }

    /// Returns `s3://bucket/folder/`.
    pub fn location(&self) -> String {
        self.destination.location()
    }

    /// Returns `s3://bucket/folder/_manifest.json`.
    pub(super) fn manifest(&self) -> String {
        format!("{}{MANIFEST}", self.location())
    }
}

impl Drop for SetUpload {
    /// Aborts in the background, as the last resort of a run that was dropped or forgot to commit or abort.
    fn drop(&mut self) {
        let busy = self.keepalive.stop();
        if self.claim.state.is_over() && self.files.is_idle() && self.others.is_empty() {
            return;
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let empty = Upload::new(self.bucket.clone(), self.destination.describing(MANIFEST));
        let mut claim = mem::replace(&mut self.claim, empty);
        let (mut files, mut others) = (self.files.take_all(), mem::take(&mut self.others));
        telemetry::spawn(async move {
            let what = Undo { claim: &mut claim, busy, files: &mut files, others: &mut others };
            if let Err(error) = undo(what, Instant::now() + LAST_RESORT).await {
                tracing::error!(%error, "a set was dropped and could not be aborted");
            }
        });
    }
}
