//! One run: its id, its deadline and its progress.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::deadline::Deadline;
use crate::progress::Progress;

/// One run: who asked for it, when it must end, who watches.
#[derive(Clone)]
pub struct Run {
    /// Lambda's request id, or what stands for it.
    pub request_id: String,
    /// When the invocation began.
    pub started: DateTime<Utc>,
    /// When it must have ended.
    pub deadline: Deadline,
    /// Turns true when somebody interrupts.
    pub interrupted: watch::Receiver<bool>,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// Whether somebody watches who wants to know how far it is; the planner is asked then.
    pub wants_estimate: bool,
}

impl Run {
    /// A run that begins now.
    pub fn new(request_id: String, deadline: Deadline, interrupted: watch::Receiver<bool>) -> Self {
        Self {
            request_id,
            started: Utc::now(),
            deadline,
            interrupted,
            progress: Arc::default(),
            wants_estimate: false,
        }
    }

    /// A run from a shell, which may take `limit`; without one it may take for ever.
    pub fn by_hand(request_id: String, limit: Option<Duration>, interrupted: watch::Receiver<bool>) -> Self {
        Self::new(request_id, limit.map_or_else(Deadline::none, Deadline::within), interrupted)
    }

    /// Comes back when somebody interrupts; never if nobody does.
    pub async fn interruption(&self) {
        let mut interrupted = self.interrupted.clone();
        if interrupted.wait_for(|interrupted| *interrupted).await.is_err() {
            // Nobody is left who could interrupt.
            std::future::pending::<()>().await;
        }
    }
}
