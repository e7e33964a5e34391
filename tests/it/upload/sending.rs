//! Objects in one part and in many, and those that never appear.

use std::time::Duration;

use aws_sdk_s3::types::StorageClass;
use devstack::Leftovers;
use rds_data_extractor::job::{Encryption, WriteOptions};
use rds_data_extractor::part::sizes::MIN_PART;
use rds_data_extractor::part::{BLOCK, PartBuffers, PartSizes, Parts};
use rds_data_extractor::s3::Destination;

use crate::upload::bucket::{Bucket, KEY, parts, push_rows, rows, run, stage, uploaded};

#[tokio::test]
async fn one_part_is_one_object() {
    let bucket = Bucket::new().await;
    let body = rows("one", 1_000);
    let mut upload = bucket.upload(bucket.destination("id-one")).await;
    let uploaded = uploaded(run(&mut upload, &body).await.expect("an object"));
    assert_eq!(uploaded.location(), format!("s3://{}/{KEY}", bucket.name));
    assert_eq!((uploaded.bytes, uploaded.parts), (body.len() as u64, 1));
    assert!(bucket.get(KEY).await == body);
    let head = bucket.raw.head_object().bucket(&bucket.name).key(KEY).send().await.expect("head");
    assert_eq!(head.content_type(), Some("text/csv; charset=utf-8"));
    assert_eq!(head.e_tag(), uploaded.e_tag.as_deref());
}

#[tokio::test]
async fn nothing_pushed_is_an_empty_object() {
    let bucket = Bucket::new().await;
    let mut upload = bucket.upload(bucket.destination("id-empty")).await;
    let uploaded = uploaded(upload.finish().await.expect("an object"));
    assert_eq!(uploaded.bytes, 0);
    assert!(bucket.get(KEY).await.is_empty());
}

#[tokio::test]
async fn many_parts_are_one_object_with_the_checksum_of_all() {
    let bucket = Bucket::new().await;
    let body = rows("many", 5 * MIN_PART + 1_234_567);
    let destination = Destination { content_encoding: Some("gzip".into()), ..bucket.destination("id-many") };
    let mut upload = bucket.upload(destination).await;
    let uploaded = uploaded(run(&mut upload, &body).await.expect("an object"));
    assert_eq!((uploaded.bytes, uploaded.parts), (body.len() as u64, 6));
    assert!(bucket.get(KEY).await == body);
    let head = bucket.raw.head_object().bucket(&bucket.name).key(KEY);
    let head = head.checksum_mode(aws_sdk_s3::types::ChecksumMode::Enabled).send().await.expect("head");
    let checksum = aws_smithy_types::base64::encode(crc_fast::crc64_nvme(&body).to_be_bytes());
    assert_eq!(head.checksum_crc64_nvme(), Some(checksum.as_str()));
    assert_eq!(head.content_type(), Some("text/csv; charset=utf-8"));
    assert_eq!(head.content_encoding(), Some("gzip"));
    assert_eq!(bucket.open_uploads().await, 0);
}

/// A header that is sent first, and the last parts of several readers, are smaller than the parts that S3
/// accepts.
#[tokio::test]
async fn small_parts_travel_with_their_neighbours() {
    let bucket = Bucket::new().await;
    let sizes = [100, MIN_PART, 1 << 20, 1 << 20, MIN_PART, 2 << 20];
    let pieces: Vec<_> = sizes.iter().zip('a'..).map(|(size, name)| rows(&name.to_string(), *size)).collect();
    let mut upload = bucket.upload(bucket.destination("id-small")).await;
    for piece in &pieces {
        for part in parts(piece).await {
            upload.push(part).await.expect("a part");
        }
    }
    let uploaded = uploaded(upload.finish().await.expect("an object"));
    assert_eq!(uploaded.parts, 3);
    assert!(bucket.get(KEY).await == pieces.concat());
}

#[tokio::test]
async fn an_abort_leaves_nothing() {
    let bucket = Bucket::new().await;
    let mut upload = bucket.upload(bucket.destination("id-abort")).await;
    let mut writer = stage().writer();
    push_rows(&mut upload, &mut writer, &rows("abort", 3 * MIN_PART + 9)).await.expect("parts");
    assert_eq!(bucket.open_uploads().await, 1);
    assert_eq!(upload.abort(Duration::from_secs(5)).await.expect("aborted"), None);
    assert_eq!(bucket.leftovers().await, Leftovers::default());
}

