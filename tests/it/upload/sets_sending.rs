//! Sets that appear as a whole, and those that never appear.

use std::time::Duration;

use aws_sdk_s3::types::{ChecksumMode, StorageClass};
use devstack::Leftovers;
use rds_data_extractor::error::ErrorType;
use rds_data_extractor::job::WriteOptions;
use rds_data_extractor::part::sizes::MIN_PART;
use rds_data_extractor::s3::{SetClaim, SetDestination, SetUpload};

use crate::upload::bucket::{Bucket, parts, rows};
use crate::upload::sets::{
    FOLDER, ID, MANIFEST, begin, complete, destination, keys, manifest, path, ready, run, send, written,
};

/// Long enough for what happens in the background.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_set_appears_as_a_whole() {
    let bucket = Bucket::new().await;
    let bodies = [rows("large", 2 * MIN_PART + 5), rows("small", 1_000), Vec::new()];
    let options = WriteOptions { storage_class: Some("STANDARD_IA"), ..WriteOptions::default() };
    let delivery_id = Some("delivery".to_owned());
    let mut set = begin(&bucket, SetDestination { options, delivery_id, ..destination(&bucket, ID) }).await;
    let files = send(&mut set, &bodies).await.expect("files");
    assert_eq!(keys(&bucket).await, Vec::<String>::new());
    let written = written(set.commit(manifest(&bodies)).await.expect("a set"));
    let location = format!("s3://{}/{FOLDER}/", bucket.name);
    assert_eq!((&written.location, &written.manifest), (&location, &format!("{location}_manifest.json")));
    assert_eq!((written.bytes, written.warnings), (bodies.concat().len() as u64, Vec::new()));
    assert_eq!(keys(&bucket).await, complete(FOLDER, 3));
    assert_eq!(bucket.open_uploads().await, 0);
    for (number, (body, file)) in bodies.iter().zip(files).enumerate() {
        let key = format!("{FOLDER}/{}", path(number));
        assert!(bucket.get(&key).await == *body);
        let head = bucket.raw.head_object().bucket(&bucket.name).key(&key);
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await.expect("a file");
        assert_eq!(file.bytes, body.len() as u64);
        assert_eq!(head.checksum_crc64_nvme(), Some(file.crc64nvme.as_str()));
        assert_eq!(head.content_type(), Some("text/csv; charset=utf-8"));
        assert_eq!(head.storage_class().map(StorageClass::as_str), Some("STANDARD_IA"));
    }
    assert_eq!(bucket.get(MANIFEST).await, b"{\"version\":1}");
    for name in ["_manifest.json", "_redshift.manifest", "_SUCCESS"] {
        let head = bucket.raw.head_object().bucket(&bucket.name).key(format!("{FOLDER}/{name}"));
        let head = head.send().await.expect(name);
        assert!(head.storage_class().is_none_or(|class| *class == StorageClass::Standard), "{name}");
        let metadata = head.metadata().expect("metadata");
        for (name, value) in [("extraction-id", ID), ("delivery-id", "delivery")] {
            assert_eq!(metadata.get(name).map(String::as_str), Some(value));
        }
    }
}

/// A file may be pushed in parts that S3 does not accept, and its neighbours in between.
#[tokio::test]
async fn files_grow_side_by_side_from_small_parts() {
    let bucket = Bucket::new().await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    let mut bodies = [Vec::new(), Vec::new()];
    for round in 0..7 {
        for (number, body) in bodies.iter_mut().enumerate() {
            let piece = rows(&format!("round {round}"), MIN_PART / 4);
            for part in parts(&piece).await {
                set.push(number as u32, &path(number), part).await.expect("a part");
            }
            body.extend(piece);
        }
        assert!(set.held() < 2 * MIN_PART, "{}", set.held());
    }
    assert!(set.held() > 0);
    for number in 0..2 {
        set.end_file(number as u32, &path(number)).await.expect("an end");
    }
    assert_eq!(set.held(), 0);
    written(set.commit(manifest(&bodies)).await.expect("a set"));
    for (number, body) in bodies.iter().enumerate() {
        assert!(bucket.get(&format!("{FOLDER}/{}", path(number))).await == *body);
    }
}

