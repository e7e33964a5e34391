//! What stands in the folder of a set.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use super::delete::delete;
use super::errors::{being_written, cannot_clear, folder_taken};
use crate::error::Result;
use crate::part::{MANIFEST, SUCCESS};
use crate::s3::abort_upload::{LAST_RESORT, abort_upload};
use crate::s3::bucket::{Bucket, Head};
use crate::s3::claim::ABORT_TIME;
use crate::s3::errors::Failure;
use crate::s3::key::Key;
use crate::s3::properties::is_extracted;
use crate::s3::rivals::uploads;

/// The number of uploads that are aborted, and of objects that are looked at, at the same time.
const AT_ONCE: usize = 64;

/// Returns whether an object stands in the folder, or `None` without permission to list. The object that stands
/// for the folder itself, which the console creates, does not count.
pub(super) async fn is_taken(bucket: &Bucket, folder: &str) -> Result<Option<bool>, Failure> {
    let list = bucket.client.list_objects_v2().bucket(&bucket.name).prefix(folder).max_keys(2);
    match list.set_expected_bucket_owner(bucket.owner.clone()).send().await {
        Ok(listed) => Ok(Some(listed.contents().iter().any(|object| object.key() != Some(folder)))),
        Err(error) => match Failure::new("ListObjectsV2", &error) {
            failure if failure.is(403) => Ok(None),
            failure => Err(failure),
        },
    }
}

/// Removes what runs that were killed have left in a folder that upload `own` has claimed. Their claims are
/// aborted first: should one of them be alive after all, it cannot commit the set whose files are deleted here.
///
/// # Errors
/// `ObjectExists` if permission is missing, or if anything else stands in the folder, which then stays as it is.
pub(super) async fn clear(bucket: &Bucket, folder: &str, own: &str) -> Result<()> {
    let location = format!("s3://{}/{folder}", bucket.name);
    let claim = Key::new(format!("{folder}{MANIFEST}"));
    let Some(claims) = uploads(bucket, claim.as_str()).await else {
        return Err(cannot_clear(&location, "s3:ListBucketMultipartUploads"));
    };
    listed(bucket, folder).await?;
    let now = DateTime::from(SystemTime::now());
    let since = claims.iter().find(|claim| claim.id == own).map(|own| own.initiated);
    for other in claims.iter().filter(|other| other.id != own) {
        match other.gives_signs_of_life(bucket, claim.as_str(), now).await {
            // It began later and gives way.
            Some(true) if since.is_some_and(|since| since < other.initiated) => {}
            // S3 did not list it, or not ours, when the name was claimed.
            Some(true) => return Err(being_written(&location)),
            Some(false) => abort_upload(bucket, &claim, &other.id, ABORT_TIME, false).await?,
            None => return Err(cannot_clear(&location, "s3:ListMultipartUploadParts")),
        }
    }
    abort_files(bucket, folder).await;
    let keys = leftovers(bucket, folder).await?;
    match delete(bucket, keys, Instant::now() + LAST_RESORT).await {
        Ok(()) => Ok(()),
        Err(left) => Err(match left.why {
            Some(why) if !why.is(403) => why.about(&bucket.name, &shown(folder)),
            _ => cannot_clear(&location, "s3:DeleteObject"),
        }),
    }
}

/// Returns the objects in a folder without a set. All of them must be files that extractions have written for
/// a set, by their names and their metadata: anything else is not ours to delete.
async fn leftovers(bucket: &Bucket, folder: &str) -> Result<Vec<String>> {
    let looks = listed(bucket, folder).await?.into_iter().map(async |key| {
        let extracted = match bucket.head(&key).await {
            Ok(Head::Found(found)) => is_extracted(&found),
            _ => false,
        };
        (key, extracted)
    });
    let looked: Vec<_> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
    if !looked.iter().all(|(_, extracted)| *extracted) {
        return Err(folder_taken(&format!("s3://{}/{folder}", bucket.name)));
    }
    Ok(looked.into_iter().map(|(key, _)| key).collect())
}

/// Returns the objects in a folder, all of which must have names of sets' files.
async fn listed(bucket: &Bucket, folder: &str) -> Result<Vec<String>> {
    let list = bucket.client.list_objects_v2().bucket(&bucket.name).prefix(folder);
    let mut pages = list.set_expected_bucket_owner(bucket.owner.clone()).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| Failure::new("ListObjectsV2", &error).about(&bucket.name, &shown(folder)))?;
        let found = page.contents().iter().filter_map(|object| object.key());
        keys.extend(found.filter(|key| *key != folder).map(str::to_owned));
    }
    if keys.iter().all(|key| is_of_a_set(key)) {
        return Ok(keys);
    }
    Err(folder_taken(&format!("s3://{}/{folder}", bucket.name)))
}

/// Returns whether the key is that of a set's file, `part-00000-1a2b3c4d.csv`, or of what is beside one.
fn is_of_a_set(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key);
    if name.starts_with('_') {
        return matches!(name, SUCCESS | "_redshift.manifest");
    }
    let Some((number, id)) = name.strip_prefix("part-").and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let id = id.split('.').next().unwrap_or(id);
    let numbered = number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit());
    numbered && id.len() <= 8 && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn shown(folder: &str) -> Key {
    Key::in_folder(&folder.into(), "")
}

/// Aborts the uploads of files that killed runs have left. Uploads that stay do no harm, so nothing depends on
/// this.
async fn abort_files(bucket: &Bucket, folder: &str) {
    let (mut key, mut id) = (None, None);
    let folder_shown = folder.into();
    loop {
        let list = bucket.client.list_multipart_uploads().bucket(&bucket.name).prefix(folder);
        let list = list.set_key_marker(key.take()).set_upload_id_marker(id.take());
        let Ok(listed) = list.set_expected_bucket_owner(bucket.owner.clone()).send().await else { return };
        let mut aborts = Vec::new();
        for upload in listed.uploads() {
            let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else { continue };
            let Some(path) = key.strip_prefix(folder).filter(|_| is_of_a_set(key)) else { continue };
            let (bucket, key, id) = (bucket.clone(), Key::in_folder(&folder_shown, path), id.to_owned());
            aborts.push(async move { abort_upload(&bucket, &key, &id, LAST_RESORT, false).await });
        }
        let aborted: Vec<_> = stream::iter(aborts).buffer_unordered(AT_ONCE).collect().await;
        if let Some(error) = aborted.into_iter().find_map(Result::err) {
            tracing::warn!(%error, "an upload that a killed run left stays open");
        }
        if listed.is_truncated() != Some(true) {
            return;
        }
        (key, id) = (listed.next_key_marker, listed.next_upload_id_marker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_sets_are_leftovers() {
        for ours in [
            "f/part-00000-1a2b3c4d.csv",
            "f/country=DE/part-123456-1a2b3c4d.snappy.parquet",
            "f/part-00000-id.csv.gz",
            "f/_SUCCESS",
            "f/_redshift.manifest",
        ] {
            assert!(is_of_a_set(ours), "{ours}");
        }
        for other in [
            "f/orders.csv",
            "f/part-00000-5f1c9a32-0a3e-4c5e-9df1-9c3b8c1a7c11-c000.snappy.parquet",
            "f/part-0-1a2b3c4d.csv",
            "f/part-00000.csv",
            "f/part-00000-1a2b3c4d5.csv",
            "f/_manifest.json",
            "f/sub/",
        ] {
            assert!(!is_of_a_set(other), "{other}");
        }
    }
}
