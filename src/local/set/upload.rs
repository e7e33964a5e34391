//! A set that is being written.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::target::SetTarget;
use super::writer::{Work, Writer};
use crate::error::{Error, Result};
use crate::local::errors::output_failed;
use crate::part::{Crc64Nvme, FileId, FileSent, Part, SetExisting, SetWritten};

/// A set that is being written, with the methods of a set in S3. Dropping it unfinished leaves no folder.
#[derive(Debug)]
#[must_use = "commit it, or no folder appears"]
pub struct LocalSet {
    pub(super) target: SetTarget,
    /// The folder's name, once it has one.
    pub(super) named: Option<PathBuf>,
    pub(super) temporary: Option<Arc<TempDir>>,
    pub(super) writer: Writer,
    /// The lengths and checksums of files that have not ended.
    open: HashMap<FileId, (u64, Crc64Nvme)>,
    /// The length of all files.
    pub(super) bytes: u64,
}

/// How writing a set ended, without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetFinished {
    /// The set is complete.
    Written(SetWritten),
    /// Another set appeared under the name in the meantime, and `IfFileExists::Skip` keeps it.
    Exists(SetExisting),
}

impl LocalSet {
    pub(super) fn new(target: SetTarget, temporary: Arc<TempDir>, writer: Writer) -> Self {
        Self { target, named: None, temporary: Some(temporary), writer, open: HashMap::new(), bytes: 0 }
    }

    /// Queues the next part of a file. `path` is relative to the set's folder.
    ///
    /// # Errors
    ///
    /// `OutputFailed` if an earlier part could not be written.
    pub async fn push(&mut self, file: FileId, path: &str, part: Part) -> Result<()> {
        let (bytes, crc) = self.open.entry(file).or_insert_with(|| (0, Part::empty().crc()));
        *crc = crc.followed_by(part.crc(), part.len());
        *bytes += part.len();
        self.bytes += part.len();
        self.give(Work::Append(path.to_owned(), part)).await
    }

    /// Ends a file, which is empty if it has no part.
    ///
    /// # Errors
    ///
    /// Those of [`Self::push`].
    pub async fn end_file(&mut self, file: FileId, path: &str) -> Result<FileSent> {
        let (bytes, crc) = self.open.remove(&file).unwrap_or_else(|| (0, Part::empty().crc()));
        self.give(Work::End(path.to_owned())).await?;
        Ok(FileSent::new(bytes, crc))
    }

    /// Returns the number of bytes that wait in memory for more of their file, which is none: every part is
    /// written.
    #[allow(clippy::unused_self, reason = "a set in S3 has the same methods")]
    pub fn held(&self) -> u64 {
        0
    }

    /// Removes what was written. There is nothing that could be complete nevertheless.
    ///
    /// # Errors
    ///
    /// `OutputFailed` if the temporary folder could not be removed.
    pub async fn abort(&mut self, time_left: Duration) -> Result<Option<SetWritten>> {
        self.writer.stop();
        // Its error is that of the run.
        let _ = tokio::time::timeout(time_left, self.writer.finish()).await;
        let Some(temporary) = self.temporary.take().and_then(Arc::into_inner) else { return Ok(None) };
        let name = temporary.path().display().to_string();
        temporary.close().map_err(|error| output_failed(&name, &error))?;
        Ok(None)
    }

    /// Returns the path of the folder.
    pub fn location(&self) -> String {
        self.named.as_ref().unwrap_or(&self.target.folder).display().to_string()
    }

    pub(super) fn failed(&self, error: &io::Error) -> Error {
        output_failed(&self.target.folder.display().to_string(), error)
    }

    async fn give(&mut self, work: Work) -> Result<()> {
        if self.writer.give(work) {
            return Ok(());
        }
        let error = match self.writer.finish().await {
            Err(error) => error,
            Ok(()) => io::Error::other("it was closed before the end"),
        };
        Err(self.failed(&error))
    }
}
