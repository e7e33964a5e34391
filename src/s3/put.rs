//! Uploads the object in one request.

use super::bucket::pause;
use super::errors::{object_exists, upload_failed};
use super::standing::Standing;
use super::upload::{Finished, Upload};
use crate::error::Result;
use crate::job::IfExists;
use crate::part::Part;

/// The number of attempts, under any name, before giving up.
const TRIES: u32 = 12;

impl Upload {
    /// Writes the object in one request under the first name that is free.
    pub(super) async fn put(&mut self, part: &Part) -> Result<Finished> {
        if self.destination.if_exists == IfExists::Suffix && self.is_claimed_by_another().await {
            self.destination.keys.advance();
        }
        let properties = self.destination.properties();
        let mut repeated = 0;
        for attempt in 0..TRIES {
            let key = self.destination.keys.current();
            let failure = match self.bucket.put(&properties, &key, part).await {
                Ok(e_tag) => return Ok(Finished::Uploaded(self.uploaded(e_tag, 1))),
                Err(failure) => failure,
            };
            if !(failure.refused() || failure.conflicted() || failure.unanswered()) {
                return Err(failure.into_error(&self.bucket.name, &key));
            }
            match self.standing().await {
                Standing::Ours { e_tag, parts } => {
                    return Ok(Finished::Uploaded(self.uploaded(e_tag, parts.unwrap_or(1))));
                }
                Standing::Delivered(existing) => return Ok(Finished::Exists(existing)),
                Standing::Theirs(existing) => match self.destination.if_exists {
                    IfExists::Skip => return Ok(Finished::Exists(existing)),
                    IfExists::Fail => return Err(object_exists(&self.bucket.name, &key)),
                    IfExists::Suffix => self.destination.keys.advance(),
                },
                Standing::Unknown if failure.refused() => match self.destination.if_exists {
                    IfExists::Skip => return Ok(Finished::Exists(self.bucket.unseen(&key))),
                    IfExists::Fail => return Err(object_exists(&self.bucket.name, &key)),
                    IfExists::Suffix => self.destination.keys.advance(),
                },
                // The SDK has retried already, so a request without a response is repeated only once.
                Standing::Nothing | Standing::Unknown if failure.unanswered() && repeated > 0 => {
                    return Err(failure.into_error(&self.bucket.name, &key));
                }
                Standing::Nothing | Standing::Unknown => {
                    repeated += u32::from(failure.unanswered());
                    pause(attempt).await;
                }
            }
        }
        let key = self.destination.keys.current();
        Err(upload_failed(format!(
            "All {TRIES} tries up to s3://{}/{key} found the name taken.",
            self.bucket.name
        )))
    }
}
