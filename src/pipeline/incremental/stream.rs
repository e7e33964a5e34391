//! The place of a stream: its state, and its objects.

use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Extraction, IfExists, ObjectTarget, Target, WriteOptions};
use crate::local::{Folder, FolderLock};
use crate::pipeline::destination::destination_at;
use crate::pipeline::process::Process;
use crate::pipeline::run::Run;
use crate::pipeline::sink::Destination;
use crate::s3::{Content, Store};
use crate::watermark::{Pending, State, invalid};

/// The name of the state in the stream's folder.
const STATE: &str = "_watermark.json";
/// The name of the file that says what the next file in the folder has.
const PENDING: &str = ".pending.json";
const FROM: &str = "watermark-from";
const TO: &str = "watermark-to";
const REVISION: &str = "watermark-revision";
const STREAM: &str = "watermark-stream";
const TAKEN: &str = "watermark-taken";

/// How often a folder's lock is tried while another run has it.
const LOCKED: Duration = Duration::from_millis(200);

/// The place of a stream.
pub(super) enum Stream<'a> {
    Bucket(InBucket<'a>),
    Folder(InFolder),
}

/// A stream in S3, whose state is replaced only if it has not changed since it was read.
pub(super) struct InBucket<'a> {
    store: Store,
    object: &'a ObjectTarget,
    prefix: String,
    /// The key of the state.
    state: String,
    etag: Option<String>,
}

/// A stream in a folder of this machine, which one run at a time has for itself.
pub(super) struct InFolder {
    folder: Folder,
    /// The path of the state.
    state: String,
    /// The path of what the file has that appears next.
    pending: String,
    /// Held by a run that writes.
    lock: Option<FolderLock>,
}

/// What a file has that is about to appear.
#[derive(Serialize, Deserialize)]
struct PendingFile {
    file: String,
    #[serde(flatten)]
    object: Pending,
}

impl<'a> Stream<'a> {
    /// Opens the place of a stream in the target of an extraction. A folder is locked; another run that has it is waited
    /// for.
    pub(super) async fn open(
        process: &Process,
        target: &'a Target,
        stream: &str,
        request_id: &str,
    ) -> Result<Self> {
        let mut opened = Self::peek(process, target, stream, request_id).await?;
        if let Self::Folder(InFolder { folder, lock, .. }) = &mut opened {
            while lock.is_none() {
                *lock = folder.lock()?;
                if lock.is_none() {
                    tokio::time::sleep(LOCKED).await;
                }
            }
        }
        Ok(opened)
    }

    /// Opens the place of a stream to read its state alone, so that a folder is not locked.
    pub(super) async fn peek(
        process: &Process,
        target: &'a Target,
        stream: &str,
        request_id: &str,
    ) -> Result<Self> {
        match target {
            Target::Object(object) => {
                let options = WriteOptions { storage_class: None, ..object.options.clone() };
                let owner = object.bucket_owner.clone();
                let store = Store::new(process.s3().await.clone(), object.bucket.clone(), owner, options);
                let prefix = object.key_prefix.as_ref().and_then(|prefix| prefix.as_constant());
                let prefix = prefix.map_or_else(String::new, |prefix| format!("{prefix}/"));
                let state = format!("{prefix}{stream}/{STATE}");
                Ok(Self::Bucket(InBucket { store, object, prefix, state, etag: None }))
            }
            Target::Local(output, _) => Ok(Self::Folder(InFolder {
                folder: Folder::new(output, stream, request_id)?,
                state: format!("{stream}/{STATE}"),
                pending: format!("{stream}/{PENDING}"),
                lock: None,
            })),
        }
    }

    /// Returns the address of the state.
    pub(super) fn location(&self) -> String {
        match self {
            Self::Bucket(stream) => format!("s3://{}/{}", stream.object.bucket, stream.state),
            Self::Folder(stream) => stream.folder.path(&stream.state).display().to_string(),
        }
    }

    /// Reads the state; `None` if the stream has none yet.
    ///
    /// # Errors
    /// `WatermarkInvalid` if it is none, and those of reading it.
    pub(super) async fn read(&mut self) -> Result<Option<State>> {
        let bytes = match self {
            Self::Bucket(stream) => {
                let stored = stream.store.read(&stream.state).await?;
                stream.etag = stored.as_ref().and_then(|stored| stored.etag.clone());
                stored.map(|stored| stored.bytes)
            }
            Self::Folder(stream) => stream.folder.read(&stream.state)?.map(Bytes::from),
        };
        let Some(bytes) = bytes else { return Ok(None) };
        State::parse(&bytes).map(Some).map_err(|what| {
            invalid(format!("{} {what}.", self.location()))
                .with_hint("Restore an earlier version of it, or name another stream.")
        })
    }

