//! Completes a multipart upload.

use std::mem;

use tokio::time::Instant;

use super::abort::leave;
use super::abort_upload::LAST_RESORT;
use super::completion::{Arrived, Completion, complete};
use super::errors::{Failure, object_exists, upload_failed};
use super::standing::Standing;
use super::state::State;
use super::upload::{Finished, Upload};
use crate::error::Result;
use crate::job::IfExists;

impl Upload {
    /// Waits for the parts and turns them into the object.
    pub(super) async fn complete(&mut self) -> Result<Finished> {
        if let State::Sending { open, small } = &mut self.state {
            if let Some(last) = small.take() {
                open.send(last)?;
            }
            open.arrive().await?;
        }
        self.state = match mem::replace(&mut self.state, State::Done) {
            State::Sending { open, .. } => State::Completing(open),
            other => other,
        };
        let State::Completing(open) = &self.state else {
            return Err(upload_failed("No multipart upload is open."));
        };
        let (key, checksum, parts) = (self.key(), self.checksum(), open.arrived());
        let arrived = Arrived {
            key: &key,
            id: &open.id,
            parts: &parts,
            bytes: self.bytes(),
            checksum: &checksum,
            properties: &self.destination.properties(),
        };
        match complete(&self.bucket, arrived).await {
            Ok(Completion::Complete { e_tag, parts }) => Ok(Finished::Uploaded(self.uploaded(e_tag, parts))),
            Ok(Completion::Refused(failure, standing)) => self.give_way(failure, standing).await,
            Err(failure) => Err(failure.into_error(&self.bucket.name, &key)),
        }
    }

    /// Aborts, since another object has the name or is about to get it, and returns the outcome.
    async fn give_way(&mut self, failure: Failure, standing: Standing) -> Result<Finished> {
        leave(&mut self.state, Instant::now() + LAST_RESORT).await?;
        let (bucket, key) = (&self.bucket, self.key());
        let error = object_exists(&bucket.name, &key);
        match (self.destination.if_exists, standing) {
            (_, Standing::Delivered(existing)) | (IfExists::Skip, Standing::Theirs(existing)) => {
                Ok(Finished::Exists(existing))
            }
            (IfExists::Suffix, _) => {
                let mut again = Box::new(self.destination.clone());
                again.keys.advance();
                Ok(Finished::Refused { error, again })
            }
            (IfExists::Skip, _) if failure.refused() => Ok(Finished::Exists(bucket.unseen(&key))),
            (IfExists::Fail, _) if failure.refused() => Err(error),
            _ => Err(failure.into_error(&bucket.name, &key)),
        }
    }
}
