//! What the network and S3 can do to an upload.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rds_data_extractor::error::ErrorType;
use rds_data_extractor::s3::schedule::MIN_PART;
use rds_data_extractor::s3::{Destination, IfExists, Upload};

use crate::bed::{Bed, KEY, push_rows, rows, run, stage, uploaded};
use crate::proxy::{Fate, Proxy};

const CREATE: &str = "?uploads";
const PART: &str = "partNumber=";

fn is_complete(head: &str) -> bool {
    head.starts_with("POST ") && head.contains("uploadId=")
}

fn is_abort(head: &str) -> bool {
    head.starts_with("DELETE ") && head.contains("uploadId=")
}

fn is_put_object(head: &str) -> bool {
    head.starts_with("PUT ") && !head.contains(PART)
}

fn refusal(status: &str, code: &str) -> String {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message><RequestId>R1</RequestId></Error>");
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A proxy on which the first `times` requests that `hit` meet with `fate`.
async fn faulty(times: u32, hit: fn(&str) -> bool, fate: fn() -> Fate) -> (Bed, Proxy) {
    let count = AtomicU32::new(0);
    let proxy = Proxy::start(&crate::endpoint().await, move |head| {
        if hit(head) && count.fetch_add(1, Ordering::Relaxed) < times { fate() } else { Fate::Pass }
    })
    .await;
    (Bed::new().await.through(&proxy.url), proxy)
}

#[tokio::test]
async fn a_lost_answer_to_complete_is_recognised_as_success() {
    let (bed, _proxy) = faulty(1, is_complete, || Fate::LoseAnswer).await;
    let body = rows("lost", 2 * MIN_PART + 5);
    let mut upload = bed.upload(bed.destination("id-lost")).await;
    let uploaded = uploaded(run(&mut upload, &body).await.expect("an object"));
    assert_eq!(uploaded.key, KEY);
    assert!(bed.get(KEY).await == body);
    assert_eq!(bed.keys().await, [KEY]);
}

#[tokio::test]
async fn a_lost_answer_to_put_object_is_recognised_as_success() {
    let (bed, _proxy) = faulty(1, is_put_object, || Fate::LoseAnswer).await;
    let body = rows("lost", 500);
    let mut upload = bed.upload(bed.destination("id-lost")).await;
    assert_eq!(uploaded(run(&mut upload, &body).await.expect("an object")).key, KEY);
    assert!(bed.get(KEY).await == body);
    assert_eq!(bed.keys().await, [KEY]);
}

#[tokio::test]
async fn a_part_is_sent_again() {
    for fate in [|| Fate::LoseAnswer, || Fate::Answer(refusal("503 Slow Down", "SlowDown"))] {
        let (bed, _proxy) = faulty(2, |head| head.contains(PART), fate).await;
        let body = rows("again", 2 * MIN_PART + 5);
        let mut upload = bed.upload(bed.destination("id-again")).await;
        uploaded(run(&mut upload, &body).await.expect("an object"));
        assert!(bed.get(KEY).await == body);
    }
}

#[tokio::test]
async fn altered_bytes_are_never_an_object() {
    for size in [500, 2 * MIN_PART + 5] {
        let hit = |head: &str| head.starts_with("PUT ");
        let (bed, _proxy) = faulty(u32::MAX, hit, || Fate::Alter).await;
        let mut upload = bed.upload(bed.destination("id-altered")).await;
        let error = run(&mut upload, &rows("altered", size)).await.expect_err("refused");
        assert_eq!(error.error_type, ErrorType::UploadFailed, "{error}");
        assert!(bed.keys().await.is_empty());
        assert_eq!(bed.open_uploads().await, 0);
    }
}

#[tokio::test]
async fn a_denied_part_fails_and_leaves_nothing() {
    let denied = || Fate::Answer(refusal("403 Forbidden", "AccessDenied"));
    let (bed, _proxy) = faulty(1, |head| head.contains("partNumber=2"), denied).await;
    let mut upload = bed.upload(bed.destination("id-denied")).await;
    let error = run(&mut upload, &rows("denied", 4 * MIN_PART)).await.expect_err("denied");
    assert_eq!(error.error_type, ErrorType::BucketAccessDenied);
    assert!(
        error.message.contains(&format!("UploadPart of s3://{}/{KEY} with 403 AccessDenied", bed.bucket)),
        "{error}"
    );
    assert!(bed.keys().await.is_empty());
    assert_eq!(bed.open_uploads().await, 0);
}

#[tokio::test]
async fn a_conflict_is_tried_again() {
    let conflict = || Fate::Answer(refusal("409 Conflict", "ConditionalRequestConflict"));
    let (bed, _proxy) = faulty(1, is_put_object, conflict).await;
    let mut upload = bed.upload(bed.destination("id-conflict")).await;
    assert_eq!(uploaded(run(&mut upload, b"1\n").await.expect("an object")).key, KEY);
}

#[tokio::test]
async fn an_abort_is_retried_and_names_what_stays() {
    for (times, stays) in [(2, false), (u32::MAX, true)] {
        let broken = || Fate::Answer(refusal("500 Internal Server Error", "InternalError"));
        let (bed, _proxy) = faulty(times, is_abort, broken).await;
        let mut upload = bed.upload(bed.destination("id-abort")).await;
        let mut writer = stage().writer();
        push_rows(&mut upload, &mut writer, &rows("abort", 3 * MIN_PART)).await.expect("parts");
        let aborted = upload.abort(Duration::from_secs(2)).await;
        assert_eq!(bed.open_uploads().await, usize::from(stays));
        match aborted {
            Ok(_) => assert!(!stays),
            Err(error) => {
                assert!(stays, "{error}");
                let open = bed.raw.list_multipart_uploads().bucket(&bed.bucket).send().await.expect("a list");
                let id = open.uploads()[0].upload_id().expect("an id");
                for part in [id, KEY, bed.bucket.as_str()] {
                    assert!(error.message.contains(part) && error.hint.contains(part), "{error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_bucket_elsewhere_is_followed() {
    let moved = || {
        let head =
            "HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: ap-south-1\r\nContent-Length: 0\r\n\r\n";
        Fate::Answer(head.to_owned())
    };
    let (bed, proxy) = faulty(u32::MAX, |head| head.contains("/eu-central-1/s3/"), moved).await;
    for id in ["first", "second"] {
        let mut upload = bed.upload(bed.destination(id)).await;
        uploaded(run(&mut upload, b"1\n").await.expect("an object"));
    }
    let astray = proxy.heads().iter().filter(|head| head.contains("/eu-central-1/s3/")).count();
    assert_eq!(astray, 2, "the two looks of the first time, none later");
}

#[tokio::test]
async fn every_request_names_the_expected_owner() {
    for size in [500, 2 * MIN_PART + 5] {
        let (bed, proxy) = faulty(0, |_| false, || Fate::Pass).await;
        let destination =
            Destination { bucket_owner: Some("111111111111".into()), ..bed.destination("id-owner") };
        let mut upload = bed.upload(destination.clone()).await;
        uploaded(run(&mut upload, &rows("owner", size)).await.expect("an object"));
        let mut upload = bed.upload(Destination { if_exists: IfExists::Suffix, ..destination }).await;
        let mut writer = stage().writer();
        push_rows(&mut upload, &mut writer, &rows("owner", 3 * MIN_PART)).await.expect("parts");
        upload.abort(Duration::from_secs(5)).await.expect("aborted");
        let heads = proxy.heads();
        assert!(heads.iter().any(|head| is_abort(head)));
        for head in heads {
            assert!(head.to_lowercase().contains("x-amz-expected-bucket-owner: 111111111111"), "{head}");
        }
    }
}

#[tokio::test]
async fn without_permission_to_look_the_writes_decide() {
    let denied = || Fate::Answer(refusal("403 Forbidden", "AccessDenied"));
    let looks =
        |head: &str| head.starts_with("HEAD ") || (head.starts_with("GET ") && head.contains("uploads"));
    for size in [500, 2 * MIN_PART + 5] {
        let (bed, _proxy) = faulty(u32::MAX, looks, denied).await;
        let body = rows("blind", size);
        let mut upload = bed.upload(bed.destination("id-blind")).await;
        assert_eq!(uploaded(run(&mut upload, &body).await.expect("an object")).key, KEY);
        let mut upload = bed.upload(bed.if_exists("id-blind-2", IfExists::Fail)).await;
        let error = run(&mut upload, &body).await.expect_err("taken");
        assert_eq!(error.error_type, ErrorType::ObjectExists);
        assert!(bed.get(KEY).await == body);
    }
}

#[tokio::test]
async fn a_lost_answer_to_create_leaves_no_upload() {
    let create = |head: &str| head.starts_with("POST ") && head.contains(CREATE);
    let (bed, _proxy) = faulty(1, create, || Fate::LoseAnswer).await;
    let body = rows("created", 2 * MIN_PART + 5);
    let mut upload = bed.upload(bed.destination("id-created")).await;
    uploaded(run(&mut upload, &body).await.expect("an object"));
    assert_eq!(bed.open_uploads().await, 0);
}

#[tokio::test]
async fn an_unreachable_s3_is_said_so() {
    let bed = Bed::new().await.through("http://127.0.0.1:9");
    let error = Upload::look_first(&bed.s3, bed.destination("id")).await.expect_err("nobody there");
    assert_eq!(error.error_type, ErrorType::UploadFailed);
    assert!(error.retryable && error.message.contains("no answer"), "{error}");
}
