//! A thread that writes parts while rows are still read.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use super::errors::output_failed;
use super::file::Unfinished;
use super::finished::Finished;
use crate::error::{Error, Result};
use crate::part::Part;

/// An output that is being written. Dropping it unfinished leaves no file.
#[derive(Debug)]
#[must_use = "finish it, or no file appears"]
pub struct LocalWriter {
    what: String,
    /// Unbounded, since the memory for parts limits how many there are.
    parts: Option<mpsc::Sender<Part>>,
    written: Option<oneshot::Receiver<io::Result<File>>>,
    unfinished: Option<Unfinished>,
    bytes: u64,
}

impl LocalWriter {
    /// Starts a thread, since writing to a file or a pipe blocks.
    pub(super) fn start(what: String, file: File, unfinished: Option<Unfinished>) -> Result<Self> {
        let (parts, arriving) = mpsc::channel();
        let (done, written) = oneshot::channel();
        let write = move || {
            // The receiver is gone if the run was stopped.
            let _ = done.send(write(file, &arriving));
        };
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(write)
            .map_err(|error| output_failed(&what, &error))?;
        Ok(Self { what, parts: Some(parts), written: Some(written), unfinished, bytes: 0 })
    }

    /// Queues the next part.
    ///
    /// # Errors
    ///
    /// `OutputFailed` if an earlier part could not be written, `Cancelled` if the reader of the pipe went
    /// away.
    pub async fn push(&mut self, part: Part) -> Result<()> {
        self.bytes += part.len();
        match &self.parts {
            Some(parts) if parts.send(part).is_ok() => Ok(()),
            _ => Err(self.failure().await),
        }
    }

    /// Makes the file appear. Call it only after the database has confirmed that the result is complete.
    ///
    /// # Errors
    ///
    /// Those of [`Self::push`], and `ObjectExists` if another file has appeared under the name in the
    /// meantime.
    pub async fn finish(&mut self) -> Result<Finished> {
        let file = self.all_written().await.map_err(|error| output_failed(&self.what, &error))?;
        let Some(unfinished) = self.unfinished.take() else { return Ok(Finished::Passed(self.bytes)) };
        let synced = tokio::task::spawn_blocking(move || file.sync_all()).await.map_err(io::Error::other);
        synced.flatten().map_err(|error| output_failed(&self.what, &error))?;
        unfinished.finish(self.bytes)
    }

    async fn failure(&mut self) -> Error {
        match self.all_written().await {
            Err(error) => output_failed(&self.what, &error),
            Ok(_) => output_failed(&self.what, &io::Error::other("it was closed before the end")),
        }
    }

    async fn all_written(&mut self) -> io::Result<File> {
        self.parts = None;
        match self.written.take() {
            Some(written) => written.await.map_err(|_| io::Error::other("the writing thread ended"))?,
            None => Err(io::Error::other("it was closed already")),
        }
    }
}

/// Writes parts until the channel is closed.
fn write(mut file: File, parts: &mpsc::Receiver<Part>) -> io::Result<File> {
    for part in parts {
        for block in part.blocks().iter() {
            file.write_all(block)?;
        }
    }
    Ok(file)
}
