//! Claims the name of a set before the query runs.

use std::sync::Arc;
use std::time::Duration;

use super::destination::SetDestination;
use super::errors::{being_written, folder_taken};
use super::existing::existing;
use super::file::Common;
use super::files::Files;
use super::folder::{clear, is_taken};
use super::keepalive::{INTERVAL, Keepalive};
use super::upload::SetUpload;
use crate::error::{Error, Result};
use crate::job::IfExists;
use crate::part::{MANIFEST, SetExisting};
use crate::s3::bucket::{Bucket, Head};
use crate::s3::claim::{ABORT_TIME, CLAIMS, claim};
use crate::s3::client::S3;
use crate::s3::errors::{object_exists, upload_failed};
use crate::s3::key::Key;
use crate::s3::preflight::reach;
use crate::s3::upload::Upload;

/// The result of claiming a name.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one per extraction")]
pub enum SetPreflight {
    /// The name is claimed, and files can be written.
    Ready(SetUpload),
    /// The set exists, and [`IfExists::Skip`] keeps it.
    Skip(SetExisting),
    /// An earlier attempt of the same delivery wrote the set.
    Delivered(SetExisting),
}

/// The upload that claims a folder while [`SetUpload::preflight`] looks whether it is free.
///
/// It is kept outside of the preflight, whose future may be dropped, so that it can be aborted nevertheless.
#[derive(Debug, Default)]
pub struct SetClaim(Option<Upload>);

impl SetClaim {
    /// Aborts the upload if the preflight was interrupted.
    ///
    /// # Errors
    ///
    /// `UploadFailed` with the bucket, the key and the upload id if the upload may still be open when the time is
    /// over.
    pub async fn abort(&mut self, time_left: Duration) -> Result<()> {
        match &mut self.0 {
            Some(upload) => upload.abort(time_left).await.map(drop),
            None => Ok(()),
        }
    }
}

/// Why a claim failed.
enum Refusal {
    /// Another run has claimed the name.
    Rival,
    /// Something stands in the folder.
    Taken,
}

impl SetUpload {
    /// Claims a folder by opening a multipart upload of its manifest, before anything expensive is done. A folder
    /// in which anything stands is taken; with [`IfExists::Skip`], what a killed run has left there is removed,
    /// which takes s3:DeleteObject. Without permission to list, some checks are left to the writes, which never
    /// overwrite an object. Until the set is complete or aborted, the claim keeps itself alive.
    ///
    /// If the future is dropped, what it has opened is in `claim`, which must then be aborted.
    ///
    /// # Errors
    ///
    /// `BucketNotFound`; `BucketAccessDenied`; `ObjectExists` with [`IfExists::Fail`], and with
    /// [`IfExists::Skip`] while another run is writing the set; `UploadFailed` if S3 cannot be reached.
    pub async fn preflight(
        s3: &S3,
        destination: SetDestination,
        claim: &mut SetClaim,
    ) -> Result<SetPreflight> {
        Self::preflight_with_interval(s3, destination, claim, INTERVAL).await
    }

