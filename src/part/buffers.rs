//! The memory that parts live in: bounded, and used again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::sizes::FIRST_PART;

/// Bytes of one block. Small enough to stay in a core's cache until its checksum is taken, large enough that
/// hardly any of it is lost at the end, where the next row does not fit.
pub const BLOCK: usize = 512 << 10;

/// Parts that go whatever the budget.
const ALWAYS: u32 = 3;

/// Memory for the parts that are being filled and for those on their way.
///
/// A part reserves its whole scheduled size before its first byte is written, and gives it back when it is written.
/// So a part that was begun can always be completed, however many writers share the buffers: no deadlock. What
/// one part may hold beyond its reservation is the row that fills it and the unused ends of blocks; that is
/// counted too, and delays the next reservation instead of the current row.
///
/// Cloning is cheap and shares the memory; keep one for all invocations of a process, its blocks are used again.
#[derive(Debug, Clone)]
pub struct PartBuffers {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    budget: u64,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    reserved: u64,
    parts: u32,
    spare: Vec<Vec<u8>>,
}

impl PartBuffers {
    /// Buffers of `budget` bytes in all. Three parts always go, even if they exceed it: one may be kept until there
    /// is a second, with a small one joined to it, and one more must be filled meanwhile.
    pub fn new(budget: u64) -> Self {
        let shared = Shared { budget, state: Mutex::default(), freed: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Buffers for a function with `mib` MiB of memory (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`; `None` outside Lambda):
    /// a sixteenth of it, at least 24 MiB (a part that is filled and two that travel), at most 256 MiB.
    pub fn for_function_memory(mib: Option<u64>) -> Self {
        let budget = mib.unwrap_or(0).saturating_mul(1 << 20) / 16;
        Self::new(budget.clamp(3 * FIRST_PART, 32 * FIRST_PART))
    }

    /// Bytes that are reserved now.
    pub fn reserved(&self) -> u64 {
        self.state().reserved
    }

    /// Reserves `bytes` if there is room for them.
    pub(super) fn try_reserve(&self, bytes: u64) -> Option<Arc<Reservation>> {
        let mut state = self.state();
        if state.parts >= ALWAYS && state.reserved + bytes > self.shared.budget {
            return None;
        }
        state.reserved += bytes;
        state.parts += 1;
        Some(Arc::new(Reservation { buffers: self.clone(), bytes: AtomicU64::new(bytes) }))
    }

    /// Where to wait until [`Self::try_reserve`] is worth another try.
    pub(super) fn freed(&self) -> &Notify {
        &self.shared.freed
    }

    /// An empty block with room for `at_least` bytes.
    pub(super) fn block(&self, at_least: usize) -> Vec<u8> {
        if at_least > BLOCK {
            return Vec::with_capacity(at_least);
        }
        self.state().spare.pop().unwrap_or_else(|| Vec::with_capacity(BLOCK))
    }

    /// Takes a block back to be used again, unless a large row had made it an unusual one.
    pub(super) fn give_back(&self, mut block: Vec<u8>) {
        let mut state = self.state();
        let kept = (state.spare.len() * BLOCK) as u64;
        if block.capacity() == BLOCK && kept < self.shared.budget {
            block.clear();
            state.spare.push(block);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn spare_blocks(&self) -> usize {
        self.state().spare.len()
    }
}

/// The memory that a part has reserved; given back when the last of its blocks is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    buffers: PartBuffers,
    bytes: AtomicU64,
}

impl Reservation {
    /// Sets the reservation to what is really held.
    pub(super) fn set(&self, bytes: u64) {
        let mut state = self.buffers.state();
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        state.reserved = state.reserved - before + bytes;
        drop(state);
        if bytes < before {
            self.buffers.freed().notify_waiters();
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.buffers.state().parts -= 1;
        self.set(0);
        self.buffers.freed().notify_waiters();
    }
}

/// A filled block on its way to S3; its memory goes back to the buffers.
pub(super) struct FilledBlock {
    bytes: Vec<u8>,
    reservation: Arc<Reservation>,
}

impl FilledBlock {
    pub(super) fn new(bytes: Vec<u8>, reservation: Arc<Reservation>) -> Self {
        Self { bytes, reservation }
    }
}

impl AsRef<[u8]> for FilledBlock {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for FilledBlock {
    fn drop(&mut self) {
        self.reservation.buffers.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_follows_the_functions_memory() {
        let budget = |mib| PartBuffers::for_function_memory(mib).shared.budget >> 20;
        assert_eq!(
            [budget(None), budget(Some(128)), budget(Some(1_769)), budget(Some(10_240))],
            [24, 24, 110, 256]
        );
    }

    #[test]
    fn reserves_up_to_the_budget_and_again_after_release() {
        let buffers = PartBuffers::new(50);
        let mut parts: Vec<_> = (0..4).map(|_| buffers.try_reserve(10).expect("room")).collect();
        parts[0].set(15);
        assert!(buffers.try_reserve(10).is_none());
        parts.pop();
        parts.push(buffers.try_reserve(10).expect("room again"));
        assert_eq!(buffers.reserved(), 45);
        drop(parts);
        assert_eq!(buffers.reserved(), 0);
    }

    #[test]
    fn three_parts_go_whatever_the_budget() {
        let buffers = PartBuffers::new(1);
        let parts: Vec<_> = std::iter::from_fn(|| buffers.try_reserve(100)).collect();
        assert_eq!(parts.len(), 3);
    }
}