#[tokio::test]
async fn an_abort_before_any_part_needs_nothing() {
    let bucket = Bucket::new().await;
    let mut upload = bucket.upload(bucket.destination("id-none")).await;
    upload.abort(Duration::ZERO).await.expect("nothing to do");
}

#[tokio::test]
async fn memory_is_bounded_however_many_parts_travel() {
    let bucket = Bucket::new().await;
    let buffers = PartBuffers::new(0);
    let mut writer = Parts::new(buffers.clone(), PartSizes::starting_at(MIN_PART), 1).writer();
    let mut upload = bucket.upload(bucket.destination("id-memory")).await;
    let mut most = 0;
    for row in rows("memory", 12 * MIN_PART).split_inclusive(|byte| *byte == b'\n') {
        writer.block(row.len()).await.extend_from_slice(row);
        most = most.max(buffers.reserved());
        if let Some(part) = writer.end_row() {
            upload.push(part).await.expect("a part");
        }
    }
    assert!(most <= 3 * (MIN_PART + BLOCK as u64), "{most} bytes");
    upload.abort(Duration::from_secs(5)).await.expect("aborted");
    drop(writer);
    assert_eq!(buffers.reserved(), 0);
}

#[tokio::test]
async fn objects_are_encrypted_with_the_wanted_key() {
    let bucket = Bucket::new().await;
    let kms = devstack::Aws::new(crate::upload::s3().await, "111111111111");
    let key = kms.json("kms", "TrentService.CreateKey", &serde_json::json!({})).await.expect("a key");
    let arn = key["KeyMetadata"]["Arn"].as_str().expect("an ARN");
    for size in [500, MIN_PART + 500] {
        let encryption = Some(Encryption::Kms(Some(arn.to_owned())));
        let options = WriteOptions { encryption, ..WriteOptions::default() };
        let destination = Destination { options, ..bucket.destination(&format!("{size}-kms")) };
        let mut upload = bucket.upload(destination).await;
        let uploaded = uploaded(run(&mut upload, &rows("kms", size)).await.expect("an object"));
        let head =
            bucket.raw.head_object().bucket(&bucket.name).key(&uploaded.key).send().await.expect("head");
        assert_eq!(head.ssekms_key_id(), Some(arn));
    }
}

/// Bucket policies require these headers in the request that creates the object, not in those of its parts.
#[tokio::test]
async fn objects_are_written_as_the_bucket_asks() {
    let (bucket, proxy) = Bucket::faulty(&[]).await;
    let options = WriteOptions {
        encryption: Some(Encryption::KmsDsse(None)),
        storage_class: Some("STANDARD_IA"),
        tags: Some("team=data&kind=an%20export".to_owned()),
        acl: Some("bucket-owner-full-control"),
        sign_payload: false,
    };
    for (size, action) in [(500, "PutObject"), (MIN_PART + 500, "CreateMultipartUpload")] {
        let destination =
            Destination { options: options.clone(), ..bucket.destination(&format!("{size}-asked")) };
        let mut upload = bucket.upload(destination).await;
        let key = uploaded(run(&mut upload, &rows("asked", size)).await.expect("an object")).key;
        let calls = proxy.calls_of("s3", action);
        let header = |name| calls.last().expect(action).header(name);
        assert_eq!(header("x-amz-server-side-encryption"), "aws:kms:dsse", "{action}");
        assert_eq!(header("x-amz-acl"), "bucket-owner-full-control", "{action}");
        let head = bucket.raw.head_object().bucket(&bucket.name).key(&key).send().await.expect("head");
        assert_eq!(head.storage_class().map(StorageClass::as_str), Some("STANDARD_IA"), "{action}");
        let tagging =
            bucket.raw.get_object_tagging().bucket(&bucket.name).key(&key).send().await.expect("tags");
        let tags: Vec<_> = tagging.tag_set().iter().map(|tag| (tag.key(), tag.value())).collect();
        assert_eq!(tags, [("team", "data"), ("kind", "an export")], "{action}");
    }
}
