//! One run: its id, its deadline and its progress.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::deadline::Deadline;
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
            wants_estimate: false,
        }
    }

    /// Creates a run from the command line, which may take `limit`, or any time without one.
    pub fn by_hand(request_id: String, limit: Option<Duration>, interrupted: watch::Receiver<bool>) -> Self {
        Self::new(request_id, limit.map_or_else(Deadline::none, Deadline::within), interrupted)
    }

    /// Completes when the run is interrupted; never completes otherwise.
    pub async fn interruption(&self) {
        let mut interrupted = self.interrupted.clone();
        if interrupted.wait_for(|interrupted| *interrupted).await.is_err() {
            // Nothing is left that could interrupt.
            std::future::pending::<()>().await;
        }
    }
}
