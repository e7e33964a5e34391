//! The number of AWS calls that a run makes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Calls by `service:Action`, as policies name them. Retries are not counted.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<BTreeMap<&'static str, u32>>);

impl Calls {
    pub(super) fn add(&self, call: &'static str, count: u32) {
        if count > 0 {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += count;
        }
    }

    pub(super) fn counted(&self) -> BTreeMap<String, u32> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().map(|(call, count)| ((*call).to_owned(), *count)).collect()
    }
}
