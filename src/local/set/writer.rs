//! A thread that writes the files of a set while rows are still read.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use tempfile::TempDir;
use tokio::sync::oneshot;

use super::temporary::append_to;
use crate::part::Part;

/// What the thread does with a file, named by its path in the folder.
#[derive(Debug)]
pub(super) enum Work {
    Append(String, Part),
    /// Synchronizes the file, which is created if it is empty.
    End(String),
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    /// Unbounded, since the memory for parts limits how many there are.
    work: Option<mpsc::Sender<Work>>,
    written: Option<oneshot::Receiver<io::Result<()>>>,
    failed: bool,
    stop: Arc<AtomicBool>,
}

impl Writer {
    /// Starts a thread, since writing to a file blocks. It shares the folder, which is not removed before it ends.
    pub(super) fn start(folder: Arc<TempDir>) -> io::Result<Self> {
        let (work, coming) = mpsc::channel();
        let (done, written) = oneshot::channel();
        let stop = Arc::<AtomicBool>::default();
        let stopped = Arc::clone(&stop);
        let write = move || {
            let outcome = write(&folder, &coming, &stopped);
            drop(folder);
            // The receiver is gone if the run was stopped.
            let _ = done.send(outcome);
        };
        thread::Builder::new().name("output".to_owned()).spawn(write)?;
        Ok(Self { work: Some(work), written: Some(written), failed: false, stop })
    }

    /// Queues work; returns whether the thread takes any.
    pub(super) fn give(&self, work: Work) -> bool {
        self.work.as_ref().is_some_and(|queue| queue.send(work).is_ok())
    }

    /// Waits until all work is done.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        self.work = None;
        if let Some(written) = &mut self.written {
            let outcome = written.await.map_err(|_| io::Error::other("the writing thread ended")).flatten();
            self.written = None;
            self.failed = outcome.is_err();
            return outcome;
        }
        if self.failed { Err(io::Error::other("writing has failed before")) } else { Ok(()) }
    }

    /// Makes the thread end without doing what is left.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Works until the channel is closed.
fn write(folder: &TempDir, work: &mpsc::Receiver<Work>, stopped: &AtomicBool) -> io::Result<()> {
    for work in work {
        if stopped.load(Ordering::Relaxed) {
            return Err(io::Error::other("it was stopped"));
        }
        match work {
            Work::Append(path, part) => {
                let mut file = append_to(&folder.path().join(path))?;
                for block in part.blocks().iter() {
                    file.write_all(block)?;
                }
            }
            Work::End(path) => append_to(&folder.path().join(path))?.sync_all()?,
        }
    }
    Ok(())
}
