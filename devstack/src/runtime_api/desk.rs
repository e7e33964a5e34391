//! What the function's process and those who invoke it have to say to each other: polls, work and results.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use super::function::FunctionError;

/// What one invocation hands to the process.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) deadline_ms: u64,
    pub(super) arn: String,
    pub(super) event: Bytes,
}

pub(super) type Answer = Result<Value, FunctionError>;

#[derive(Debug, Default)]
pub(super) struct Desk {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Each a `GET invocation/next` that waits for work.
    polls: VecDeque<oneshot::Sender<Work>>,
    /// Each an invocation that waits for its result.
    waiting: HashMap<String, oneshot::Sender<Answer>>,
    init_error: Option<FunctionError>,
}

impl Desk {
    /// The process asks for work.
    pub(super) fn poll(&self) -> oneshot::Receiver<Work> {
        let (sender, receiver) = oneshot::channel();
        self.state().polls.push_back(sender);
        self.changed.notify_waiters();
        receiver
    }

    /// The process could not start.
    pub(super) fn fail_to_start(&self, error: FunctionError) {
        self.state().init_error = Some(error);
        self.changed.notify_waiters();
    }

    /// The process answers a request. What nobody waits for any more is dropped, as Lambda does.
    pub(super) fn answer(&self, request_id: &str, answer: Answer) {
        if let Some(waiting) = self.state().waiting.remove(request_id) {
            let _ = waiting.send(answer);
        }
    }

    /// Comes back when at least one poll waits for work.
    pub(super) async fn polled(&self) -> Result<(), FunctionError> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            {
                let mut state = self.state();
                state.polls.retain(|poll| !poll.is_closed());
                if let Some(error) = state.init_error.take() {
                    return Err(error);
                }
                if !state.polls.is_empty() {
                    return Ok(());
                }
            }
            changed.await;
        }
    }

    /// Hands work to the poll that has waited longest, and waits for the answer.
    pub(super) async fn ask(&self, mut work: Work) -> Answer {
        loop {
            self.polled().await?;
            let handed_over = self.state().hand_over(work);
            match handed_over {
                Ok(answer) => return answer.await.unwrap_or_else(|_| Err(FunctionError::default())),
                // Another invocation was faster.
                Err(refused) => work = refused,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hand_over(&mut self, mut work: Work) -> Result<oneshot::Receiver<Answer>, Work> {
        let (sender, receiver) = oneshot::channel();
        let request_id = work.request_id.clone();
        self.waiting.insert(request_id.clone(), sender);
        while let Some(poll) = self.polls.pop_front() {
            match poll.send(work) {
                Ok(()) => return Ok(receiver),
                Err(refused) => work = refused,
            }
        }
        self.waiting.remove(&request_id);
        Err(work)
    }
}
