//! Faults of the network and of S3 during an upload.

use std::time::Duration;

use devstack::{HttpFault, Leftovers, Rule};
use rds_data_extractor::error::ErrorType;
use rds_data_extractor::job::{IfExists, WriteOptions};
use rds_data_extractor::part::sizes::MIN_PART;
use rds_data_extractor::s3::{Destination, Finished, S3, Upload};
use sha2::{Digest, Sha256};

use crate::upload::bucket::{Bucket, KEY, config, push_rows, rows, run, stage, uploaded};

const ONE: u64 = 500;
const MANY: u64 = 3 * MIN_PART + 5;

fn denied() -> HttpFault {
    HttpFault::error(403, "AccessDenied")
}

#[tokio::test]
async fn a_lost_answer_to_the_last_request_is_recognised_as_success() {
    for (size, action) in [(ONE, "PutObject"), (MANY, "CompleteMultipartUpload")] {
        for fault in [HttpFault::LoseAnswer, HttpFault::Truncate(0), HttpFault::Truncate(40)] {
            let (bucket, proxy) = Bucket::faulty(&[Rule::first("s3", action, 1, fault)]).await;
            let body = rows("lost", size);
            let mut upload = bucket.upload(bucket.destination("id-lost")).await;
            let uploaded = uploaded(run(&mut upload, &body).await.expect("an object"));
            assert_eq!((uploaded.key.as_str(), uploaded.bytes), (KEY, body.len() as u64));
            assert!(bucket.get(KEY).await == body);
            assert!(bucket.has_only(KEY).await);
            assert!(proxy.calls_of("s3", action).iter().any(|call| call.fault.is_some()));
        }
    }
}

#[tokio::test]
async fn a_request_that_never_arrived_is_sent_again() {
    for action in ["HeadObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"] {
        let slow = HttpFault::error(503, "SlowDown");
        for fault in [HttpFault::Reset, slow, HttpFault::error(500, "InternalError")] {
            let (bucket, _proxy) = Bucket::faulty(&[Rule::first("s3", action, 1, fault.clone())]).await;
            let body = rows("again", MANY);
            let mut upload = bucket.upload(bucket.destination("id-again")).await;
            let uploaded = uploaded(run(&mut upload, &body).await.expect("an object"));
            assert_eq!(uploaded.key, KEY, "{action} {fault:?}");
            assert!(bucket.get(KEY).await == body);
            assert_eq!(bucket.open_uploads().await, 0);
        }
    }
}

#[tokio::test]
async fn a_small_object_and_lost_answers_to_parts_are_sent_again() {
    let slow = HttpFault::error(503, "SlowDown");
    let cases = [
        (ONE, "PutObject", HttpFault::Reset),
        (ONE, "PutObject", slow.clone()),
        (ONE, "PutObject", HttpFault::error(500, "InternalError")),
        (MANY, "UploadPart", HttpFault::LoseAnswer),
        (MANY, "UploadPart", HttpFault::Truncate(0)),
        (MANY, "UploadPart", slow),
    ];
    for (size, action, fault) in cases {
        let (bucket, proxy) = Bucket::faulty(&[Rule::first("s3", action, 2, fault.clone())]).await;
        let body = rows("again", size);
        let mut upload = bucket.upload(bucket.destination("id-again")).await;
        assert_eq!(uploaded(run(&mut upload, &body).await.expect("an object")).key, KEY, "{fault:?}");
        assert!(bucket.get(KEY).await == body, "{action} {fault:?}");
        assert!(bucket.has_only(KEY).await);
        // LocalStack answers UploadPart with an empty body, which cannot be cut off.
        let parts = proxy.calls_of("s3", action);
        assert!(parts.iter().filter(|call| call.fault.is_some()).count() == 2, "{action} {fault:?}");
    }
}

#[tokio::test]
async fn a_late_conflict_is_another_run_s_affair_and_leaves_nothing() {
    use IfExists::{Fail, Skip, Suffix};
    let conflict = HttpFault::error(409, "ConditionalRequestConflict");
    for if_exists in [Suffix, Fail, Skip] {
        let rule = Rule::every("s3", "CompleteMultipartUpload", conflict.clone());
        let (bucket, _proxy) = Bucket::faulty(&[rule]).await;
        let mut upload = bucket.upload(bucket.if_exists("0123456789abcdef", if_exists)).await;
        match run(&mut upload, &rows("conflict", MANY)).await {
            Ok(Finished::Refused { error, again }) => {
                assert_eq!((if_exists, error.error_type), (Suffix, ErrorType::ObjectExists));
                assert_eq!(again.keys.current(), "exports/data_01234567.csv");
            }
            Err(error) => {
                assert_ne!(if_exists, Suffix);
                assert_eq!((error.error_type, error.retryable), (ErrorType::UploadFailed, true), "{error}");
            }
            other => panic!("{if_exists:?}: {other:?}"),
        }
        assert_eq!(bucket.leftovers().await, Leftovers::default());
    }
}

