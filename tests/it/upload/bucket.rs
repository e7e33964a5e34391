//! A bucket for each test, its contents, and uploads to it.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use devstack::{ACCOUNT_A, Aws, HttpProxy, Leftovers, Rule};
use rds_data_extractor::aws::http_client;
use rds_data_extractor::error::Result;
use rds_data_extractor::job::IfExists;
use rds_data_extractor::part::sizes::MIN_PART;
use rds_data_extractor::part::{Part, PartBuffers, PartSizes, PartWriter, Parts};
use rds_data_extractor::s3::{Destination, Finished, Preflight, S3, Upload, Uploaded};

use crate::turns::{Turn, beside_others};

pub const KEY: &str = "exports/data.csv";

pub fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCOUNT_A, "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// A bucket, and the extractor's client for it.
pub struct Bucket {
    pub s3: S3,
    /// A client without the extractor's retries and conditions.
    pub raw: Client,
    pub account: Aws,
    pub name: String,
    _turn: Turn,
}

impl Bucket {
    pub async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let turn = beside_others().await;
        let emulator = crate::upload::s3().await;
        let config = config(&format!("http://{emulator}"));
        let raw =
            Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
        let name = format!("bucket-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let account = Aws::new(emulator, ACCOUNT_A);
        account.create_bucket(&name).await.expect("a bucket");
        Self { s3: S3::new(&config), raw, account, name, _turn: turn }
    }

    /// Creates a bucket that the extractor reaches through a proxy with these rules.
    pub async fn faulty(rules: &[Rule]) -> (Self, HttpProxy) {
        let proxy = HttpProxy::start(&[("s3", crate::upload::s3().await)]).await.expect("a proxy");
        for rule in rules {
            proxy.rule(rule.clone());
        }
        (Self { s3: S3::new(&config(&proxy.url())), ..Self::new().await }, proxy)
    }

    pub fn destination(&self, id: &str) -> Destination {
        Destination::new(&self.name, KEY, id, "text/csv; charset=utf-8")
    }

    pub fn if_exists(&self, id: &str, if_exists: IfExists) -> Destination {
        Destination { if_exists, ..self.destination(id) }
    }

    pub async fn upload(&self, destination: Destination) -> Upload {
        match Upload::preflight(&self.s3, destination).await.expect("a free name") {
            Preflight::Ready(upload) => upload,
            Preflight::Skip(existing) | Preflight::Delivered(existing) => panic!("{existing:?}"),
        }
    }

    pub async fn put(&self, key: &str, body: &[u8]) {
        self.account.put_object(&self.name, key, body).await.expect("an object");
    }

    pub async fn get(&self, key: &str) -> Vec<u8> {
        self.account.get_object(&self.name, key).await.expect("an object").to_vec()
    }

    /// Returns the objects and the open uploads.
    pub async fn leftovers(&self) -> Leftovers {
        Leftovers::default().in_bucket(&self.account, &self.name).await.expect("a list")
    }

    /// Returns whether the bucket has only this object and no open upload.
    pub async fn has_only(&self, key: &str) -> bool {
        let left = self.leftovers().await;
        left.objects.iter().map(|object| object.key.as_str()).eq([key]) && left.uploads.is_empty()
    }

    pub async fn open_uploads(&self) -> usize {
        self.leftovers().await.uploads.len()
    }
}

pub fn stage() -> Parts {
    Parts::new(PartBuffers::new(0), PartSizes::starting_at(MIN_PART), 1)
}

/// Returns numbered rows with the writer's name, at least `bytes` in total.
pub fn rows(marker: &str, bytes: u64) -> Vec<u8> {
    let mut rows = Vec::with_capacity(bytes as usize + 64);
    for number in 0_u64.. {
        if rows.len() as u64 >= bytes {
            break;
        }
        rows.extend_from_slice(
            format!("{marker},{number},{:x}\n", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).as_bytes(),
        );
    }
    rows
}

/// Writes `rows` line by line and pushes the parts.
pub async fn push_rows(upload: &mut Upload, writer: &mut PartWriter, rows: &[u8]) -> Result<()> {
    for row in rows.split_inclusive(|byte| *byte == b'\n') {
        writer.block(row.len()).await.extend_from_slice(row);
        if let Some(part) = writer.end_row() {
            upload.push(part).await?;
        }
    }
    Ok(())
}

/// Returns `rows` as parts.
pub async fn parts(rows: &[u8]) -> Vec<Part> {
    let buffers = PartBuffers::new(2 * rows.len() as u64);
    let mut writer = Parts::new(buffers, PartSizes::starting_at(MIN_PART), 1).writer();
    let mut parts = Vec::new();
    for row in rows.split_inclusive(|byte| *byte == b'\n') {
        writer.block(row.len()).await.extend_from_slice(row);
        parts.extend(writer.end_row());
    }
    parts.extend(writer.end_part());
    parts
}

/// Uploads `rows`, and aborts the upload if that fails.
pub async fn run(upload: &mut Upload, rows: &[u8]) -> Result<Finished> {
    let mut writer = stage().writer();
    let outcome = async {
        push_rows(upload, &mut writer, rows).await?;
        if let Some(part) = writer.end_part() {
            upload.push(part).await?;
        }
        upload.finish().await
    }
    .await;
    if outcome.is_err() {
        upload.abort(std::time::Duration::from_secs(5)).await?;
    }
    outcome
}

pub fn uploaded(finished: Finished) -> Uploaded {
    match finished {
        Finished::Uploaded(uploaded) => uploaded,
        other => panic!("{other:?}"),
    }
}
