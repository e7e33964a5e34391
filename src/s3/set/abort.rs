//! Aborts a set in any state.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::undo::{Undo, undo};
use super::upload::SetUpload;
use crate::error::Result;
use crate::part::{SUCCESS, SetWritten};

/// The time limit for trying an abort, however much time is left. A set has many uploads to abort.
const LONGEST: Duration = Duration::from_mins(2);

impl SetUpload {
    /// Undoes the set: stops the parts that are being sent, aborts the uploads, and deletes the objects that
    /// are complete, again and again while `time_left` lasts, but no longer than two minutes.
    ///
    /// If [`commit`](Self::commit) was interrupted, the set may be complete nevertheless. In that case it is
    /// returned, and nothing is deleted.
    ///
    /// # Errors
    ///
    /// `UploadFailed` with the folder, and with the number of uploads and objects in it that are left when the
    /// time is over.
    pub async fn abort(&mut self, time_left: Duration) -> Result<Option<SetWritten>> {
        let until = Instant::now() + time_left.min(LONGEST);
        let busy = self.keepalive.stop();
        let bytes = self.stands.unwrap_or_else(|| self.files.bytes());
        if self.stands.is_none() {
            let Self { claim, files, others, .. } = self;
            if !undo(Undo { claim, busy, files, others }, until).await? {
                return Ok(None);
            }
        }
        let late = || Some(format!("The set is complete, but there was no time to write {SUCCESS}."));
        let warning = timeout_at(until, self.write_success(bytes)).await.unwrap_or_else(|_| late());
        Ok(Some(self.written(bytes, warning)))
    }
}
