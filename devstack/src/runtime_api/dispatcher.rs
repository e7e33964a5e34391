//! Passes invocations to the function's process when it polls, and its results back to the callers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use super::function::FunctionError;

/// What the process receives for an invocation.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) deadline_ms: u64,
    pub(super) arn: String,
    pub(super) event: Bytes,
}

pub(super) type Answer = Result<Value, FunctionError>;

#[derive(Debug, Default)]
pub(super) struct Dispatcher {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The calls of `GET invocation/next` that wait for work.
    polls: VecDeque<oneshot::Sender<Work>>,
    /// The invocations that wait for their results, by request id.
    waiting: HashMap<String, oneshot::Sender<Answer>>,
    init_error: Option<FunctionError>,
}

impl Dispatcher {
    /// Registers a call of the process that waits for work.
    pub(super) fn poll(&self) -> oneshot::Receiver<Work> {
        let (sender, receiver) = oneshot::channel();
        self.state().polls.push_back(sender);
        self.changed.notify_waiters();
        receiver
    }

    /// Records that the process could not start.
    pub(super) fn fail_to_start(&self, error: FunctionError) {
        self.state().init_error = Some(error);
        self.changed.notify_waiters();
    }

    /// Passes the result of a request to its invocation. As in Lambda, it is dropped if the invocation no
    /// longer waits.
    pub(super) fn answer(&self, request_id: &str, answer: Answer) {
        if let Some(waiting) = self.state().waiting.remove(request_id) {
            let _ = waiting.send(answer);
        }
    }

    /// Waits until at least one call waits for work.
    pub(super) async fn polled(&self) -> Result<(), FunctionError> {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // No change after this line is missed.
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

    /// Passes work to the call that has waited longest, and waits for the result.
    pub(super) async fn dispatch(&self, mut work: Work) -> Answer {
        loop {
            self.polled().await?;
            let handed_over = self.state().hand_over(work);
            match handed_over {
                Ok(answer) => return answer.await.unwrap_or_else(|_| Err(FunctionError::default())),
                // Another invocation was first.
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