#[tokio::test]
async fn a_thousand_small_files_are_one_set() {
    let bucket = Bucket::new().await;
    let bodies: Vec<_> = (0..1_000).map(|number| format!("{number}\n").into_bytes()).collect();
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    written(run(&mut set, &bodies).await.expect("a set"));
    assert_eq!(keys(&bucket).await, complete(FOLDER, 1_000));
    assert_eq!(bucket.get(&format!("{FOLDER}/{}", path(567))).await, b"567\n");
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn the_time_for_aborting_grows_with_the_open_uploads() {
    let bucket = Bucket::new().await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    let uploads = set.open_uploads();
    let bodies = [rows("a", 10), rows("b", 10), rows("c", 10)];
    assert_eq!(uploads.time_to_abort(), Duration::ZERO);
    send(&mut set, &bodies).await.expect("files");
    assert_eq!(uploads.time_to_abort(), Duration::from_millis(3));
    written(set.commit(manifest(&bodies)).await.expect("a set"));
    assert_eq!(uploads.time_to_abort(), Duration::ZERO);
}

#[tokio::test]
async fn an_abort_leaves_nothing_of_files_in_any_state() {
    let bucket = Bucket::new().await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    send(&mut set, &[rows("sent", 2 * MIN_PART), rows("small", 10)]).await.expect("files");
    for (number, size) in [(7, 10), (8, 2 * MIN_PART)] {
        for part in parts(&rows("open", size)).await {
            set.push(number, &path(number as usize), part).await.expect("a part");
        }
    }
    assert_eq!(set.abort(Duration::from_secs(10)).await, Ok(None));
    assert_eq!(bucket.leftovers().await, Leftovers::default());
}

#[tokio::test]
async fn dropping_aborts_in_the_background() {
    let (bucket, proxy) = Bucket::faulty(&[]).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    send(&mut set, &[rows("sent", 10), rows("large", 2 * MIN_PART)]).await.expect("files");
    drop(set);
    tokio::time::timeout(PATIENCE, async {
        while bucket.leftovers().await != Leftovers::default() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("all is aborted");
    assert!(proxy.calls_of("s3", "CompleteMultipartUpload").is_empty());
}

#[tokio::test]
async fn a_claim_gives_signs_of_life_that_are_no_part_of_the_manifest() {
    let (bucket, proxy) = Bucket::faulty(&[]).await;
    let to = destination(&bucket, ID);
    let interval = Duration::from_millis(50);
    let mut claim = SetClaim::default();
    let preflight = SetUpload::preflight_with_interval(&bucket.s3, to, &mut claim, interval).await;
    let mut set = ready(preflight.expect("a free name"));
    let signs = || {
        let parts = proxy.calls_of("s3", "UploadPart");
        parts.iter().filter(|call| call.target.contains(MANIFEST) && call.status == Some(200)).count()
    };
    let three = async {
        while signs() < 3 {
            tokio::time::sleep(interval).await;
        }
    };
    tokio::time::timeout(PATIENCE, three).await.expect("signs of life");
    let bodies = [rows("one", 10)];
    written(run(&mut set, &bodies).await.expect("a set"));
    assert_eq!(bucket.get(MANIFEST).await, manifest(&bodies).bytes);
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn a_claim_that_somebody_aborts_ends_the_set_at_once() {
    let bucket = Bucket::new().await;
    let interval = Duration::from_millis(50);
    let to = destination(&bucket, ID);
    let mut claim = SetClaim::default();
    let preflight = SetUpload::preflight_with_interval(&bucket.s3, to, &mut claim, interval).await;
    let mut set = ready(preflight.expect("a free name"));
    let open = bucket.raw.list_multipart_uploads().bucket(&bucket.name).send().await.expect("a list");
    let id = open.uploads()[0].upload_id().expect("an id");
    let abort = bucket.raw.abort_multipart_upload().bucket(&bucket.name).key(MANIFEST).upload_id(id);
    abort.send().await.expect("aborted");
    let failing = async {
        for number in 0.. {
            if let Err(error) = set.end_file(number, &path(number as usize)).await {
                return error;
            }
            tokio::time::sleep(interval).await;
        }
        unreachable!()
    };
    let error = tokio::time::timeout(PATIENCE, failing).await.expect("the loss is told");
    assert_eq!((error.error_type, error.retryable), (ErrorType::UploadFailed, true));
    assert!(error.message.contains("claims"), "{error}");
    assert_eq!(set.abort(Duration::from_secs(10)).await, Ok(None));
    assert_eq!(bucket.leftovers().await, Leftovers::default());
}
