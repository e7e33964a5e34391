//! The deadline of a run, on Tokio's clock, so that tests can advance it.

use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Time reserved for cancelling the statement, aborting the upload and responding.
const MARGIN: Duration = Duration::from_secs(2);

/// The part of that time reserved for the response.
const ANSWER: Duration = Duration::from_millis(250);

/// The shortest pause between two looks at how much time is needed.
const SHORTEST_LOOK: Duration = Duration::from_millis(5);

/// The time, if any, at which a run stops by itself, before its limit ends it.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    stop_at: Option<Instant>,
    answer_at: Option<Instant>,
    started: Instant,
}

impl Deadline {
    /// Returns a deadline that never expires, as on the command line without `--timeout`.
    pub fn none() -> Self {
        Self { stop_at: None, answer_at: None, started: Instant::now() }
    }

    /// Returns a deadline that expires early enough within `limit` to clean up and respond: 2 s before its
    /// end, or after two thirds of it if it is shorter than 6 s.
    pub fn within(limit: Duration) -> Self {
        let started = Instant::now();
        let margin = margin(limit);
        let answer = ANSWER.min(margin / 4);
        Self {
            stop_at: Some(started + limit.saturating_sub(margin)),
            answer_at: Some(started + limit.saturating_sub(answer)),
            started,
        }
    }

    /// Returns the deadline of a Lambda invocation, or `None` if it is in the past, which only emulators
    /// send.
    pub fn of_lambda(deadline: SystemTime) -> Option<Self> {
        deadline.duration_since(SystemTime::now()).ok().map(Self::within)
    }

    /// Returns the time until the run stops by itself, or `None` without a limit.
    pub fn remaining(&self) -> Option<Duration> {
        self.stop_at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Returns the time until the response must be sent, which bounds the cleanup, or `None` without a limit.
    pub fn until_answer(&self) -> Option<Duration> {
        self.answer_at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Returns the time that the run has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Completes when the run has to stop; never completes without a limit.
    pub async fn expired(&self) {
        match self.stop_at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Completes when the run has to stop so that undoing it may take this time longer than usual, but no more than a third
    /// of the limit. What is needed may grow meanwhile, if not faster than time passes.
    pub async fn expired_before(&self, needed: impl Fn() -> Duration) {
        let Some(stop_at) = self.stop_at else { return std::future::pending().await };
        let most = stop_at.saturating_duration_since(self.started) / 3;
        loop {
            let left = stop_at.saturating_duration_since(Instant::now()).saturating_sub(needed().min(most));
            if left.is_zero() {
                return;
            }
            tokio::time::sleep((left / 2).max(SHORTEST_LOOK)).await;
        }
    }
}

/// Returns the part of `limit` that a run must not use.
fn margin(limit: Duration) -> Duration {
    MARGIN.min(limit / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_two_seconds_of_a_long_limit_and_a_third_of_a_short_one() {
        assert_eq!(margin(Duration::from_secs(900)), Duration::from_secs(2));
        assert_eq!(margin(Duration::from_secs(3)), Duration::from_secs(1));
    }

    #[test]
    fn cleaning_up_ends_before_the_limit_however_short_that_is() {
        for milliseconds in [200, 1_000, 3_000, 900_000] {
            let limit = Duration::from_millis(milliseconds);
            let deadline = Deadline::within(limit);
            let (stop, answer) = (deadline.remaining().unwrap(), deadline.until_answer().unwrap());
            assert!(stop < answer && answer < limit, "{stop:?} {answer:?} {limit:?}");
        }
        assert_eq!(Deadline::none().until_answer(), None);
    }

    #[tokio::test]
    async fn it_expires_when_its_time_has_come() {
        let deadline = Deadline::within(Duration::from_millis(3));
        deadline.expired().await;
        assert_eq!(deadline.remaining(), Some(Duration::ZERO));
        assert_eq!(Deadline::none().remaining(), None);
    }

    #[tokio::test]
    async fn it_expires_earlier_if_more_time_is_needed_but_for_a_third() {
        let (sender, mut ended) = tokio::sync::mpsc::unbounded_channel();
        let after = async |needed: Duration| {
            // It stops after 2 s otherwise.
            let deadline = Deadline::within(Duration::from_secs(3));
            deadline.expired_before(|| needed).await;
            let _ = sender.send(needed.as_millis());
            deadline.elapsed().as_millis()
        };
        let [nothing, some, much] = [0, 300, 60_000].map(Duration::from_millis);
        let (usual, earlier, a_third) = tokio::join!(after(nothing), after(some), after(much));
        assert!((usual >= 2_000) && (earlier >= 1_700) && (a_third >= 1_333), "{usual} {earlier} {a_third}");
        let mut order = Vec::new();
        while let Ok(needed) = ended.try_recv() {
            order.push(needed);
        }
        assert_eq!(order, [60_000, 300, 0]);
    }

    #[tokio::test]
    async fn the_time_that_is_needed_may_grow() {
        let deadline = Deadline::within(Duration::from_secs(3));
        let grows = deadline.expired_before(|| deadline.elapsed() / 3);
        tokio::select! {
            () = grows => assert!(deadline.elapsed() >= Duration::from_millis(1_500)),
            () = deadline.expired() => panic!("the time that was needed does not count"),
        }
    }

    #[tokio::test]
    async fn without_a_limit_it_never_expires() {
        let none = Deadline::none();
        let waited = tokio::time::timeout(Duration::from_millis(20), none.expired_before(|| Duration::MAX));
        assert!(waited.await.is_err());
    }

    #[test]
    fn a_deadline_in_the_past_is_an_emulator_s() {
        assert!(Deadline::of_lambda(SystemTime::UNIX_EPOCH).is_none());
    }
}
