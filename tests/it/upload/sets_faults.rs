//! Faults while a set is sent and while it is made to appear.

use std::time::Duration;

use devstack::{HttpFault, HttpProxy, Leftovers, Rule};
use rds_data_extractor::error::ErrorType;
use rds_data_extractor::job::IfExists;
use rds_data_extractor::part::SetManifest;
use rds_data_extractor::part::sizes::MIN_PART;
use rds_data_extractor::s3::{SetDestination, SetFinished};

use crate::upload::bucket::{Bucket, parts, rows};
use crate::upload::sets::{
    FOLDER, ID, MANIFEST, begin, complete, destination, if_exists, keys, manifest, path, run, send, written,
};

const COMPLETE: &str = "CompleteMultipartUpload";
const OF_MANIFEST: &str = "_manifest.json";

fn denied() -> HttpFault {
    HttpFault::error(403, "AccessDenied")
}

fn five() -> Vec<Vec<u8>> {
    (0..5).map(|number| rows(&format!("file {number}"), 100)).collect()
}

#[tokio::test]
async fn a_completion_that_fails_takes_the_others_back() {
    let (bucket, proxy) = Bucket::faulty(&[Rule::nth("s3", COMPLETE, 3, denied())]).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    let error = run(&mut set, &five()).await.expect_err("denied");
    assert_eq!(error.error_type, ErrorType::BucketAccessDenied, "{error}");
    assert!(!proxy.calls_of("s3", "DeleteObjects").is_empty());
    assert_eq!(bucket.leftovers().await, Leftovers::default());
}

