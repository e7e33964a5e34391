//! Collects the results of the hops: measures their time, applies the deadline, and completes hops that were
//! not tried.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::diagnosis::{Diagnosis, Hop, HopName, HopResult, State};
use crate::pipeline::Run;

/// The hops so far.
pub(super) struct Hops<'a> {
    run: &'a Run,
    found: Mutex<Vec<Hop>>,
}

impl<'a> Hops<'a> {
    pub fn new(run: &'a Run) -> Self {
        Self { run, found: Mutex::default() }
    }

    /// Runs a hop and records its result. `None` if it was not completed, because of the deadline or an
    /// interruption.
    pub async fn walk<T>(&self, name: HopName, work: impl Future<Output = (HopResult, T)>) -> Option<T> {
        if *self.run.interrupted.borrow() || self.run.deadline.remaining() == Some(Duration::ZERO) {
            return None;
        }
        let begun = Instant::now();
        let (result, value) = tokio::select! {
            (result, value) = work => (result, Some(value)),
            () = self.run.deadline.expired() => (out_of_time(), None),
            () = self.run.interruption() => (HopResult::skipped("interrupted"), None),
        };
        self.note_after(name, result, begun.elapsed());
        value
    }

    /// Records the result of a hop that took no time.
    pub fn note(&self, name: HopName, result: HopResult) {
        self.note_after(name, result, Duration::ZERO);
    }

    /// Records the result of a hop that took this long.
    pub fn note_after(&self, name: HopName, result: HopResult, took: Duration) {
        self.lock().push(Hop { name, result, took });
    }

    /// Replaces the result of a hop.
    pub fn amend(&self, name: HopName, result: HopResult) {
        if let Some(hop) = self.lock().iter_mut().find(|hop| hop.name == name) {
            hop.result = result;
        }
    }

    /// Returns all hops; those that were not tried say why.
    pub fn complete(self) -> Diagnosis {
        let interrupted = *self.run.interrupted.borrow();
        let mut found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|hop| hop.name as u8);
        let failed = |hop: &&Hop| hop.result.state == State::Failed && hop.name != HopName::Bucket;
        let first = found.iter().find(failed).map(|hop| hop.name.as_str());
        let why = match first {
            Some(first) => format!("not tried, since {first} fails"),
            None if interrupted => "interrupted".to_owned(),
            None => "no time was left".to_owned(),
        };
        let hop = |name: &HopName| {
            found.iter().find(|hop| hop.name == *name).cloned().unwrap_or_else(|| Hop {
                name: *name,
                result: HopResult::skipped(&why),
                took: Duration::ZERO,
            })
        };
        Diagnosis(HopName::ALL.iter().map(hop).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Hop>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn out_of_time() -> HopResult {
    HopResult::failed(
        "The invocation's time ran out during this hop.",
        "The time of the invocation is too short for a diagnosis, which takes up to 30 s if something hangs.",
        "Give the function more time (terraform: timeout), or the command line a larger --timeout.",
    )
}
