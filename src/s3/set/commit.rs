//! Makes a set appear.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, timeout};

use super::existing::existing;
use super::files::{COMPLETING, GRACE, Incomplete};
use super::undo::{Undo, undo};
use super::upload::{SetFinished, SetUpload};
use crate::error::{Error, ErrorType, Result};
use crate::job::IfExists;
use crate::part::{Part, SetManifest, SetWritten};
use crate::s3::abort_upload::LAST_RESORT;
use crate::s3::errors::object_exists;
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
        let mut complete = self.files.complete().await;
        if complete.is_ok() {
            complete = self.write_others(manifest.others).await;
        }
        match complete {
            Ok(()) => {}
            Err(Incomplete::Failed(error)) => return Err(error),
            Err(Incomplete::Taken(error)) => return self.give_way(error).await,
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

    /// Writes the other manifests, of which each of many tables has one.
    async fn write_others(&mut self, manifests: Vec<(String, Bytes)>) -> Result<(), Incomplete> {
        // An earlier call may have been interrupted after some of them.
        for (name, bytes) in manifests.into_iter().skip(self.others.len()) {
            let mut destination = self.destination.describing(&name);
            // The folder has been claimed, so there is no other name.
            destination.if_exists = IfExists::Fail;
            let mut other = Upload::new(self.bucket.clone(), destination);
            other.push(Part::of(bytes)).await.map_err(Incomplete::Failed)?;
            self.others.push(other);
        }
        let mut others = self.others.iter_mut();
        let mut running = FuturesUnordered::new();
        let first = loop {
            while running.len() < COMPLETING
                && let Some(other) = others.next()
            {
                running.push(write_other(other).boxed());
            }
            match running.next().await {
                None => return Ok(()),
                Some(Ok(())) => {}
                Some(Err(error)) => break error,
            }
        };
        // Those that take longer are in doubt, and undoing looks for them.
        let _ = timeout(GRACE, async { while running.next().await.is_some() {} }).await;
        Err(first)
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

/// Writes another manifest, unless that is done. It is kept in mind only if it may be ours.
async fn write_other(other: &mut Upload) -> Result<(), Incomplete> {
    if other.state.is_over() {
        return Ok(());
    }
    let taken = match other.finish().await {
        Ok(Finished::Uploaded(_)) => return Ok(()),
        Ok(Finished::Exists(_) | Finished::Refused { .. }) => object_exists(&other.bucket.name, &other.key()),
        Err(error) if error.error_type == ErrorType::ObjectExists => error,
        Err(error) => return Err(Incomplete::Failed(error)),
    };
    other.state = State::Collecting(None);
    Err(Incomplete::Taken(taken))
}
