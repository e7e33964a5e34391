//! The memory of parts: bounded, shared fairly and reused.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sizes::FIRST_PART;

/// Bytes of one block: small enough to stay in a core's cache until its checksum is computed, large enough
/// that little is wasted at its end, where the next row does not fit.
pub const BLOCK: usize = 512 << 10;

/// Memory for the parts of all files that a process writes at the same time.
///
/// Every file may use an equal share of the budget, and always the minimum that its readers need to make
/// progress; see [`Parts`](super::Parts).
///
/// Cloning is cheap and shares the memory. Keep one value for all invocations of a process, so that its
/// blocks are reused.
#[derive(Debug, Clone)]
pub struct PartBuffers {
    pool: Arc<Pool>,
}

/// The memory that clones share.
#[derive(Debug)]
struct Pool {
    budget: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    files: u64,
    reserved: u64,
    spare: Vec<Vec<u8>>,
}

impl PartBuffers {
    /// Creates buffers of `budget` bytes in total.
    pub fn new(budget: u64) -> Self {
        Self { pool: Arc::new(Pool { budget, state: Mutex::default() }) }
    }

    /// Creates buffers for a function with `mib` MiB of memory (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`; `None`
    /// outside Lambda): a sixteenth of it, at least 24 MiB (one part that is filled and two that are sent),
    /// at most 256 MiB.
    pub fn for_function_memory(mib: Option<u64>) -> Self {
        let budget = mib.unwrap_or(0).saturating_mul(1 << 20) / 16;
        Self::new(budget.clamp(3 * FIRST_PART, 32 * FIRST_PART))
    }

    /// Returns the number of bytes that are reserved now.
    pub fn reserved(&self) -> u64 {
        self.state().reserved
    }

    /// Counts one more file.
    pub(super) fn open(&self) {
        self.state().files += 1;
    }

    /// Counts one file fewer.
    pub(super) fn close(&self) {
        self.state().files -= 1;
    }

    /// Returns the number of bytes that each file may use.
    pub(super) fn share(&self) -> u64 {
        self.pool.budget / self.state().files.max(1)
    }

    /// Changes the total by the change of a file's reservation.
    pub(super) fn count(&self, before: u64, now: u64) {
        let mut state = self.state();
        state.reserved = state.reserved - before + now;
    }

    /// Returns an empty block with room for `at_least` bytes.
    pub(super) fn block(&self, at_least: usize) -> Vec<u8> {
        if at_least > BLOCK {
            return Vec::with_capacity(at_least);
        }
        self.state().spare.pop().unwrap_or_else(|| Vec::with_capacity(BLOCK))
    }

    /// Takes a block back for reuse, unless a large row has given it an unusual size.
    pub(super) fn give_back(&self, mut block: Vec<u8>) {
        let mut state = self.state();
        let kept = (state.spare.len() * BLOCK) as u64;
        if block.capacity() == BLOCK && kept < self.pool.budget {
            block.clear();
            state.spare.push(block);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.pool.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn spare_blocks(&self) -> usize {
        self.state().spare.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_follows_the_functions_memory() {
        let budget = |mib| PartBuffers::for_function_memory(mib).pool.budget >> 20;
        assert_eq!(
            [budget(None), budget(Some(128)), budget(Some(1_769)), budget(Some(10_240))],
            [24, 24, 110, 256]
        );
    }

    #[test]
    fn files_have_equal_shares() {
        let buffers = PartBuffers::new(12);
        buffers.open();
        assert_eq!(buffers.share(), 12);
        buffers.open();
        buffers.open();
        assert_eq!(buffers.share(), 4);
        buffers.close();
        assert_eq!(buffers.share(), 6);
    }
}
