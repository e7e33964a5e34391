//! The memory of the parts of one file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::buffers::PartBuffers;
use super::sizes::PartSizes;

/// Returns the number of parts that a file may always have: one for each of its readers, one that is kept
/// until there is a second, and one that is being sent. With many readers more parts may be sent, since
/// sending one at a time would delay them.
fn always(readers: u64) -> u64 {
    readers + (readers / 2 + 1).max(2)
}

#[derive(Debug)]
pub(super) struct File {
    pub(super) buffers: PartBuffers,
    sizes: PartSizes,
    /// The number of parts that are allowed regardless of the budget.
    always: u64,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    begun: u32,
    parts: u64,
    reserved: u64,
}

impl File {
    pub(super) fn new(buffers: PartBuffers, sizes: PartSizes, readers: usize) -> Self {
        buffers.open();
        let (always, state, freed) = (always(readers as u64), Mutex::default(), Notify::new());
        Self { buffers, sizes, always, state, freed }
    }

    /// Waits for the memory of the next part; returns the part's size and the reservation. `number` is that of the part if
    /// it is not the number of parts begun.
    pub(super) async fn reserve(self: &Arc<Self>, number: Option<u32>) -> (u64, Reservation) {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Registered before the check, so that memory freed in between is not missed.
            freed.as_mut().enable();
            if let Some(reserved) = self.try_reserve(number) {
                return reserved;
            }
            freed.await;
        }
    }

    fn try_reserve(self: &Arc<Self>, number: Option<u32>) -> Option<(u64, Reservation)> {
        let share = self.buffers.share();
        let mut state = self.state();
        let size = self.sizes.size(number.unwrap_or(state.begun + 1));
        if state.parts >= self.always && state.reserved + size > share {
            return None;
        }
        state.begun += 1;
        state.parts += 1;
        state.reserved += size;
        drop(state);
        self.buffers.count(0, size);
        Some((size, Reservation { file: Arc::clone(self), bytes: AtomicU64::new(size) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.buffers.close();
    }
}

/// The memory that a part has reserved, which is released when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    file: Arc<File>,
    bytes: AtomicU64,
}

impl Reservation {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Returns a block to the buffers.
    pub(super) fn give_back(&self, block: Vec<u8>) {
        self.file.buffers.give_back(block);
    }

    /// Sets the reservation to the memory in use.
    pub(super) fn set(&self, bytes: u64) {
        let mut state = self.file.state();
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        state.reserved = state.reserved - before + bytes;
        drop(state);
        self.file.buffers.count(before, bytes);
        if bytes < before {
            self.file.freed.notify_waiters();
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.file.state().parts -= 1;
        self.set(0);
        self.file.freed.notify_waiters();
    }
}
