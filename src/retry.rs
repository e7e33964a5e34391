//! Pauses between attempts.

use std::time::Duration;

/// Pauses that double from the first to the longest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pauses {
    pub first: Duration,
    pub longest: Duration,
}

impl Pauses {
    /// Returns the pause before the `attempt`th retry, counted from 0.
    pub fn before(self, attempt: u32) -> Duration {
        self.first.saturating_mul(1 << attempt.min(20)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses = Pauses { first: Duration::from_millis(250), longest: Duration::from_secs(2) };
        let millis = [0, 1, 2, 3, 4, 99].map(|attempt| pauses.before(attempt).as_millis());
        assert_eq!(millis, [250, 500, 1_000, 2_000, 2_000, 2_000]);
    }
}
