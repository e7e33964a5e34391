//! The progress of a run, which the pipeline writes and the log, the progress bar and the response read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Stage;

/// The counters of one run: its own, and the sum of those of its readers.
#[derive(Debug, Default)]
pub struct Progress {
    clock: Clock,
    meters: Mutex<Vec<Arc<Meter>>>,
    /// The planner's estimate; 0 if there is none.
    expected_rows: AtomicU64,
}

/// The counters of one reader, which nothing else writes.
#[derive(Debug, Default)]
pub struct Meter {
    rows: AtomicU64,
    bytes: AtomicU64,
    clock: Clock,
}

impl Meter {
    /// Records that the reader enters `stage`. Reading, encoding and handing over alternate.
    pub fn enter(&self, stage: Stage) {
        self.clock.enter(stage);
    }

    /// Publishes the rows read and the bytes of the file made so far by this reader.
    pub fn publish(&self, rows: u64, bytes: u64) {
        self.rows.store(rows, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Returns the rows and bytes that were published last.
    pub fn published(&self) -> (u64, u64) {
        (self.rows.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Returns how long the reader has worked, in milliseconds.
    pub fn milliseconds(&self) -> u64 {
        self.clock.spent().iter().sum::<Duration>().as_millis() as u64
    }

    /// Stops the clock when the reader is done.
    pub fn stop(&self) {
        self.clock.stop();
    }
}

impl Progress {
    /// Records that the run enters `stage`.
    pub fn enter(&self, stage: Stage) {
        self.clock.enter(stage);
    }

    /// Creates meters for the readers of one file, which replace those of an earlier attempt. The run's own
    /// clock is paused until it [enters](Self::enter) another stage.
    pub fn read_by(&self, readers: usize) -> Vec<Arc<Meter>> {
        self.clock.stop();
        let meters: Vec<_> = std::iter::repeat_with(Arc::<Meter>::default).take(readers).collect();
        for before in std::mem::replace(&mut *self.meters(), meters.clone()) {
            before.stop();
            self.clock.add(&before.clock);
        }
        meters
    }

    /// Returns the stage of the run; with several readers, that of the first one that is still reading.
    pub fn stage(&self) -> Stage {
        let reading = self.meters().iter().find_map(|meter| meter.clock.running());
        reading.unwrap_or_else(|| self.clock.stage())
    }

    /// Returns the milliseconds by stage, without the stages that took none. The times of concurrent readers
    /// are added.
    pub fn milliseconds(&self) -> Vec<(&'static str, u64)> {
        let mut spent = self.clock.spent();
        for meter in self.meters().iter() {
            for (sum, spent) in spent.iter_mut().zip(meter.clock.spent()) {
                *sum += spent;
            }
        }
        let by_stage =
            Stage::ALL.iter().map(|stage| (stage.as_str(), spent[*stage as usize].as_millis() as u64));
        by_stage.filter(|(_, spent)| *spent > 0).collect()
    }

    /// Returns the milliseconds that each reader has worked, if there are several; otherwise an empty list.
    pub fn readers(&self) -> Vec<u64> {
        let meters = self.meters();
        if meters.len() > 1 { meters.iter().map(|meter| meter.milliseconds()).collect() } else { Vec::new() }
    }

    /// Returns the number of rows read so far.
    pub fn rows(&self) -> u64 {
        self.meters().iter().map(|meter| meter.rows.load(Ordering::Relaxed)).sum()
    }

    /// Returns the number of bytes of the file made so far, before compression.
    pub fn bytes(&self) -> u64 {
        self.meters().iter().map(|meter| meter.bytes.load(Ordering::Relaxed)).sum()
    }

    /// Publishes how many rows the planner expects.
    pub fn expect(&self, rows: u64) {
        self.expected_rows.store(rows, Ordering::Relaxed);
    }

    /// Returns how many rows the planner expects, if it was asked.
    pub fn expected_rows(&self) -> Option<u64> {
        Some(self.expected_rows.load(Ordering::Relaxed)).filter(|rows| *rows > 0)
    }

    fn meters(&self) -> MutexGuard<'_, Vec<Arc<Meter>>> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The current stage, when it began, and the time spent in each stage before.
#[derive(Debug)]
struct Clock(Mutex<Times>);

#[derive(Debug)]
struct Times {
    stage: Stage,
    /// `None` while the clock is paused.
    since: Option<Instant>,
    spent: Spent,
}

type Spent = [Duration; Stage::ALL.len()];

impl Default for Clock {
    fn default() -> Self {
        Self(Mutex::new(Times { stage: Stage::Event, since: Some(Instant::now()), spent: Spent::default() }))
    }
}

impl Clock {
    fn enter(&self, stage: Stage) {
        let mut times = self.times();
        times.add_up();
        (times.stage, times.since) = (stage, Some(Instant::now()));
    }

    fn stop(&self) {
        let mut times = self.times();
        times.add_up();
        times.since = None;
    }

    fn stage(&self) -> Stage {
        self.times().stage
    }

    /// Returns the stage, unless the clock is paused.
    fn running(&self) -> Option<Stage> {
        let times = self.times();
        times.since.map(|_| times.stage)
    }

    fn spent(&self) -> Spent {
        let mut times = self.times();
        times.add_up();
        times.spent
    }

    fn add(&self, other: &Self) {
        let others = other.spent();
        for (sum, spent) in self.times().spent.iter_mut().zip(others) {
            *sum += spent;
        }
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Times {
    fn add_up(&mut self) {
        let Some(since) = self.since else { return };
        let now = Instant::now();
        self.spent[self.stage as usize] += now - since;
        self.since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_add_up_and_those_of_an_attempt_before_count_no_longer() {
        let progress = Progress::default();
        let meters = progress.read_by(2);
        meters[0].publish(2, 20);
        meters[1].publish(3, 30);
        assert_eq!((progress.rows(), progress.bytes()), (5, 50));
        progress.read_by(1)[0].publish(1, 10);
        assert_eq!((progress.rows(), progress.bytes()), (1, 10));
    }

    #[test]
    fn the_stage_is_that_of_a_reader_that_still_reads() {
        let progress = Progress::default();
        progress.enter(Stage::Query);
        let meters = progress.read_by(2);
        meters[0].enter(Stage::Rows);
        meters[1].enter(Stage::Encode);
        assert_eq!(progress.stage(), Stage::Rows);
        meters[0].stop();
        assert_eq!(progress.stage(), Stage::Encode);
        meters[1].stop();
        progress.enter(Stage::Upload);
        assert_eq!(progress.stage(), Stage::Upload);
    }

    #[test]
    fn the_time_of_an_attempt_before_stays() {
        let progress = Progress::default();
        let meter = progress.read_by(1).remove(0);
        meter.clock.times().spent[Stage::Rows as usize] = Duration::from_millis(7_000);
        progress.read_by(1)[0].clock.times().spent[Stage::Rows as usize] = Duration::from_millis(5_000);
        assert!(progress.milliseconds().contains(&("rows", 12_000)));
    }
}
