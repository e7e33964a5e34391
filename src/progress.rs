//! How far a run is: read by the log, the progress bar and the answer while the pipeline writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Stage;

/// The counters of one run.
#[derive(Debug)]
pub struct Progress {
    rows: AtomicU64,
    bytes: AtomicU64,
    /// The planner's estimate; 0 where there is none.
    expected_rows: AtomicU64,
    clock: Mutex<Clock>,
}

/// Which stage runs since when, and what each has taken before.
#[derive(Debug)]
struct Clock {
    stage: Stage,
    since: Instant,
    spent: [Duration; Stage::ALL.len()],
}

impl Clock {
    fn stop(&mut self) {
        let now = Instant::now();
        self.spent[self.stage as usize] += now - self.since;
        self.since = now;
    }
}

impl Default for Progress {
    fn default() -> Self {
        let clock = Clock { stage: Stage::Event, since: Instant::now(), spent: Default::default() };
        let zero = || AtomicU64::new(0);
        Self { rows: zero(), bytes: zero(), expected_rows: zero(), clock: Mutex::new(clock) }
    }
}

impl Progress {
    /// Says that the run is in `stage` from now on. Reading, encoding and uploading alternate.
    pub fn enter(&self, stage: Stage) {
        let mut clock = self.clock();
        clock.stop();
        clock.stage = stage;
    }

    /// Where the run is.
    pub fn stage(&self) -> Stage {
        self.clock().stage
    }

    /// Milliseconds by stage, those that the run was not in left out.
    pub fn milliseconds(&self) -> Vec<(&'static str, u64)> {
        let mut clock = self.clock();
        clock.stop();
        Stage::ALL
            .iter()
            .map(|stage| (stage.as_str(), clock.spent[*stage as usize].as_millis() as u64))
            .filter(|(_, spent)| *spent > 0)
            .collect()
    }

    /// Publishes rows read and bytes of CSV made so far.
    pub fn publish(&self, rows: u64, bytes: u64) {
        self.rows.store(rows, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Rows read so far.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Publishes how many rows the planner expects.
    pub fn expect(&self, rows: u64) {
        self.expected_rows.store(rows, Ordering::Relaxed);
    }

    /// How many rows the planner expects, if it was asked.
    pub fn expected_rows(&self) -> Option<u64> {
        Some(self.expected_rows.load(Ordering::Relaxed)).filter(|rows| *rows > 0)
    }

    /// Bytes of CSV made so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
