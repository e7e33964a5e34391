//! Makes a set appear.

use tokio::time::Instant;

use super::errors::folder_taken;
use super::existing::existing;
use super::files::Incomplete;
use super::undo::{Undo, undo};
use super::upload::{SetFinished, SetUpload};
use crate::error::{Error, ErrorType, Result};
use crate::job::IfExists;
use crate::part::{Part, SetManifest, SetWritten};
use crate::s3::abort_upload::LAST_RESORT;
use crate::s3::state::State;
use crate::s3::upload::{Finished, Upload};

impl SetUpload {
    /// Completes all files, writes the other manifests and then `_manifest.json`, which is the moment when the
    /// set appears, and `_SUCCESS`. Call it only after all files have ended and the database has confirmed that the
    /// result is complete.
    ///
    /// # Errors
    ///
    /// `ObjectExists`, `BucketAccessDenied`, `UploadFailed` and others. The set must then be aborted.
    pub async fn commit(&mut self, manifest: SetManifest) -> Result<SetFinished> {
        // An earlier call may have been interrupted after that.
        if let Some(bytes) = self.stands {
            return Ok(SetFinished::Written(self.marked(bytes).await));
        }
        self.files.all_sent().await?;
        self.figures = Some((manifest.rows, manifest.files));
        match self.files.complete().await {
            Ok(()) => {}
            Err(Incomplete::Failed(error)) => return Err(error),
            Err(Incomplete::Taken(error)) => return self.give_way(error).await,
        }
        for (number, (name, bytes)) in manifest.others.into_iter().enumerate() {
            if let Some(error) = self.write_other(number, &name, Part::of(bytes)).await? {
                return self.give_way(error).await;
            }
        }
        // An earlier call may have been interrupted after this.
        if let State::Sending { .. } = &self.claim.state
            && self.claim.bytes() == 0
        {
            self.claim.push(Part::of(manifest.bytes)).await?;
        }
        match self.claim.finish().await? {
            Finished::Uploaded(_) => {}
            Finished::Exists(_) => {
                self.remove().await?;
                return Ok(SetFinished::Exists(existing(&self.bucket, &self.destination).await));
            }
            Finished::Refused { error, .. } => return self.give_way(error).await,
        }
        self.keepalive.stop();
        let bytes = self.files.bytes();
        self.stands = Some(bytes);
        self.files.forget();
        self.others.clear();
        Ok(SetFinished::Written(self.marked(bytes).await))
    }

    /// Writes `_SUCCESS` into the set, which is complete, and describes it.
    async fn marked(&self, bytes: u64) -> SetWritten {
        let warning = self.write_success(bytes).await;
        self.written(bytes, warning)
    }

    /// Describes the set, which is complete.
    pub(super) fn written(&self, bytes: u64, warning: Option<String>) -> SetWritten {
        let (location, manifest) = (self.location(), self.manifest());
        SetWritten { location, manifest, bytes, warnings: warning.into_iter().collect() }
    }

    /// Writes another manifest, unless that is done; returns an error if its name is taken.
    async fn write_other(&mut self, number: usize, name: &str, part: Part) -> Result<Option<Error>> {
        if self.others.len() == number {
            let mut destination = self.destination.describing(name);
            // The folder has been claimed, so there is no other name.
            destination.if_exists = IfExists::Fail;
            let mut other = Upload::new(self.bucket.clone(), destination);
            other.push(part).await?;
            self.others.push(other);
        }
        let other = &mut self.others[number];
        if matches!(other.state, State::Done) {
            return Ok(None);
        }
        match other.finish().await {
            Ok(Finished::Uploaded(_)) => Ok(None),
            Ok(Finished::Exists(_) | Finished::Refused { .. }) => {
                self.others.pop();
                Ok(Some(folder_taken(&self.location())))
            }
            Err(error) if error.error_type == ErrorType::ObjectExists => {
                self.others.pop();
                Ok(Some(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Undoes the set, since another one has the name, and returns the outcome.
    async fn give_way(&mut self, error: Error) -> Result<SetFinished> {
        self.remove().await?;
        if self.destination.if_exists != IfExists::Suffix {
            return Err(error);
        }
        let mut again = Box::new(self.destination.clone());
        again.names.advance();
        Ok(SetFinished::Refused { error, again })
    }

    async fn remove(&mut self) -> Result<()> {
        let busy = self.keepalive.stop();
        let Self { claim, files, others, .. } = self;
        undo(Undo { claim, busy, files, others }, Instant::now() + LAST_RESORT).await.map(drop)
    }
}
