//! The destination of the parts: an object in S3, or an output of this machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::destination::object_destination;
use super::process::Process;
use super::run::Run;
use super::set::{self, SetSink};
use crate::error::{Error, Result};
use crate::job::{Extraction, LocalOutput, Naming, Target};
use crate::local::{self, LocalTarget, LocalWriter};
use crate::part::{Part, PartSizes};
use crate::s3::{self, Existing, SetClaim, Upload, Uploaded};

/// A destination that has not been checked yet.
#[allow(clippy::large_enum_variant, reason = "there is one per extraction")]
pub(super) enum Destination {
    Object(s3::Destination),
    Local(LocalTarget),
    Set(set::Destination),
}

/// The writer of the parts.
#[allow(clippy::large_enum_variant, reason = "there is one per extraction")]
pub(super) enum Sink {
    Object(Upload),
    Local(LocalWriter),
}

#[allow(clippy::large_enum_variant, reason = "there is one per extraction")]
pub(super) enum Preflight {
    Ready(Sink),
    /// The name of a set is claimed.
    Claimed,
    Skip(Written),
    Delivered(Written),
    SkipSet(set::Existing),
    DeliveredSet(set::Existing),
}

pub(super) enum Finished {
    Written(Written),
    Exists(Written),
    Refused { error: Error, again: Box<Destination> },
}

/// A complete object or file.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) s3_location: Option<String>,
    pub(super) file: Option<String>,
    pub(super) bytes: u64,
}

impl Destination {
    pub(super) fn new(extraction: &Extraction, run: &Run) -> Result<Self> {
        if extraction.layout.set().is_some() {
            return set::Destination::new(extraction, run).map(Self::Set);
        }
        match &extraction.target {
            Target::Object(object) => object_destination(extraction, object, run).map(Self::Object),
            Target::Local(output, if_exists) => Ok(Self::Local(LocalTarget {
                place: match output {
                    LocalOutput::Stdout => local::Place::Stdout,
                    LocalOutput::Path(path) => {
                        let naming = Naming { request_id: &run.request_id, started: run.started };
                        local::Place::Path(PathBuf::from(
                            path.resolve(naming, extraction.event_id.as_deref()),
                        ))
                    }
                },
                if_exists: *if_exists,
                request_id: run.request_id.clone(),
            })),
        }
    }

    /// Checks the destination before anything expensive is done. A set is added to `sets` once its name is claimed; until
    /// then, `claim` has what must be undone.
    pub(super) async fn preflight(
        self,
        process: &Process,
        claim: &mut SetClaim,
        sets: &mut Vec<SetSink>,
    ) -> Result<Preflight> {
        Ok(match self {
            Self::Object(destination) => match Upload::preflight(process.s3().await, destination).await? {
                s3::Preflight::Ready(upload) => Preflight::Ready(Sink::Object(upload)),
                s3::Preflight::Skip(existing) => Preflight::Skip(Written::existing(&existing)),
                s3::Preflight::Delivered(existing) => Preflight::Delivered(Written::existing(&existing)),
            },
            Self::Local(target) => match LocalWriter::preflight(target).await? {
                local::Preflight::Ready(writer) => Preflight::Ready(Sink::Local(writer)),
                local::Preflight::Skip(path, bytes) => Preflight::Skip(Written::file(&path, bytes)),
            },
            Self::Set(destination) => match destination.preflight(process, claim).await? {
                set::Preflight::Ready(set) => {
                    sets.push(set);
                    Preflight::Claimed
                }
                set::Preflight::Skip(existing) => Preflight::SkipSet(existing),
                set::Preflight::Delivered(existing) => Preflight::DeliveredSet(existing),
            },
        })
    }
}

impl Sink {
    pub(super) fn part_sizes(&self) -> PartSizes {
        match self {
            Self::Object(_) => PartSizes::of_object(),
            Self::Local(_) => PartSizes::of_file(),
        }
    }

    pub(super) async fn push(&mut self, part: Part) -> Result<()> {
        match self {
            Self::Object(upload) => upload.push(part).await,
            Self::Local(writer) => writer.push(part).await,
        }
    }

    pub(super) async fn finish(&mut self) -> Result<Finished> {
        Ok(match self {
            Self::Object(upload) => match upload.finish().await? {
                s3::Finished::Uploaded(uploaded) => Finished::Written(Written::uploaded(&uploaded)),
                s3::Finished::Exists(existing) => Finished::Exists(Written::existing(&existing)),
                s3::Finished::Refused { error, again } => {
                    Finished::Refused { error, again: Box::new(Destination::Object(*again)) }
                }
            },
            Self::Local(writer) => match writer.finish().await? {
                local::Finished::Written(path, bytes) => Finished::Written(Written::file(&path, bytes)),
                local::Finished::Exists(path, bytes) => Finished::Exists(Written::file(&path, bytes)),
                local::Finished::Passed(bytes) => {
                    Finished::Written(Written { s3_location: None, file: None, bytes })
                }
            },
        })
    }

    /// Aborts the upload; returns the object if it is complete nevertheless. A file is removed when dropped.
    pub(super) async fn abort(self, time_left: Duration) -> Result<Option<Written>> {
        match self {
            Self::Object(mut upload) => {
                Ok(upload.abort(time_left).await?.map(|uploaded| Written::uploaded(&uploaded)))
            }
            Self::Local(_) => Ok(None),
        }
    }
}

impl Written {
    pub(super) fn noun(&self) -> &'static str {
        if self.file.is_some() { "file" } else { "object" }
    }

    fn uploaded(uploaded: &Uploaded) -> Self {
        Self { s3_location: Some(uploaded.location()), file: None, bytes: uploaded.bytes }
    }

    fn existing(existing: &Existing) -> Self {
        Self { s3_location: Some(existing.location()), file: None, bytes: existing.bytes.unwrap_or(0) }
    }

    fn file(path: &Path, bytes: u64) -> Self {
        Self { s3_location: None, file: Some(path.display().to_string()), bytes }
    }
}