    /// Writes the state, unless another run has written it since it was read; returns whether it was written.
    ///
    /// # Errors
    /// Those of writing it.
    pub(super) async fn write(&mut self, state: &State) -> Result<bool> {
        match self {
            Self::Bucket(stream) => {
                let content = Content { content_type: "application/json", metadata: &[] };
                let bytes = Bytes::from(state.to_bytes());
                let etag = stream.store.write(&stream.state, &bytes, content, stream.etag.as_deref()).await?;
                let is_written = etag.is_some();
                stream.etag = etag;
                Ok(is_written)
            }
            Self::Folder(stream) => stream.folder.write(&stream.state, &state.to_bytes()).map(|()| true),
        }
    }

    /// Returns what the object has that comes next by the state, if a run wrote it that ended before it could move the
    /// state.
    ///
    /// # Errors
    /// `WatermarkInvalid` if it is not an object of this stream.
    pub(super) async fn written(&self, state: &State, extension: &str) -> Result<Option<Pending>> {
        let name = state.object(extension);
        match self {
            Self::Bucket(stream) => {
                let key = format!("{}{name}", stream.prefix);
                let Some(found) = stream.store.look(&key).await? else { return Ok(None) };
                let of = |name: &str| found.metadata.get(name).map(String::as_str);
                let is_ours = of(STREAM) == Some(&stream.state) && of(FROM) == Some(&lower(state));
                let pending = || {
                    Some(Pending {
                        upper: of(TO)?.parse().ok()?,
                        revision: of(REVISION)?.parse().ok()?,
                        taken_at: DateTime::parse_from_rfc3339(of(TAKEN)?).ok()?.to_utc(),
                    })
                };
                let location = format!("s3://{}/{key}", stream.object.bucket);
                is_ours.then(pending).flatten().map(Some).ok_or_else(|| strange(&location))
            }
            Self::Folder(stream) => {
                let path = stream.folder.path(&name);
                if !path.exists() {
                    return Ok(None);
                }
                let pending = stream.folder.read(&stream.pending)?;
                let pending = pending.and_then(|bytes| serde_json::from_slice::<PendingFile>(&bytes).ok());
                let ours = pending.filter(|pending| pending.file == name).map(|pending| pending.object);
                ours.map(Some).ok_or_else(|| strange(&path.display().to_string()))
            }
        }
    }

    /// Returns the destination of the next object, which has this. In a folder, that is noted before the file appears.
    pub(super) fn destination(
        &self,
        (extraction, run): (&Extraction, &Run),
        state: &State,
        next: Pending,
    ) -> Result<Destination> {
        let name = state.object(&extraction.format.extension(extraction.compression));
        match self {
            Self::Bucket(stream) => {
                let key = format!("{}{name}", stream.prefix);
                let mut destination = destination_at(extraction, stream.object, run, &key);
                destination.if_exists = IfExists::Skip;
                destination.metadata = [
                    (FROM, lower(state)),
                    (TO, next.upper.to_string()),
                    (REVISION, next.revision.to_string()),
                    (STREAM, stream.state.clone()),
                    (TAKEN, next.taken_at.to_rfc3339()),
                ]
                .map(|(name, value)| (name.to_owned(), value))
                .into();
                Ok(Destination::Object(destination))
            }
            Self::Folder(stream) => {
                // A file that stands has what was noted before it appeared.
                if !stream.folder.path(&name).exists() {
                    let pending = serde_json::to_vec(&PendingFile { file: name.clone(), object: next });
                    stream.folder.write(&stream.pending, &pending.unwrap_or_default())?;
                }
                Ok(Destination::Local(stream.folder.target(&name)?))
            }
        }
    }
}

fn lower(state: &State) -> String {
    state.lower.unwrap_or(0).to_string()
}

fn strange(location: &str) -> Error {
    Error::new(
        ErrorType::WatermarkInvalid,
        Stage::Upload,
        format!("{location} has the name of the stream's next object, but is not of this stream or was copied without its metadata."),
    )
    .with_hint("Move it out of the stream's folder, copy it back with its metadata, or name another stream.")
}