#[tokio::test]
async fn sixteen_files_are_completed_at_the_same_time() {
    let (bucket, proxy) = Bucket::faulty(&[Rule::every("s3", COMPLETE, HttpFault::Stall)]).await;
    let bodies: Vec<_> = (0..40).map(|number| rows(&format!("file {number}"), 10)).collect();
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    send(&mut set, &bodies).await.expect("files");
    let some = async {
        while proxy.calls_of("s3", COMPLETE).len() < 16 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Others would follow.
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    tokio::select! {
        ended = set.commit(manifest(&bodies)) => panic!("S3 is silent, so it cannot have ended: {ended:?}"),
        () = some => {}
    }
    assert_eq!(proxy.calls_of("s3", COMPLETE).len(), 16);
    assert_eq!(set.abort(Duration::from_secs(10)).await, Ok(None));
    assert_eq!(bucket.leftovers().await, Leftovers::default());
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_named_without_a_cell() {
    let rules = [Rule::nth("s3", COMPLETE, 3, denied()), Rule::every("s3", "DeleteObjects", denied())];
    let (bucket, _proxy) = Bucket::faulty(&rules).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    send(&mut set, &five()).await.expect("files");
    set.commit(manifest(&five())).await.expect_err("denied");
    let error = set.abort(Duration::from_secs(10)).await.expect_err("they stand");
    let left = bucket.leftovers().await;
    assert_eq!((left.objects.len(), left.uploads.len()), (4, 0));
    let location = format!("s3://{}/{FOLDER}/", bucket.name);
    for part in [location.as_str(), "4 objects", "DeleteObjects"] {
        assert!(error.message.contains(part), "{error}");
    }
    assert!(error.hint.contains("s3:DeleteObject") && error.hint.contains(&location), "{}", error.hint);
    assert!(!format!("{error:?}").contains("country"), "{error:?}");
    // Another call finds them still.
    set.abort(Duration::from_secs(10)).await.expect_err("they stand");
}

/// S3's message about a denial names the object, whose key holds a cell's value.
#[tokio::test]
async fn no_error_names_a_key_with_a_cell() {
    const MESSAGE: &str = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:PutObject on resource: \
                           \"arn:aws:s3:::b/exports/orders/country=DE/part-00000-01234567.csv\" because no policy allows it";
    for action in ["CreateMultipartUpload", "UploadPart", COMPLETE] {
        let fault = HttpFault::Error { status: 403, code: "AccessDenied", message: MESSAGE };
        let rule = Rule::every("s3", action, fault).with_target("country");
        let (bucket, _proxy) = Bucket::faulty(&[rule]).await;
        let mut set = begin(&bucket, destination(&bucket, ID)).await;
        let error = run(&mut set, &[rows("denied", 2 * MIN_PART)]).await.expect_err("denied");
        assert_eq!(error.error_type, ErrorType::BucketAccessDenied, "{error}");
        assert!(error.message.contains(FOLDER) && error.message.contains(action), "{error}");
        assert!(!format!("{error:?}").contains("country"), "{error:?}");
        assert_eq!(bucket.leftovers().await, Leftovers::default());
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_completion_is_recognised_as_success() {
    for target in ["country", OF_MANIFEST] {
        for fault in [HttpFault::LoseAnswer, HttpFault::Truncate(40)] {
            let rule = Rule::first("s3", COMPLETE, 1, fault).with_target(target);
            let (bucket, proxy) = Bucket::faulty(&[rule]).await;
            let mut set = begin(&bucket, destination(&bucket, ID)).await;
            written(run(&mut set, &five()).await.expect("a set"));
            assert_eq!(keys(&bucket).await, complete(FOLDER, 5));
            assert_eq!(bucket.open_uploads().await, 0);
            assert!(proxy.calls_of("s3", COMPLETE).iter().any(|call| call.fault.is_some()));
        }
    }
}

#[tokio::test]
async fn requests_that_never_arrived_are_sent_again() {
    for action in ["CreateMultipartUpload", "UploadPart", COMPLETE, "PutObject"] {
        for fault in [HttpFault::Reset, HttpFault::error(503, "SlowDown")] {
            let (bucket, _proxy) = Bucket::faulty(&[Rule::first("s3", action, 2, fault)]).await;
            let mut set = begin(&bucket, destination(&bucket, ID)).await;
            written(run(&mut set, &five()).await.expect("a set"));
            assert_eq!(keys(&bucket).await, complete(FOLDER, 5), "{action}");
            assert_eq!(bucket.open_uploads().await, 0, "{action}");
        }
    }
}

#[tokio::test]
async fn a_manifest_that_appears_meanwhile_is_never_overwritten() {
    for choice in [IfExists::Suffix, IfExists::Fail, IfExists::Skip] {
        let bucket = Bucket::new().await;
        let mut set = begin(&bucket, if_exists(&bucket, ID, choice)).await;
        send(&mut set, &five()).await.expect("files");
        bucket.put(MANIFEST, b"theirs").await;
        match (choice, set.commit(manifest(&five())).await) {
            (IfExists::Suffix, Ok(SetFinished::Refused { error, again })) => {
                assert_eq!((error.error_type, error.retryable), (ErrorType::ObjectExists, true));
                assert_eq!(again.names.current(), "exports/orders_01234567");
            }
            (IfExists::Fail, Err(error)) => {
                assert_eq!(error.error_type, ErrorType::ObjectExists);
                assert_eq!(set.abort(Duration::from_secs(10)).await, Ok(None));
            }
            (IfExists::Skip, Ok(SetFinished::Exists(existing))) => {
                assert_eq!(existing.manifest, format!("s3://{}/{MANIFEST}", bucket.name));
            }
            (_, other) => panic!("{choice:?}: {other:?}"),
        }
        assert!(bucket.has_only(MANIFEST).await, "{choice:?}: {:?}", bucket.leftovers().await);
        assert_eq!(bucket.get(MANIFEST).await, b"theirs");
    }
}

/// Drops a commit when S3 has received the completion of the manifest and, if it is carried out, that is done.
async fn broken_off(fault: HttpFault) -> (Bucket, HttpProxy, rds_data_extractor::s3::SetUpload) {
    let done = fault == HttpFault::StallAnswer;
    let (bucket, proxy) =
        Bucket::faulty(&[Rule::first("s3", COMPLETE, 1, fault).with_target(OF_MANIFEST)]).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    send(&mut set, &five()).await.expect("files");
    let reached = async {
        let is_it =
            |call: &devstack::Call| call.target.contains(OF_MANIFEST) && (call.status.is_some() || !done);
        while !proxy.calls_of("s3", COMPLETE).iter().any(is_it) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        ended = set.commit(manifest(&five())) => panic!("S3 is silent, so it cannot have ended: {ended:?}"),
        () = reached => {}
    }
    (bucket, proxy, set)
}

#[tokio::test]
async fn a_set_that_stands_though_nobody_heard_of_it_is_kept_and_reported() {
    let (bucket, _proxy, mut set) = broken_off(HttpFault::StallAnswer).await;
    let stands = set.abort(Duration::from_secs(10)).await.expect("no failure").expect("it stands");
    assert_eq!((stands.bytes, stands.warnings), (five().concat().len() as u64, Vec::new()));
    assert_eq!(keys(&bucket).await, complete(FOLDER, 5));
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn a_set_whose_manifest_never_came_is_taken_back() {
    let (bucket, _proxy, mut set) = broken_off(HttpFault::Stall).await;
    assert_eq!(keys(&bucket).await.len(), 6);
    assert_eq!(set.abort(Duration::from_secs(10)).await, Ok(None));
    assert_eq!(bucket.leftovers().await, Leftovers::default());
}

#[tokio::test]
async fn a_commit_that_is_dropped_is_continued_by_the_next() {
    let (bucket, _proxy, mut set) = broken_off(HttpFault::Stall).await;
    written(set.commit(manifest(&five())).await.expect("a set"));
    assert_eq!(keys(&bucket).await, complete(FOLDER, 5));
    assert_eq!(bucket.open_uploads().await, 0);
}

/// If it stands, its files must, too.
#[tokio::test]
async fn nothing_is_deleted_while_it_is_unknown_whether_the_manifest_stands() {
    let (bucket, proxy, mut set) = broken_off(HttpFault::StallAnswer).await;
    proxy.rule(Rule::every("s3", "HeadObject", denied()));
    let error = set.abort(Duration::from_secs(10)).await.expect_err("unknown");
    assert!(error.message.contains(MANIFEST) && !error.retryable, "{error}");
    drop(set);
    let mut all = complete(FOLDER, 5);
    all.retain(|key| !key.ends_with("_SUCCESS"));
    assert_eq!(keys(&bucket).await, all);
    assert!(proxy.calls_of("s3", "DeleteObjects").is_empty());
}

#[tokio::test]
async fn a_claim_that_cannot_be_aborted_keeps_no_file() {
    let rule = Rule::every("s3", "AbortMultipartUpload", HttpFault::Stall).with_target(OF_MANIFEST);
    let (bucket, proxy) = Bucket::faulty(&[rule]).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    send(&mut set, &five()).await.expect("files");
    let is_sent = |call: &devstack::Call| call.target.contains("country") && call.status == Some(200);
    while proxy.calls_of("s3", "UploadPart").iter().filter(|call| is_sent(call)).count() < 5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let error = set.abort(Duration::from_secs(3)).await.expect_err("the claim stays");
    let left = bucket.leftovers().await;
    let keys: Vec<_> = left.uploads.iter().map(|upload| upload.key.as_str()).collect();
    assert_eq!((keys, left.objects.len()), (vec![MANIFEST], 0));
    assert!(error.message.contains(&left.uploads[0].id) && !error.message.contains(" uploads of"), "{error}");
}

/// Waits until S3 has this many parts.
async fn arrived(proxy: &HttpProxy, parts: usize) {
    let has = || proxy.calls_of("s3", "UploadPart").iter().filter(|call| call.status == Some(200)).count();
    while has() < parts {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_abort_that_stalls_holds_up_none_of_the_others() {
    let stalls = Rule::every("s3", "AbortMultipartUpload", HttpFault::Stall).with_target("part-00007");
    let (bucket, proxy) = Bucket::faulty(&[stalls]).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    send(&mut set, &five()).await.expect("files");
    for part in parts(&rows("open", 2 * MIN_PART)).await {
        set.push(7, &path(7), part).await.expect("a part");
    }
    arrived(&proxy, 6).await;
    let error = set.abort(Duration::from_secs(3)).await.expect_err("one stays");
    let left = bucket.leftovers().await;
    assert_eq!((left.uploads.len(), left.objects.len()), (1, 0), "{left:?}");
    assert!(error.message.contains(&left.uploads[0].id), "{error}");
}

/// Thousands of uploads could not be told of in time if each made a request.
#[tokio::test]
async fn without_time_no_request_is_made_and_the_uploads_are_counted() {
    let (bucket, proxy) = Bucket::faulty(&[]).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    send(&mut set, &five()).await.expect("files");
    arrived(&proxy, 5).await;
    let error = set.abort(Duration::ZERO).await.expect_err("there was no time");
    assert!(proxy.calls_of("s3", "AbortMultipartUpload").is_empty());
    let left = bucket.leftovers().await;
    assert_eq!((left.uploads.len(), left.objects.len()), (6, 0));
    let counted = format!("5 uploads of s3://{}/{FOLDER}/ may still be open", bucket.name);
    assert!(error.message.contains(MANIFEST) && error.message.contains(&counted), "{error}");
    assert!(error.hint.contains("list-multipart-uploads"), "{}", error.hint);
}

/// Each of many tables has a manifest for Redshift.
#[tokio::test]
async fn one_of_many_manifests_that_takes_long_holds_up_none_of_the_others() {
    let manifests = || SetManifest {
        others: (0..40).map(|table| (format!("t{table}/_redshift.manifest"), "{}".into())).collect(),
        ..manifest(&five())
    };
    for goes_on in [true, false] {
        let rule = Rule::first("s3", "PutObject", 1, HttpFault::Stall).with_target("t0/_redshift");
        let (bucket, _proxy) = Bucket::faulty(&[rule]).await;
        let mut set = begin(&bucket, destination(&bucket, ID)).await;
        send(&mut set, &five()).await.expect("files");
        let standing =
            async || keys(&bucket).await.iter().filter(|key| key.ends_with("_redshift.manifest")).count();
        let others_stand = async {
            while standing().await < 39 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            ended = set.commit(manifests()) => panic!("S3 is silent, so it cannot have ended: {ended:?}"),
            () = others_stand => {}
        }
        if goes_on {
            written(set.commit(manifests()).await.expect("a set"));
            assert_eq!((standing().await, keys(&bucket).await.len()), (40, 47));
            assert_eq!(bucket.open_uploads().await, 0);
        } else {
            assert_eq!(set.abort(Duration::from_secs(10)).await, Ok(None));
            assert_eq!(bucket.leftovers().await, Leftovers::default());
        }
    }
}

#[tokio::test]
async fn a_missing_success_is_a_warning() {
    let (bucket, _proxy) =
        Bucket::faulty(&[Rule::every("s3", "PutObject", denied()).with_target("_SUCCESS")]).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    let written = written(run(&mut set, &five()).await.expect("a set"));
    assert!(written.warnings[0].contains("_SUCCESS was not written"), "{:?}", written.warnings);
    assert_eq!(keys(&bucket).await.len(), 7);
}

#[tokio::test]
async fn every_request_names_the_expected_owner() {
    let (bucket, proxy) = Bucket::faulty(&[Rule::nth("s3", COMPLETE, 3, denied())]).await;
    let owned = SetDestination { bucket_owner: Some("111111111111".into()), ..destination(&bucket, ID) };
    run(&mut begin(&bucket, owned.clone()).await, &five()).await.expect_err("denied");
    written(run(&mut begin(&bucket, owned).await, &five()).await.expect("a set"));
    let calls = proxy.calls();
    for call in &calls {
        assert_eq!(call.header("x-amz-expected-bucket-owner"), "111111111111", "{}", call.action);
    }
    for action in ["ListObjectsV2", "DeleteObjects", "AbortMultipartUpload", "PutObject", COMPLETE] {
        assert!(calls.iter().any(|call| call.action == action), "no {action}");
    }
}