    /// Does the same as [`Self::preflight`], with another interval between two signs of life.
    ///
    /// # Errors
    ///
    /// Those of [`Self::preflight`].
    pub async fn preflight_with_interval(
        s3: &S3,
        mut destination: SetDestination,
        claim: &mut SetClaim,
        interval: Duration,
    ) -> Result<SetPreflight> {
        let (bucket, mut head) = reach(s3, &destination.describing(MANIFEST)).await?;
        for claims in 1..=CLAIMS {
            let manifest = destination.describing(MANIFEST);
            let key = manifest.keys.current();
            if claims > 1 {
                head = bucket.head(&key).await.map_err(|failure| failure.into_error(&bucket.name, &key))?;
            }
            if let Head::Found(found) = &head {
                if manifest.properties().delivered(found) {
                    return Ok(SetPreflight::Delivered(existing(&bucket, &destination).await));
                }
                match destination.if_exists {
                    IfExists::Skip => return Ok(SetPreflight::Skip(existing(&bucket, &destination).await)),
                    IfExists::Fail => return Err(object_exists(&bucket.name, &key)),
                    IfExists::Suffix => {
                        destination.names.advance();
                        continue;
                    }
                }
            }
            let upload = claim.0.insert(Upload::new(bucket.clone(), manifest));
            upload.create(Vec::new());
            upload.created().await?;
            let refusal = match claimed(&bucket, &destination, upload).await {
                Ok(None) => {
                    upload.send_waiting()?;
                    let Some(upload) = claim.0.take() else { return Err(is_over()) };
                    return Ok(SetPreflight::Ready(ready(bucket, destination, upload, interval)));
                }
                Ok(Some(refusal)) => refusal,
                Err(error) => {
                    upload.abort(ABORT_TIME).await?;
                    return Err(error);
                }
            };
            upload.abort(ABORT_TIME).await?;
            if destination.if_exists == IfExists::Suffix {
                destination.names.advance();
                continue;
            }
            if let Ok(Head::Found(found)) = bucket.head(&key).await {
                // The rival has become complete meanwhile.
                let existing = existing(&bucket, &destination).await;
                if destination.describing(MANIFEST).properties().delivered(&found) {
                    return Ok(SetPreflight::Delivered(existing));
                }
                if destination.if_exists == IfExists::Skip {
                    return Ok(SetPreflight::Skip(existing));
                }
            }
            let location = destination.location();
            return Err(match refusal {
                Refusal::Rival => being_written(&location),
                Refusal::Taken => folder_taken(&location),
            });
        }
        Err(all_claimed(&destination))
    }
}

/// Returns why the open upload of the manifest does not have the folder for itself, if that is so.
async fn claimed(
    bucket: &Bucket,
    destination: &SetDestination,
    upload: &mut Upload,
) -> Result<Option<Refusal>> {
    let Some(open) = upload.state.multipart() else { return Err(is_over()) };
    if !claim(bucket, open.key.as_str(), &open.id).await {
        return Ok(Some(Refusal::Rival));
    }
    let folder = destination.folder();
    let taken = is_taken(bucket, &folder).await;
    let taken =
        taken.map_err(|failure| failure.about(&bucket.name, &Key::in_folder(&folder.as_str().into(), "")))?;
    match (taken, destination.if_exists) {
        (Some(true), IfExists::Skip) => {
            clear(bucket, &folder, &open.id).await?;
            Ok(None)
        }
        (Some(true), _) => Ok(Some(Refusal::Taken)),
        // Without permission to list, the conditional writes decide.
        (Some(false) | None, _) => Ok(None),
    }
}

fn ready(bucket: Bucket, destination: SetDestination, mut claim: Upload, interval: Duration) -> SetUpload {
    let common = Common {
        bucket: bucket.clone(),
        folder: destination.folder().into(),
        properties: Arc::new(destination.properties()),
    };
    let files = Files::new(Arc::new(common));
    let key = Key::new(claim.key());
    let id = claim.state.multipart().map(|open| open.id.clone()).unwrap_or_default();
    let reporter = files.reporter();
    let lost = move |error| {
        // The receiver is gone only if the set is.
        let _ = reporter.send(Err(error));
    };
    let keepalive = Keepalive::start(bucket.clone(), key, id, interval, lost);
    SetUpload {
        destination,
        bucket,
        claim,
        keepalive,
        files,
        others: Vec::new(),
        figures: None,
        stands: None,
    }
}

fn is_over() -> Error {
    upload_failed("The upload is over.")
}

fn all_claimed(destination: &SetDestination) -> Error {
    let wanted = destination.names.wanted();
    upload_failed(format!("All {CLAIMS} names from s3://{}/{wanted}/ on are taken.", destination.bucket))
}
