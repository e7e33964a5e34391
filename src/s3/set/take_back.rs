//! Takes the files of a set back: aborts their uploads, and finds those that are complete.

use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::file::{Common, SentFile};
use super::files::Progress;
use crate::error::{Error, Result};
use crate::s3::abort_upload::abort_upload;
use crate::s3::errors::upload_failed;
use crate::s3::key::Key;
use crate::s3::standing::{Standing, standing};

/// The number of uploads that are aborted at the same time. A set can have many, and little time to abort them.
const ABORTING: usize = 64;

/// What became of the files.
#[derive(Default)]
pub(super) struct TakenBack {
    /// The uploads that are still open, and the files of those that may be tried again.
    pub(super) open: Open,
    pub(super) stay: Vec<(Progress, Arc<SentFile>)>,
    /// The files whose objects must be deleted.
    pub(super) complete: Vec<(Progress, Arc<SentFile>)>,
}

impl TakenBack {
    /// Aborts the uploads of files. Each abort begins when its turn comes, since thousands take more memory than the set. Once
    /// the time is over, none begins, and all that are left are counted; only the first of all must say why.
    pub(super) async fn add(&mut self, common: &Common, files: &[(Progress, Arc<SentFile>)], until: Instant) {
        let (mut waiting, mut running) = (files.iter(), FuturesUnordered::new());
        loop {
            while running.len() < ABORTING
                && (Instant::now() < until || (self.open.number == 0 && running.is_empty()))
                && let Some((progress, file)) = waiting.next()
            {
                running.push(take_back(common, *progress, file, until));
            }
            match running.next().await {
                None => break,
                Some((_, Ok(false))) => {}
                Some((file, Ok(true))) => self.complete.push((Progress::Complete, Arc::clone(file))),
                Some((file, Err(error))) => {
                    self.open.add(error);
                    self.stay.push((Progress::Open, Arc::clone(file)));
                }
            }
        }
        for (progress, file) in waiting.cloned() {
            if progress == Progress::Complete {
                self.complete.push((progress, file));
            } else {
                self.open.number += 1;
                self.stay.push((progress, file));
            }
        }
    }
}

/// Aborts the upload of a file, unless it is complete; returns the file and whether its object must be deleted.
async fn take_back<'a>(
    common: &Common,
    progress: Progress,
    file: &'a Arc<SentFile>,
    until: Instant,
) -> (&'a Arc<SentFile>, Result<bool>) {
    if progress == Progress::Complete {
        return (file, Ok(true));
    }
    let Common { bucket, folder, properties } = common;
    let key = Key::in_folder(folder, &file.path);
    let time_left = until.saturating_duration_since(Instant::now());
    if let Err(error) = abort_upload(bucket, &key, &file.id, time_left, false).await {
        return (file, Err(error));
    }
    if progress == Progress::Open {
        return (file, Ok(false));
    }
    let checksum = file.crc.to_base64();
    let look = standing(bucket, key.as_str(), properties, file.bytes, &checksum);
    let looked = timeout_at(until, look).await;
    // If S3 does not say, the object is deleted like one that exists.
    let exists = matches!(looked, Ok(Standing::Ours { .. } | Standing::Unknown) | Err(_));
    (file, Ok(exists))
}

/// The uploads that are still open.
#[derive(Default)]
pub(super) struct Open {
    number: usize,
    first: Option<Error>,
}

impl Open {
    pub(super) fn add(&mut self, error: Error) {
        self.number += 1;
        self.first.get_or_insert(error);
    }

    pub(super) fn into_error(self, location: &str) -> Option<Error> {
        let first = self.first?;
        if self.number == 1 {
            return Some(first);
        }
        let (number, last) = (self.number, first.message);
        let message = format!("{number} uploads of {location} may still be open. One of them: {last}");
        Some(upload_failed(message).with_hint(first.hint))
    }
}
