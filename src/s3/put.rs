//! The object in one request.

use super::body::checksum;
use super::bucket::{Head, pause};
use super::errors::{Failure, object_exists, upload_failed};
use super::upload::{Finished, Upload, Uploaded};
use crate::error::Result;
use crate::event::IfExists;
use crate::part::Part;

/// Names and repetitions that are tried before giving up.
const TRIES: u32 = 12;

impl Upload {
    /// Writes the object in one request under the first name that is free.
    pub(super) async fn put(&mut self, part: &Part) -> Result<Finished> {
        if self.destination.if_exists == IfExists::Suffix && self.is_claimed_by_another().await {
            self.destination.keys.advance();
        }
        let mut repeated = 0;
        for attempt in 0..TRIES {
            let key = self.destination.keys.current();
            self.completing = true;
            let failure = match self.bucket.put(&self.destination, &key, part).await {
                Ok(e_tag) => return Ok(Finished::Uploaded(self.uploaded(e_tag, part.len(), 1))),
                Err(failure) => failure,
            };
            if !(failure.refused() || failure.conflicted() || failure.unanswered()) {
                return Err(failure.into_error(&self.bucket.name, &key));
            }
            match self.standing(part.len(), &checksum(part.crc())).await {
                Standing::Ours(uploaded) => return Ok(Finished::Uploaded(uploaded)),
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
                // The SDK has tried several times already, so a silent S3 is asked once more only.
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
            "{TRIES} tries up to s3://{}/{key} found every name taken.",
            self.bucket.name
        )))
    }

    /// What stands under the current key after a request whose outcome is in doubt.
    pub(super) async fn standing(&self, bytes: u64, checksum: &str) -> Standing {
        let key = self.destination.keys.current();
        match self.bucket.head_with_checksum(&key).await {
            Ok(Head::Missing) => Standing::Nothing,
            Ok(Head::Unknown) | Err(Failure { .. }) => Standing::Unknown,
            Ok(Head::Found(found)) => {
                let written_by =
                    found.metadata().and_then(|entries| entries.get(super::bucket::EXTRACTION_ID));
                let ours = written_by.map(String::as_str) == Some(self.destination.keys.id())
                    && found.content_length() == Some(bytes as i64)
                    && found.checksum_crc64_nvme().is_none_or(|theirs| theirs == checksum);
                if ours {
                    let parts =
                        found.parts_count().and_then(|parts| parts.try_into().ok()).unwrap_or(self.parts());
                    return Standing::Ours(self.uploaded(found.e_tag.clone(), bytes, parts));
                }
                Standing::Theirs(self.bucket.existing(&key, &found))
            }
        }
    }
}

/// What stands under a key.
pub(super) enum Standing {
    Ours(Uploaded),
    Theirs(super::bucket::Existing),
    Nothing,
    Unknown,
}
