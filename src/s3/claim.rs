//! Claims a name among concurrent writers.
//!
//! The key of a multipart upload is fixed when it begins, and its rows cannot be read again when it ends.
//! Therefore rivals settle who gets the name before any part is sent. Each opens its upload and then lists
//! the uploads of that key; one that sees an earlier upload gives way. S3's times may be as coarse as a
//! second, so among uploads with the same time the one with the smallest id stays, but only once the others
//! have given way: an upload that listed them before this one existed does not. So at most one keeps the
//! name, and usually one does. The conditional write at the end remains the guarantee.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::DateTime;

use super::abort_upload::abort_upload;
use super::bucket::{Bucket, Head};
use super::create::Creating;
use super::errors::upload_failed;
use super::key::Key;
use super::rivals::{Rival, uploads};
use super::state::State;
use super::upload::Upload;
use crate::error::Result;
use crate::job::IfExists;
use crate::part::Part;

/// How often a tie is checked again, and the pause in between.
const TIE_LOOKS: u32 = 15;
const TIE_PAUSE: Duration = Duration::from_millis(100);
/// The number of names that are claimed before giving up.
pub(super) const CLAIMS: u32 = 8;
/// The time limit for aborting an upload that gives way.
pub(super) const ABORT_TIME: Duration = Duration::from_secs(10);

impl Upload {
    /// Starts to open a multipart upload of the current key for these parts, in a task of its own: if the
    /// caller is dropped, the upload's id is still known and the upload can be aborted.
    pub(super) fn create(&mut self, waiting: Vec<Part>) {
        let properties = Arc::new(self.destination.properties());
        let creating = Creating::begin(self.bucket.clone(), Key::new(self.key()), properties);
        self.state = State::Opening { creating, waiting };
    }

    /// Waits until the multipart upload is open, if one was begun.
    pub(super) async fn created(&mut self) -> Result<()> {
        if let State::Opening { creating, waiting } = &mut self.state {
            let opened = creating.opened().await;
            let waiting = mem::take(waiting);
            self.state = State::Done;
            self.state = State::Claiming { open: opened?, waiting };
        }
        Ok(())
    }

    /// Claims names until a multipart upload, if one was begun, has one without a rival; then sends its
    /// parts.
    pub(super) async fn open(&mut self) -> Result<()> {
        for claims in 1..=CLAIMS {
            self.created().await?;
            let State::Claiming { open, waiting } = &mut self.state else { return Ok(()) };
            // With `fail` and `skip` there is no alternative name, so the conditional write decides.
            if self.destination.if_exists != IfExists::Suffix
                || claim(&open.bucket, open.key.as_str(), &open.id).await
            {
                return self.send_waiting();
            }
            abort_upload(&open.bucket, &open.key, &open.id, ABORT_TIME, false).await?;
            if claims < CLAIMS {
                let waiting = mem::take(waiting);
                self.destination.keys.advance();
                self.create(waiting);
            }
        }
        let key = self.destination.keys.wanted();
        Err(upload_failed(format!(
            "All {CLAIMS} names from s3://{}/{key} on are claimed by others.",
            self.bucket.name
        )))
    }

    /// Returns whether a rival has claimed the current key for a multipart upload.
    pub(super) async fn is_claimed_by_another(&self) -> bool {
        let now = DateTime::from(std::time::SystemTime::now());
        let key = self.destination.keys.current();
        let rivals = uploads(&self.bucket, &key).await.unwrap_or_default();
        for rival in &rivals {
            if rival.is_alive(&self.bucket, &key, now).await {
                return true;
            }
        }
        false
    }
}

/// Returns whether upload `id` of `key` may keep the name.
pub(super) async fn claim(bucket: &Bucket, key: &str, id: &str) -> bool {
    for _ in 0..TIE_LOOKS {
        let (head, uploads) = tokio::join!(bucket.head(key), uploads(bucket, key));
        if matches!(head, Ok(Head::Found(_))) {
            return false;
        }
        // Without permission to list, or if our own upload is not listed, the conditional write decides.
        let Some(uploads) = uploads else { return true };
        let Some(own) = uploads.iter().find(|upload| upload.id == id) else { return true };
        let mut rivals = Vec::new();
        for rival in uploads.iter().filter(|upload| upload.id != id) {
            if rival.is_alive(bucket, key, own.initiated).await {
                rivals.push(rival);
            }
        }
        match standing(own, &rivals) {
            Claim::First => return true,
            Claim::Behind => return false,
            Claim::Tie => tokio::time::sleep(TIE_PAUSE).await,
        }
    }
    false
}

#[derive(Debug, PartialEq, Eq)]
enum Claim {
    First,
    Behind,
    /// The first of several that began at the same time, some of which may not have seen it.
    Tie,
}

fn standing(own: &Rival, rivals: &[&Rival]) -> Claim {
    if rivals.iter().any(|rival| (rival.initiated, &rival.id) < (own.initiated, &own.id)) {
        return Claim::Behind;
    }
    if rivals.iter().any(|rival| rival.initiated == own.initiated) { Claim::Tie } else { Claim::First }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rival(id: &str, initiated: i64) -> Rival {
        Rival { id: id.to_owned(), initiated: DateTime::from_secs(initiated) }
    }

    #[test]
    fn the_earliest_keeps_the_name() {
        let all = [rival("c", 100), rival("a", 101), rival("b", 101)];
        assert_eq!(standing(&all[0], &[&all[1], &all[2]]), Claim::First);
        assert_eq!(standing(&all[1], &[&all[0], &all[2]]), Claim::Behind);
        assert_eq!(standing(&all[2], &[&all[0], &all[1]]), Claim::Behind);
    }

    #[test]
    fn of_equals_the_smallest_id_waits_until_the_others_gave_way() {
        let all = [rival("a", 101), rival("b", 101)];
        assert_eq!(standing(&all[0], &[&all[1]]), Claim::Tie);
        assert_eq!(standing(&all[1], &[&all[0]]), Claim::Behind);
        assert_eq!(standing(&all[0], &[]), Claim::First);
    }
}
