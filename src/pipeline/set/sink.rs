//! The destination of a set: a folder in S3, or on this machine.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Compression, Extraction, LocalOutput, Naming, ObjectTarget, Target};
use crate::local::{self, LocalSet};
use crate::names::Names;
use crate::part::{FileId, FileSent, Part, PartSizes, SetExisting, SetManifest, SetWritten};
use crate::pipeline::process::Process;
use crate::pipeline::run::Run;
use crate::s3::{self, OpenUploads, SetClaim, SetDestination, SetUpload};

/// A destination that has not been checked yet.
#[allow(clippy::large_enum_variant, reason = "there is one per extraction")]
pub(in crate::pipeline) enum Destination {
    Object(SetDestination),
    Local(local::SetTarget),
}

/// The writer of the files.
#[allow(clippy::large_enum_variant, reason = "there is one per extraction")]
pub(in crate::pipeline) enum SetSink {
    Object(SetUpload),
    Local(LocalSet),
}

#[allow(clippy::large_enum_variant, reason = "there is one per extraction")]
pub(in crate::pipeline) enum Preflight {
    Ready(SetSink),
    Skip(Existing),
    Delivered(Existing),
}

pub(in crate::pipeline) enum Finished {
    Written(Written),
    Exists(Existing),
    Refused { error: Error, again: Box<Destination> },
}

/// The folder of a set.
pub(in crate::pipeline) enum Place {
    Bucket(String),
    Folder(String),
}

/// A complete set.
pub(in crate::pipeline) struct Written {
    pub(super) place: Place,
    pub(super) manifest: String,
    pub(super) bytes: u64,
    pub(super) warnings: Vec<String>,
}

/// A set that was complete before.
pub(in crate::pipeline) struct Existing {
    pub(super) place: Place,
    pub(super) manifest: String,
    pub(super) files: Option<u64>,
    pub(super) bytes: Option<u64>,
}

impl Place {
    pub(super) fn s3_location(&self) -> Option<String> {
        match self {
            Self::Bucket(location) => Some(location.clone()),
            Self::Folder(_) => None,
        }
    }

    pub(super) fn file(&self) -> Option<String> {
        match self {
            Self::Bucket(_) => None,
            Self::Folder(path) => Some(path.clone()),
        }
    }
}

impl Written {
    fn new(written: SetWritten, place: fn(String) -> Place) -> Self {
        let SetWritten { location, manifest, bytes, warnings } = written;
        Self { place: place(location), manifest, bytes, warnings }
    }
}

impl Existing {
    fn new(existing: SetExisting, place: fn(String) -> Place) -> Self {
        let SetExisting { location, manifest, files, bytes, .. } = existing;
        Self { place: place(location), manifest, files, bytes }
    }
}

/// Returns where the set of this run goes in S3, and the properties of its files.
fn set_destination(extraction: &Extraction, object: &ObjectTarget, run: &Run) -> Result<SetDestination> {
    let folder =
        extraction.object_key(object, Naming { request_id: &run.request_id, started: run.started })?;
    let compression = extraction.compression;
    Ok(SetDestination {
        bucket: object.bucket.clone(),
        bucket_owner: object.bucket_owner.clone(),
        names: Names::new(&folder, id(extraction, run)),
        delivery_id: extraction.delivery_id(object, &run.delivery),
        if_exists: object.if_exists,
        options: object.options.clone(),
        // The names of the files show their compression.
        content_type: match compression {
            Compression::None => extraction.format.format().content_type().to_owned(),
            _ => format!("application/{}", compression.as_str()),
        },
        content_encoding: None,
    })
}

/// Returns the id of the extraction.
pub(super) fn id<'a>(extraction: &'a Extraction, run: &'a Run) -> &'a str {
    extraction.event_id.as_deref().unwrap_or(&run.request_id)
}

impl Destination {
    /// Returns where the set of this run goes.
    pub(in crate::pipeline) fn new(extraction: &Extraction, run: &Run) -> Result<Self> {
        Ok(match &extraction.target {
            Target::Object(object) => Self::Object(set_destination(extraction, object, run)?),
            // The event's checks have refused it.
            Target::Local(LocalOutput::Stdout, _) => {
                let message = "A set cannot go to standard output.";
                return Err(Error::new(ErrorType::InvalidRequest, Stage::Event, message));
            }
            Target::Local(LocalOutput::Path(path), if_exists) => {
                let naming = Naming { request_id: &run.request_id, started: run.started };
                let path = path.resolve(naming, extraction.event_id.as_deref());
                Self::Local(local::SetTarget {
                    folder: PathBuf::from(path),
                    if_exists: *if_exists,
                    id: id(extraction, run).to_owned(),
                })
            }
        })
    }

