//! Undoes a set in any state.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::delete::{Undeleted, delete};
use super::errors::in_doubt;
use super::files::Files;
use super::take_back::TakenBack;
use crate::error::{Error, Result};
use crate::s3::abort_upload::abort_upload;
use crate::s3::errors::upload_failed;
use crate::s3::key::Key;
use crate::s3::standing::Standing;
use crate::s3::state::State;
use crate::s3::upload::Upload;

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
    files.take_reports();
    let Files { common, tasks, sent, .. } = &mut *files;
    let common = Arc::clone(common);
    let (mut taken, mut open) = (TakenBack::default(), Vec::new());
    let stopped = async {
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(error)) => open.push(error),
                Err(error) => open.push(upload_failed(format!("Undoing an upload broke off: {error}."))),
            }
        }
    };
    // The others do not wait for an upload whose abort stalls.
    tokio::join!(stopped, taken.add(&common, sent, until));
    let before = sent.len();
    files.take_reports();
    // What has ended meanwhile.
    taken.add(&common, &files.sent[before..], until).await;
    let TakenBack { open: mut left, mut stay, mut complete } = taken;
    for error in open {
        left.add(error);
    }
    let (bucket, folder) = (&common.bucket, &common.folder);
    let mut keys: Vec<_> = complete.iter().map(|(_, file)| format!("{folder}{}", file.path)).collect();
    keys.append(&mut written(others, until).await);
    let deleted = delete(bucket, keys, until).await;
    if let Err(stands) = &deleted {
        let stand: HashSet<_> = stands.keys.iter().filter_map(|key| key.strip_prefix(&**folder)).collect();
        complete.retain(|(_, file)| stand.contains(&*file.path));
        stay.append(&mut complete);
    }
    files.sent = stay;
    others.clear();
    let location = format!("s3://{}/{folder}", bucket.name);
    match (deleted, left.into_error(&location)) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(open)) => Err(open),
        (Err(stands), None) => Err(undeleted(stands, &location, folder, &bucket.name)),
        (Err(stands), Some(open)) => {
            let error = undeleted(stands, &location, folder, &bucket.name);
            let message = format!("{} {}", error.message, open.message);
            Err(upload_failed(message).with_hint(error.hint))
        }
    }
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
