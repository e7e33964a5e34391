//! A bucket of its own for each test, and the eyes to see what is in it.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use devstack::{HttpProxy, Rule};
use rds_data_extractor::aws::http_client;
use rds_data_extractor::error::Result;
use rds_data_extractor::job::IfExists;
use rds_data_extractor::part::sizes::MIN_PART;
use rds_data_extractor::part::{Part, PartBuffers, PartSizes, PartWriter, Parts};
use rds_data_extractor::s3::{Destination, Finished, Preflight, S3, Upload, Uploaded};

use crate::turns::{Turn, beside_others};

pub const KEY: &str = "exports/data.csv";

pub fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("111111111111", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

pub struct Bed {
    pub s3: S3,
    pub raw: Client,
    pub bucket: String,
    _turn: Turn,
}

impl Bed {
    pub async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let turn = beside_others().await;
        let config = config(&format!("http://{}", crate::upload::s3().await));
        let raw =
            Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
        let bucket = format!("bed-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let location = aws_sdk_s3::types::BucketLocationConstraint::EuCentral1;
        let place =
            aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(location).build();
        raw.create_bucket()
            .bucket(&bucket)
            .create_bucket_configuration(place)
            .send()
            .await
            .expect("a bucket");
        Self { s3: S3::new(&config), raw, bucket, _turn: turn }
    }

    /// A bed whose extractor goes through a proxy with these rules.
    pub async fn faulty(rules: &[Rule]) -> (Self, HttpProxy) {
        let proxy = HttpProxy::start(&[("s3", crate::upload::s3().await)]).await.expect("a proxy");
        let bed = Self::new().await;
        for rule in rules {
            proxy.rule(rule.clone());
        }
        (Self { s3: S3::new(&config(&proxy.url())), ..bed }, proxy)
    }

    pub fn destination(&self, id: &str) -> Destination {
        Destination::csv(&self.bucket, KEY, id)
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

    pub async fn put(&self, key: &str, body: &'static [u8]) {
        self.raw
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .body(body.to_vec().into())
            .send()
            .await
            .expect("put");
    }

    pub async fn get(&self, key: &str) -> Vec<u8> {
        let object = self.raw.get_object().bucket(&self.bucket).key(key).send().await.expect("an object");
        object.body.collect().await.expect("its bytes").to_vec()
    }

    pub async fn keys(&self) -> Vec<String> {
        let listed = self.raw.list_objects_v2().bucket(&self.bucket).send().await.expect("a list");
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }

    pub async fn open_uploads(&self) -> usize {
        let listed = self.raw.list_multipart_uploads().bucket(&self.bucket).send().await.expect("a list");
        listed.uploads().len()
    }
}

pub fn stage() -> Parts {
    Parts::new(PartBuffers::new(0), PartSizes::starting_at(MIN_PART), 1)
}

/// Rows that say whose they are and where they stand, `bytes` of them at least.
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

/// `rows` in parts.
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

/// The whole way: rows in, an outcome out; aborted on errors.
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
