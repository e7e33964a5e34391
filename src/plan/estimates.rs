//! What the events of a plan read, and how long they take together, by the planner's figures.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use serde_json::{Value, json};

/// The planner's figures for one event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimated {
    /// The rows.
    pub rows: f64,
    /// The bytes of the file, before compression.
    pub bytes: f64,
    /// The time of the export alone, with one reader.
    pub time: Duration,
}

/// The figures for all events.
#[derive(Debug)]
pub struct Estimates {
    /// Those of each event, or why there are none.
    pub of_events: Vec<Result<Estimated, String>>,
    /// How many exports run at once.
    pub at_once: usize,
}

impl Estimates {
    /// Returns the figures of those events that have some.
    fn known(&self) -> impl Iterator<Item = &Estimated> {
        self.of_events.iter().flatten()
    }

    /// Returns the number of events without figures.
    pub fn unknown(&self) -> usize {
        self.of_events.len() - self.known().count()
    }

    /// Returns the sum of the rows and of the bytes.
    pub fn sums(&self) -> (f64, f64) {
        // The sum of no numbers would be -0.
        self.known().fold((0.0, 0.0), |(rows, bytes), one| (rows + one.rows, bytes + one.bytes))
    }

    /// Returns the time until all are done, if each export begins as soon as one of those before it ends.
    pub fn time(&self) -> Duration {
        let mut ends: BinaryHeap<Reverse<Duration>> = BinaryHeap::new();
        let mut last = Duration::ZERO;
        for one in self.known() {
            let begin = if ends.len() < self.at_once { None } else { ends.pop() };
            let end = begin.map_or(Duration::ZERO, |Reverse(begin)| begin).saturating_add(one.time);
            last = last.max(end);
            ends.push(Reverse(end));
        }
        last
    }

    pub(super) fn json(&self, locations: &[String]) -> Value {
        let event = |(location, one): (&String, &Result<Estimated, String>)| match one {
            Ok(Estimated { rows, bytes, time }) => json!({
                "location": location, "rows": rows.round(), "bytes": bytes.round(), "seconds": time.as_secs_f64().ceil(),
            }),
            Err(why) => json!({ "location": location, "unknown": why }),
        };
        let events: Vec<_> = locations.iter().zip(&self.of_events).map(event).collect();
        let (rows, bytes) = self.sums();
        json!({
            "events": events,
            "rows": rows.round(),
            "bytes": bytes.round(),
            "unknown": self.unknown(),
            "concurrency": self.at_once,
            "seconds": self.time().as_secs_f64().ceil(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(at_once: usize, seconds: &[u64]) -> u64 {
        let one =
            |seconds: &u64| Ok(Estimated { rows: 1.0, bytes: 10.0, time: Duration::from_secs(*seconds) });
        let of_events = seconds.iter().map(one).chain([Err("unknown".to_owned())]).collect();
        Estimates { of_events, at_once }.time().as_secs()
    }

    #[test]
    fn an_export_begins_when_one_before_it_ends() {
        assert_eq!(time(1, &[5, 1, 1, 1]), 8);
        assert_eq!(time(2, &[5, 1, 1, 1]), 5);
        assert_eq!(time(2, &[1, 1, 1, 5]), 6);
        assert_eq!(time(9, &[1, 1, 1, 5]), 5);
        assert_eq!(time(3, &[]), 0);
    }
}
