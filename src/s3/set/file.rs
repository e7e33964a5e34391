//! The upload of one file of a set, in a task of its own.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::part::{Crc64Nvme, Part};
use crate::s3::abort::leave;
use crate::s3::abort_upload::LAST_RESORT;
use crate::s3::bucket::Bucket;
use crate::s3::create::Creating;
use crate::s3::errors::upload_failed;
use crate::s3::key::Key;
use crate::s3::multipart::{Multipart, SentPart};
use crate::s3::properties::Properties;
use crate::s3::state::State;

/// What the files of a set have in common.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) bucket: Bucket,
    /// The set's folder, with a slash at its end.
    pub(super) folder: Arc<str>,
    pub(super) properties: Arc<Properties>,
}

/// What a file's task receives.
#[derive(Debug)]
pub(super) enum Piece {
    /// A part; all but the last one are large enough for S3.
    Part(Part),
    /// No part follows; the length and the checksum of all.
    End(u64, Crc64Nvme),
}

/// A file all parts of which are in S3. Its upload is open until the set is complete, and a set can have 100,000 files.
/// So one has only what completing and aborting it takes: this struct, an upload id of some 130 bytes, the path and a
/// tag of 34 bytes a part, which makes some 400 bytes for a file of one part, or 40 MB for all.
#[derive(Debug)]
pub(super) struct SentFile {
    /// Its path in the folder.
    pub(super) path: Box<str>,
    /// The id of its upload.
    pub(super) id: Box<str>,
    pub(super) parts: Box<[SentPart]>,
    pub(super) bytes: u64,
    pub(super) crc: Crc64Nvme,
}

/// Whether a task is to undo its upload, and by when.
pub(super) type Stop = watch::Receiver<Option<Instant>>;

/// Opens an upload and sends the pieces as they come. Reports the file when S3 has all of it, or the error
/// that prevented that. In the latter case, and if it is stopped, it undoes the upload.
///
/// # Errors
/// `UploadFailed` if the upload may still be open after it was stopped.
pub(super) async fn upload(
    common: Arc<Common>,
    path: Box<str>,
    mut pieces: mpsc::UnboundedReceiver<Piece>,
    reports: mpsc::UnboundedSender<Result<SentFile>>,
    mut stop: Stop,
) -> Result<()> {
    let key = Key::in_folder(&common.folder, &path);
    let creating = Creating::begin(common.bucket.clone(), key, Arc::clone(&common.properties));
    let mut state = State::Opening { creating, waiting: Vec::new() };
    let sent = tokio::select! {
        sent = send(&mut state, &mut pieces) => sent,
        _ = stop.wait_for(Option::is_some) => Err(interrupted(&common)),
    };
    let failed = match (sent, state) {
        (Ok((bytes, crc)), State::Sending { open, .. }) => {
            let parts = open.arrived().into();
            // The receiver is gone only if the set is.
            let _ = reports.send(Ok(SentFile { path, id: open.id.into(), parts, bytes, crc }));
            return Ok(());
        }
        (Ok(_), other) => (interrupted(&common), other),
        (Err(error), other) => (error, other),
    };
    let (error, mut state) = failed;
    let _ = reports.send(Err(error));
    // The memory of parts that nobody sends.
    drop(pieces);
    let until = stop.wait_for(Option::is_some).await.ok().and_then(|until| *until);
    leave(&mut state, until.unwrap_or_else(|| Instant::now() + LAST_RESORT)).await
}

fn interrupted(common: &Common) -> Error {
    upload_failed(format!("Sending a file to s3://{}/{} was interrupted.", common.bucket.name, common.folder))
}

async fn send(state: &mut State, pieces: &mut mpsc::UnboundedReceiver<Piece>) -> Result<(u64, Crc64Nvme)> {
    if let State::Opening { creating, .. } = state {
        let opened = creating.opened().await;
        *state = State::Done;
        *state = State::Sending { open: opened?, small: None };
    }
    let State::Sending { open, .. } = state else { return Err(upload_failed("The upload is over.")) };
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Part(part) => open.send(part)?,
            Piece::End(bytes, crc) => {
                arrive(open).await?;
                return Ok((bytes, crc));
            }
        }
    }
    // The set is dropped or aborted, and this task is stopped.
    std::future::pending().await
}

/// Waits for all parts. A file without bytes has one empty part, since S3 completes no upload without parts.
async fn arrive(open: &mut Multipart) -> Result<()> {
    if open.parts() == 0 {
        open.send(Part::empty())?;
    }
    open.arrive().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sent_file_takes_little_memory() {
        assert!(size_of::<SentFile>() <= 64, "{}", size_of::<SentFile>());
        assert!(size_of::<SentPart>() <= 24, "{}", size_of::<SentPart>());
    }
}