    /// Checks the destination and claims the name before anything expensive is done.
    pub(in crate::pipeline) async fn preflight(
        self,
        process: &Process,
        claim: &mut SetClaim,
    ) -> Result<Preflight> {
        Ok(match self {
            Self::Object(destination) => {
                match SetUpload::preflight(process.s3().await, destination, claim).await? {
                    s3::SetPreflight::Ready(upload) => Preflight::Ready(SetSink::Object(upload)),
                    s3::SetPreflight::Skip(existing) => {
                        Preflight::Skip(Existing::new(existing, Place::Bucket))
                    }
                    s3::SetPreflight::Delivered(existing) => {
                        Preflight::Delivered(Existing::new(existing, Place::Bucket))
                    }
                }
            }
            Self::Local(target) => match LocalSet::preflight(target).await? {
                local::SetPreflight::Ready(set) => Preflight::Ready(SetSink::Local(set)),
                local::SetPreflight::Skip(existing) => {
                    Preflight::Skip(Existing::new(existing, Place::Folder))
                }
            },
        })
    }
}

impl SetSink {
    pub(super) fn part_sizes(&self) -> PartSizes {
        match self {
            Self::Object(_) => PartSizes::of_object(),
            Self::Local(_) => PartSizes::of_file(),
        }
    }

    /// Takes the next part of a file, whose path is relative to the folder.
    pub(super) async fn push(&mut self, file: FileId, path: &str, part: Part) -> Result<()> {
        match self {
            Self::Object(upload) => upload.push(file, path, part).await,
            Self::Local(set) => set.push(file, path, part).await,
        }
    }

    /// Ends a file, which does not appear yet.
    pub(super) async fn end_file(&mut self, file: FileId, path: &str) -> Result<FileSent> {
        match self {
            Self::Object(upload) => upload.end_file(file, path).await,
            Self::Local(set) => set.end_file(file, path).await,
        }
    }

    /// Returns how long the key of a file with this path is; 0 on this machine, which has limits of its own.
    pub(super) fn key_length(&self, path: &str) -> usize {
        match self {
            Self::Object(_) => {
                let folder = self.location();
                let key = folder.splitn(4, '/').nth(3).unwrap_or_default();
                key.len() + path.len()
            }
            Self::Local(_) => 0,
        }
    }

    /// Returns the address or the path of the folder, with a slash at the end.
    pub(super) fn location(&self) -> String {
        match self {
            Self::Object(upload) => upload.location(),
            Self::Local(set) => set.location(),
        }
    }

    /// Returns the uploads that would have to be aborted, of which a set on this machine has none.
    pub(super) fn open_uploads(&self) -> OpenUploads {
        match self {
            Self::Object(upload) => upload.open_uploads(),
            Self::Local(_) => OpenUploads::default(),
        }
    }

    /// Makes the set appear.
    pub(super) async fn commit(&mut self, manifest: SetManifest) -> Result<Finished> {
        Ok(match self {
            Self::Object(upload) => match upload.commit(manifest).await? {
                s3::SetFinished::Written(written) => Finished::Written(Written::new(written, Place::Bucket)),
                s3::SetFinished::Exists(existing) => Finished::Exists(Existing::new(existing, Place::Bucket)),
                s3::SetFinished::Refused { error, again } => {
                    Finished::Refused { error, again: Box::new(Destination::Object(*again)) }
                }
            },
            Self::Local(set) => match set.commit(manifest).await? {
                local::SetFinished::Written(written) => {
                    Finished::Written(Written::new(written, Place::Folder))
                }
                local::SetFinished::Exists(existing) => {
                    Finished::Exists(Existing::new(existing, Place::Folder))
                }
            },
        })
    }

    /// Aborts what was begun; returns the set if it is complete nevertheless.
    pub(in crate::pipeline) async fn abort(&mut self, time_left: Duration) -> Result<Option<Written>> {
        Ok(match self {
            Self::Object(upload) => {
                let written = upload.abort(time_left).await?;
                written.map(|written| Written::new(written, Place::Bucket))
            }
            Self::Local(set) => {
                let written = set.abort(time_left).await?;
                written.map(|written| Written::new(written, Place::Folder))
            }
        })
    }
}
