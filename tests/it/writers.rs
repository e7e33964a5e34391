//! Clients that write beside an export until they are stopped, and what takes the shared snapshot from its readers.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinHandle;

/// Replaces what readers say, so that each has a snapshot of its own.
pub const NOT_SHARED: (&[u8], &[u8]) = (b"SET TRANSACTION SNAPSHOT", b"SET application_name TO ");
/// Replaces what readers compare, so that they do not see it.
pub const NOT_COMPARED: (&[u8], &[u8]) =
    (b"pg_catalog.txid_current_snapshot()::text", b"'the same for all'::text                ");

/// Running writers.
#[derive(Default)]
pub struct Writers {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Tells a writer whether it goes on.
pub struct GoOn(Arc<AtomicBool>);

impl GoOn {
    pub fn yes(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

impl Writers {
    /// Starts a writer, which ends when it is told not to go on.
    pub fn start<F: Future<Output = ()> + Send + 'static>(&mut self, write: impl FnOnce(GoOn) -> F) {
        self.tasks.push(tokio::spawn(write(GoOn(Arc::clone(&self.stop)))));
    }

    /// Stops all writers; panics if one has failed.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("a writer");
        }
    }
}
