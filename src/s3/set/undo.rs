//! Undoes a set in any state.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::delete::{Undeleted, delete};
use super::errors::in_doubt;
use super::file::{Common, SentFile};
use super::files::{Files, Progress};
use crate::error::{Error, Result};
use crate::s3::abort_upload::abort_upload;
use crate::s3::errors::upload_failed;
use crate::s3::key::Key;
use crate::s3::standing::{Standing, standing};
use crate::s3::state::State;
use crate::s3::upload::Upload;

/// The number of uploads that are aborted at the same time. A set can have many, and little time to abort them.
const ABORTING: usize = 64;

/// What there is to undo.
pub(super) struct Undo<'a> {
    pub(super) claim: &'a mut Upload,
    /// Whether a sign of life was on its way when the claim was given up.
    pub(super) busy: bool,
    pub(super) files: &'a mut Files,
    pub(super) others: &'a mut Vec<Upload>,
}

/// Aborts uploads and deletes complete objects; returns whether the set is complete nevertheless, since only S3's
/// response was missing. Then nothing is deleted.
pub(super) async fn undo(what: Undo<'_>, until: Instant) -> Result<bool> {
    let Undo { claim, busy, files, others } = what;
    // Their parts stop at once, whatever becomes of the claim.
    files.stop(until);
    if claim.state.is_in_doubt() {
        // A manifest that may still appear must have its files.
        release(claim, busy, until).await?;
        match timeout_at(until, claim.standing()).await {
            Ok(Standing::Ours { .. }) => {
                files.take_all();
                others.clear();
                return Ok(true);
            }
            Ok(Standing::Unknown) | Err(_) => {
                files.take_all();
                others.clear();
                return Err(in_doubt(&claim.destination));
            }
            Ok(Standing::Nothing | Standing::Theirs(_) | Standing::Delivered(_)) => {}
        }
    }
    match tokio::join!(release(claim, busy, until), remove(files, others, until)) {
        (Err(claim), Err(files)) => {
            let message = format!("{} {}", claim.message, files.message);
            Err(upload_failed(message).with_hint(files.hint))
        }
        (released, removed) => released.and(removed).map(|()| false),
    }
}

/// Aborts the upload that claims the name.
async fn release(claim: &mut Upload, busy: bool, until: Instant) -> Result<()> {
    if let Some(open) = claim.state.multipart() {
        let travelling = open.stop().await || busy;
        let time_left = until.saturating_duration_since(Instant::now());
        abort_upload(&open.bucket, &open.key, &open.id, time_left, travelling).await?;
        claim.state = State::Done;
    }
    Ok(())
}

/// Aborts the uploads of files, and deletes the objects that are complete.
async fn remove(files: &mut Files, others: &mut Vec<Upload>, until: Instant) -> Result<()> {
    let mut open = Left::default();
    while let Some(ended) = files.tasks.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => open.add(error),
            Err(error) => open.add(upload_failed(format!("Undoing an upload broke off: {error}."))),
        }
    }
    files.take_reports();
    let common = Arc::clone(&files.common);
    let (bucket, folder) = (&common.bucket, &common.folder);
    let (mut stays, mut complete) = (Vec::new(), Vec::new());
    let mut aborts = Vec::new();
    for (progress, file) in &files.sent {
        aborts.push(take_back(Arc::clone(&common), *progress, Arc::clone(file), until));
    }
    let mut aborted = stream::iter(aborts).buffer_unordered(ABORTING);
    while let Some((file, outcome)) = aborted.next().await {
        match outcome {
            Ok(false) => {}
            Ok(true) => complete.push((Progress::Complete, file)),
            Err(error) => {
                open.add(error);
                stays.push((Progress::Open, file));
            }
        }
    }
    drop(aborted);
    let mut keys: Vec<_> = complete.iter().map(|(_, file)| format!("{folder}{}", file.path)).collect();
    keys.append(&mut written(others, until).await);
    let deleted = delete(bucket, keys, until).await;
    if let Err(left) = &deleted {
        let stands = |path: &str| {
            left.keys.iter().any(|key| key.strip_prefix(&**folder).is_some_and(|stands| stands == path))
        };
        complete.retain(|(_, file)| stands(&file.path));
        stays.append(&mut complete);
    }
    files.sent = stays;
    others.clear();
    let location = format!("s3://{}/{folder}", bucket.name);
    match (deleted, open.into_error(&location)) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(open)) => Err(open),
        (Err(left), None) => Err(undeleted(left, &location, folder, &bucket.name)),
        (Err(left), Some(open)) => {
            let error = undeleted(left, &location, folder, &bucket.name);
            let message = format!("{} {}", error.message, open.message);
            Err(upload_failed(message).with_hint(error.hint))
        }
    }
}

/// Aborts the upload of a file, unless it is complete; returns the file and whether its object must be deleted.
async fn take_back(
    common: Arc<Common>,
    progress: Progress,
    file: Arc<SentFile>,
    until: Instant,
) -> (Arc<SentFile>, Result<bool>) {
    if progress == Progress::Complete {
        return (file, Ok(true));
    }
    let Common { bucket, folder, properties } = &*common;
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

/// Returns the keys of the other manifests that stand.
async fn written(others: &[Upload], until: Instant) -> Vec<String> {
    let mut keys = Vec::new();
    for other in others {
        let stands = match other.state {
            State::Done => true,
            // Few, since few are written at the same time.
            State::Putting(_) => matches!(
                timeout_at(until, other.standing()).await,
                Ok(Standing::Ours { .. } | Standing::Unknown) | Err(_)
            ),
            _ => false,
        };
        if stands {
            keys.push(other.key());
        }
    }
    keys
}

/// The uploads that are still open.
#[derive(Default)]
struct Left {
    number: usize,
    first: Option<Error>,
}

impl Left {
    fn add(&mut self, error: Error) {
        self.number += 1;
        self.first.get_or_insert(error);
    }

    fn into_error(self, location: &str) -> Option<Error> {
        let first = self.first?;
        if self.number == 1 {
            return Some(first);
        }
        let (number, last) = (self.number, first.message);
        let message = format!("{number} uploads of {location} may still be open. One of them: {last}");
        Some(upload_failed(message).with_hint(first.hint))
    }
}

fn undeleted(left: Undeleted, location: &str, folder: &Arc<str>, bucket: &str) -> Error {
    let denied = left.is_denied();
    let number = left.keys.len();
    let objects = if number == 1 { "1 object".to_owned() } else { format!("{number} objects") };
    let why = match left.why {
        Some(why) => why.about(bucket, &Key::in_folder(folder, "")).message,
        None => "there was no time for it.".to_owned(),
    };
    let message = format!("{objects} of the set that failed could not be deleted from {location}: {why}");
    let remove = format!("aws s3 rm --recursive {location}");
    upload_failed(message).with_hint(if denied {
        format!("Grant s3:DeleteObject to the function's role, and remove what stands: {remove}")
    } else {
        format!("Remove what stands: {remove}")
    })
}