#[tokio::test]
async fn a_bucket_of_another_owner_is_denied_and_says_so() {
    for size in [ONE, MANY] {
        let (bucket, _proxy) = Bucket::faulty(&[Rule::every("s3", "*", denied())]).await;
        let destination =
            Destination { bucket_owner: Some("999999999999".into()), ..bucket.destination("id-owner") };
        let mut upload = bucket.upload(destination).await;
        let error = run(&mut upload, &rows("owner", size)).await.expect_err("denied");
        assert_eq!(error.error_type, ErrorType::BucketAccessDenied, "{error}");
        assert!(error.hint.contains("bucketOwner"), "{}", error.hint);
        assert_eq!(bucket.leftovers().await, Leftovers::default());
    }
}

/// The bucket refuses requests as a policy with the condition `s3:x-amz-content-sha256` does.
#[tokio::test]
async fn a_bucket_that_denies_unsigned_payloads_gets_signed_ones() {
    for (size, action) in [(ONE, "PutObject"), (MANY, "UploadPart")] {
        for sign_payload in [false, true] {
            let rule = Rule::every("s3", "*", denied());
            let rule = rule.with_header_value("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
            let (bucket, proxy) = Bucket::faulty(&[rule]).await;
            let options = WriteOptions { sign_payload, ..WriteOptions::default() };
            let mut upload = bucket.upload(Destination { options, ..bucket.destination("id-signed") }).await;
            let body = rows("signed", size);
            match run(&mut upload, &body).await {
                Ok(finished) => {
                    assert!(sign_payload, "{action}");
                    assert!(bucket.get(&uploaded(finished).key).await == body, "{action}");
                }
                Err(error) => {
                    assert!(!sign_payload, "{error}");
                    assert_eq!(error.error_type, ErrorType::BucketAccessDenied);
                    assert_eq!(
                        error.hint.contains("S3_PAYLOAD_SIGNING=true"),
                        size == MANY,
                        "{}",
                        error.hint
                    );
                }
            }
            if size == ONE && sign_payload {
                let calls = proxy.calls_of("s3", action);
                let digest = hex(&Sha256::digest(&body));
                assert_eq!(calls.last().expect(action).header("x-amz-content-sha256"), digest);
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[tokio::test]
async fn a_conflict_is_tried_again() {
    let conflict = HttpFault::error(409, "ConditionalRequestConflict");
    let (bucket, _proxy) = Bucket::faulty(&[Rule::first("s3", "PutObject", 1, conflict)]).await;
    let mut upload = bucket.upload(bucket.destination("id-conflict")).await;
    assert_eq!(uploaded(run(&mut upload, b"1\n").await.expect("an object")).key, KEY);
}

#[tokio::test]
async fn an_abort_is_retried_and_names_what_stays() {
    for (times, stays) in [(2, false), (u64::MAX, true)] {
        let broken = HttpFault::error(500, "InternalError");
        let (bucket, _proxy) =
            Bucket::faulty(&[Rule::first("s3", "AbortMultipartUpload", times, broken)]).await;
        let mut upload = bucket.upload(bucket.destination("id-abort")).await;
        let mut writer = stage().writer();
        push_rows(&mut upload, &mut writer, &rows("abort", MANY)).await.expect("parts");
        let aborted = upload.abort(Duration::from_secs(2)).await;
        assert_eq!(bucket.open_uploads().await, usize::from(stays));
        match aborted {
            Ok(_) => assert!(!stays),
            Err(error) => {
                assert!(stays, "{error}");
                let open =
                    bucket.raw.list_multipart_uploads().bucket(&bucket.name).send().await.expect("a list");
                let id = open.uploads()[0].upload_id().expect("an id");
                for part in [id, KEY, bucket.name.as_str()] {
                    assert!(error.message.contains(part) && error.hint.contains(part), "{error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_bucket_elsewhere_is_followed_and_remembered() {
    let moved = Rule::first("s3", "*", 2, HttpFault::Redirect("ap-south-1"));
    let (bucket, proxy) = Bucket::faulty(&[moved]).await;
    for id in ["first", "second"] {
        let mut upload = bucket.upload(bucket.destination(id)).await;
        uploaded(run(&mut upload, b"1\n").await.expect("an object"));
    }
    let calls = proxy.calls();
    let there = |call: &devstack::Call| call.header("authorization").contains("/ap-south-1/s3/");
    assert!(calls.len() > 4 && !calls[..2].iter().any(there) && calls[2..].iter().all(there));
}

/// With a gateway endpoint only, S3 in the function's region answers that the bucket is elsewhere, and no
/// other region can be reached.
#[tokio::test]
async fn a_bucket_elsewhere_that_cannot_be_reached_has_its_region_in_the_hint() {
    let elsewhere = Rule::first("s3", "*", 2, HttpFault::Redirect("ap-south-1"));
    let lost = Rule::every("s3", "*", HttpFault::Reset).in_region("ap-south-1");
    let (bucket, _proxy) = Bucket::faulty(&[elsewhere, lost]).await;
    // The second upload already knows the region.
    for id in ["first", "second"] {
        let error = Upload::preflight(&bucket.s3, bucket.destination(id)).await.expect_err("no answer");
        assert_eq!(error.error_type, ErrorType::UploadFailed, "{error}");
        let regions = "The bucket is in ap-south-1, the function in eu-central-1";
        assert!(error.hint.starts_with(regions), "{}", error.hint);
    }
}

#[tokio::test]
async fn every_request_names_the_expected_owner() {
    let (bucket, proxy) = Bucket::faulty(&[]).await;
    let destination =
        Destination { bucket_owner: Some("111111111111".into()), ..bucket.destination("id-owner") };
    for size in [ONE, MANY] {
        let mut upload = bucket.upload(destination.clone()).await;
        uploaded(run(&mut upload, &rows("owner", size)).await.expect("an object"));
    }
    let mut upload = bucket.upload(destination).await;
    // Parts that are being sent when the upload is aborted may arrive after the abort, so S3 is queried.
    proxy.rule(Rule::every("s3", "UploadPart", HttpFault::StallAnswer));
    push_rows(&mut upload, &mut stage().writer(), &rows("owner", MANY)).await.expect("parts");
    upload.abort(Duration::from_secs(5)).await.expect("aborted");
    let calls = proxy.calls();
    for call in &calls {
        assert_eq!(call.header("x-amz-expected-bucket-owner"), "111111111111", "{}", call.action);
    }
    for action in [
        "HeadBucket",
        "HeadObject",
        "PutObject",
        "CreateMultipartUpload",
        "ListMultipartUploads",
        "ListParts",
        "UploadPart",
        "CompleteMultipartUpload",
        "AbortMultipartUpload",
    ] {
        assert!(calls.iter().any(|call| call.action == action), "no {action}");
    }
}

#[tokio::test]
async fn without_permission_to_look_the_writes_decide() {
    let rules = ["HeadObject", "HeadBucket", "ListMultipartUploads", "ListParts"];
    let rules = rules.map(|action| Rule::every("s3", action, denied()));
    for size in [ONE, MANY] {
        let (bucket, _proxy) = Bucket::faulty(&rules).await;
        let body = rows("blind", size);
        let mut upload = bucket.upload(bucket.destination("id-blind")).await;
        assert_eq!(uploaded(run(&mut upload, &body).await.expect("an object")).key, KEY);
        let mut upload = bucket.upload(bucket.if_exists("id-blind-2", IfExists::Fail)).await;
        let error = run(&mut upload, &body).await.expect_err("taken");
        assert_eq!(error.error_type, ErrorType::ObjectExists);
        assert!(bucket.get(KEY).await == body);
        assert_eq!(bucket.open_uploads().await, 0);
    }
}

#[tokio::test]
async fn a_lost_answer_to_create_leaves_no_upload() {
    let (bucket, proxy) =
        Bucket::faulty(&[Rule::first("s3", "CreateMultipartUpload", 1, HttpFault::LoseAnswer)]).await;
    let body = rows("created", MANY);
    let mut upload = bucket.upload(bucket.destination("id-created")).await;
    assert_eq!(uploaded(run(&mut upload, &body).await.expect("an object")).key, KEY);
    assert_eq!(bucket.open_uploads().await, 0);
    assert_eq!(proxy.calls_of("s3", "CreateMultipartUpload").len(), 2);
}

#[tokio::test]
async fn only_lost_answers_to_create_leave_no_upload_either() {
    let (bucket, _proxy) =
        Bucket::faulty(&[Rule::every("s3", "CreateMultipartUpload", HttpFault::LoseAnswer)]).await;
    let mut upload = bucket.upload(bucket.destination("id-created")).await;
    let error = run(&mut upload, &rows("created", MANY)).await.expect_err("never confirmed");
    assert_eq!(error.error_type, ErrorType::UploadFailed);
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn an_unreachable_s3_is_said_so() {
    let bucket = Bucket::new().await;
    let nobody = S3::new(&config("http://127.0.0.1:9"));
    let error = Upload::preflight(&nobody, bucket.destination("id")).await.expect_err("nobody there");
    assert_eq!(error.error_type, ErrorType::UploadFailed);
    assert!(error.retryable && error.message.contains("no answer"), "{error}");
}
