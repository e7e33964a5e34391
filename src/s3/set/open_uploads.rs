//! How many uploads of a set are open, and how long it takes to abort them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What aborting one of many uploads takes: as many as are aborted at the same time wait half of it for S3's answers, and the
/// processor of a small function takes the other half.
const ABORT: Duration = Duration::from_millis(1);

/// The number of a set's uploads that are not complete. Clones have the same number.
#[derive(Debug, Clone, Default)]
pub struct OpenUploads(Arc<AtomicU32>);

impl OpenUploads {
    /// Returns the time that should be left for aborting them: a millisecond for each.
    pub fn time_to_abort(&self) -> Duration {
        ABORT * self.0.load(Ordering::Relaxed)
    }

    pub(super) fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn one_less(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
