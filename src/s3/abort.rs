//! Aborts an upload in any state.

use std::mem;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::abort_upload::{LAST_RESORT, abort_upload};
use super::standing::Standing;
use super::state::State;
use super::upload::{Upload, Uploaded};
use crate::error::Result;
use crate::telemetry;

/// The time limit for trying an abort, however much time is left.
const LONGEST: Duration = Duration::from_secs(30);

impl Upload {
    /// Undoes the upload: stops the parts that are being sent, then aborts the multipart upload, again and
    /// again while `time_left` lasts, but no longer than 30 seconds. Does nothing if no multipart upload is
    /// open.
    ///
    /// If [`finish`](Self::finish) was interrupted, the object may be complete nevertheless. In that case it
    /// is returned.
    ///
    /// # Errors
    ///
    /// `UploadFailed` with the bucket, the key and the upload id if the upload is still open when the time is
    /// over.
    pub async fn abort(&mut self, time_left: Duration) -> Result<Option<Uploaded>> {
        let until = Instant::now() + time_left.min(LONGEST);
        let in_doubt = self.state.is_in_doubt();
        let parts = self.state.multipart().map_or(1, |open| open.parts());
        leave(&mut self.state, until).await?;
        if in_doubt
            && let Ok(Standing::Ours { e_tag, parts: found }) = timeout_at(until, self.standing()).await
        {
            return Ok(Some(self.uploaded(e_tag, found.unwrap_or(parts))));
        }
        Ok(None)
    }
}

impl Drop for Upload {
    /// Aborts in the background, as the last resort of a run that was dropped or forgot to finish or abort.
    fn drop(&mut self) {
        let mut state = mem::replace(&mut self.state, State::Done);
        if matches!(state, State::Collecting(_) | State::Putting(_) | State::Done) {
            return;
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        telemetry::spawn(async move {
            if let Err(error) = leave(&mut state, Instant::now() + LAST_RESORT).await {
                tracing::error!(%error, "an upload was dropped and could not be aborted");
            }
        });
    }
}

/// Aborts a multipart upload that is open, or about to be.
pub(super) async fn leave(state: &mut State, until: Instant) -> Result<()> {
    loop {
        *state = match state {
            State::Opening { creating, .. } => {
                // Half of the time to wait for the response, the other half to look for uploads that were
                // opened without one.
                let now = Instant::now();
                let respond_by = now + until.saturating_duration_since(now) / 2;
                match timeout_at(respond_by, creating.opened()).await {
                    Ok(Ok(open)) => State::Claiming { open, waiting: Vec::new() },
                    Ok(Err(_)) => State::Done,
                    Err(_) => {
                        creating.take_back(until).await?;
                        State::Done
                    }
                }
            }
            State::Claiming { open, .. } | State::Sending { open, .. } | State::Completing(open) => {
                let travelling = open.stop().await;
                let time_left = until.saturating_duration_since(Instant::now());
                abort_upload(&open.bucket, &open.key, &open.id, time_left, travelling).await?;
                State::Done
            }
            State::Collecting(_) | State::Putting(_) => State::Done,
            State::Done => return Ok(()),
        };
    }
}
