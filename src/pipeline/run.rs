//! One run: its id, its deadline and its progress.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::deadline::Deadline;
use crate::error::{Error, ErrorType};
use crate::progress::Progress;

/// One run: its request, its deadline and its progress.
#[derive(Clone)]
pub struct Run {
    /// Lambda's request id, or its substitute on the command line.
    pub request_id: String,
    /// The delivery of the event: the request id, in a batch with the id or the index of the message. Lambda's own retry
    /// of an asynchronous event is the same delivery.
    pub delivery: String,
    /// When the invocation began.
    pub started: DateTime<Utc>,
    /// When it must end.
    pub deadline: Deadline,
    /// Becomes `true` when the run is interrupted.
    pub interrupted: watch::Receiver<bool>,
    /// Its progress.
    pub progress: Arc<Progress>,
    /// Whether it was started from the command line.
    by_hand: bool,
    /// Whether somebody watches the progress, so that the planner is asked for the number of rows.
    pub wants_estimate: bool,
}

impl Run {
    /// Creates a run that begins now.
    pub fn new(request_id: String, deadline: Deadline, interrupted: watch::Receiver<bool>) -> Self {
        Self {
            delivery: request_id.clone(),
            request_id,
            started: Utc::now(),
            deadline,
            interrupted,
            progress: Arc::default(),
            by_hand: false,
            wants_estimate: false,
        }
    }

    /// Creates a run from the command line, which may take `limit`, or any time without one.
    pub fn by_hand(request_id: String, limit: Option<Duration>, interrupted: watch::Receiver<bool>) -> Self {
        let deadline = limit.map_or_else(Deadline::none, Deadline::within);
        Self { by_hand: true, ..Self::new(request_id, deadline, interrupted) }
    }

    /// Returns whether the run was started from the command line.
    pub(crate) fn is_by_hand(&self) -> bool {
        self.by_hand
    }

    /// Returns the error of a run that has no time left. `otherwise` says what helps instead of more time.
    pub fn out_of_time(&self, message: String, otherwise: &str) -> Error {
        let hint = if self.by_hand {
            format!(
                "Give --timeout more seconds, leave it out, since there is no other limit, or {otherwise}."
            )
        } else {
            format!(
                "Give the function more time or memory, {otherwise}, or run it from the command line, which has no limit."
            )
        };
        Error::new(ErrorType::DeadlineExceeded, self.progress.stage(), message).with_hint(hint)
    }

    /// Completes when the run is interrupted; never completes otherwise.
    pub async fn interruption(&self) {
        let mut interrupted = self.interrupted.clone();
        if interrupted.wait_for(|interrupted| *interrupted).await.is_err() {
            // The sender is gone, so nothing can interrupt any more.
            std::future::pending::<()>().await;
        }
    }
}
