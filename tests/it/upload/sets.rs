//! Sets of files, and what is in their folders.

use std::time::Duration;

use rds_data_extractor::error::Result;
use rds_data_extractor::job::IfExists;
use rds_data_extractor::part::{FileSent, SetManifest, SetWritten};
use rds_data_extractor::s3::{SetClaim, SetDestination, SetFinished, SetPreflight, SetUpload};

use crate::upload::bucket::{Bucket, parts};

pub const FOLDER: &str = "exports/orders";
pub const MANIFEST: &str = "exports/orders/_manifest.json";
pub const ID: &str = "0123456789abcdef";

pub fn destination(bucket: &Bucket, id: &str) -> SetDestination {
    SetDestination::new(&bucket.name, FOLDER, id, "text/csv; charset=utf-8")
}

pub fn if_exists(bucket: &Bucket, id: &str, if_exists: IfExists) -> SetDestination {
    SetDestination { if_exists, ..destination(bucket, id) }
}

pub async fn begin(bucket: &Bucket, destination: SetDestination) -> SetUpload {
    ready(preflight(bucket, destination).await.expect("a free name"))
}

pub async fn preflight(bucket: &Bucket, destination: SetDestination) -> Result<SetPreflight> {
    SetUpload::preflight(&bucket.s3, destination, &mut SetClaim::default()).await
}

pub fn ready(preflight: SetPreflight) -> SetUpload {
    match preflight {
        SetPreflight::Ready(set) => set,
        SetPreflight::Skip(existing) | SetPreflight::Delivered(existing) => panic!("{existing:?}"),
    }
}

/// Returns the path of a file in the folder.
pub fn path(number: usize) -> String {
    format!("country={}/part-{number:05}-01234567.csv", ["DE", "AT"][number % 2])
}

/// Sends a file for each body.
pub async fn send(set: &mut SetUpload, bodies: &[Vec<u8>]) -> Result<Vec<FileSent>> {
    let mut files = Vec::new();
    for (number, body) in bodies.iter().enumerate() {
        for part in parts(body).await {
            set.push(number as u32, &path(number), part).await?;
        }
        files.push(set.end_file(number as u32, &path(number)).await?);
    }
    Ok(files)
}

pub fn manifest(bodies: &[Vec<u8>]) -> SetManifest {
    SetManifest {
        bytes: b"{\"version\":1}".to_vec().into(),
        others: vec![("_redshift.manifest".to_owned(), b"{\"entries\":[]}".to_vec().into())],
        rows: 7,
        files: bodies.len() as u64,
    }
}

/// Sends the files and makes the set appear, or aborts it if that fails.
pub async fn run(set: &mut SetUpload, bodies: &[Vec<u8>]) -> Result<SetFinished> {
    let outcome = async {
        send(set, bodies).await?;
        set.commit(manifest(bodies)).await
    }
    .await;
    if outcome.is_err() {
        set.abort(Duration::from_secs(10)).await?;
    }
    outcome
}

pub fn written(finished: SetFinished) -> SetWritten {
    match finished {
        SetFinished::Written(written) => written,
        other => panic!("{other:?}"),
    }
}

/// Returns the keys in the bucket, sorted.
pub async fn keys(bucket: &Bucket) -> Vec<String> {
    let mut keys: Vec<_> = bucket.leftovers().await.objects.into_iter().map(|object| object.key).collect();
    keys.sort();
    keys
}

/// Returns the keys of a complete set of this many files, sorted.
pub fn complete(folder: &str, files: usize) -> Vec<String> {
    let names = ["_SUCCESS", "_manifest.json", "_redshift.manifest"].map(str::to_owned);
    let mut keys: Vec<_> =
        names.into_iter().chain((0..files).map(path)).map(|name| format!("{folder}/{name}")).collect();
    keys.sort();
    keys
}
