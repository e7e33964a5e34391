//! Folders that are taken before or while a set is written.

use std::time::Duration;

use devstack::{HttpFault, HttpProxy, Rule};
use rds_data_extractor::error::{Error, ErrorType};
use rds_data_extractor::job::IfExists;
use rds_data_extractor::s3::{S3, SetClaim, SetDestination, SetPreflight, SetUpload};

use crate::upload::bucket::{Bucket, config, rows};
use crate::upload::sets::{
    FOLDER, ID, MANIFEST, begin, complete, destination, if_exists, keys, manifest, preflight, ready, run,
    send, written,
};

const SUFFIXED: &str = "exports/orders_01234567";

fn denied() -> HttpFault {
    HttpFault::error(403, "AccessDenied")
}

fn bodies() -> Vec<Vec<u8>> {
    vec![rows("one", 100), rows("two", 100)]
}

async fn refused(bucket: &Bucket, choice: IfExists) -> Error {
    match preflight(bucket, if_exists(bucket, ID, choice)).await {
        Err(error) => error,
        Ok(other) => panic!("{choice:?}: {other:?}"),
    }
}

/// A deadline can end it after it has claimed the name.
#[tokio::test]
async fn a_preflight_that_is_dropped_leaves_a_claim_that_can_be_aborted() {
    let (bucket, proxy) = Bucket::faulty(&[Rule::every("s3", "ListObjectsV2", HttpFault::Stall)]).await;
    let mut claim = SetClaim::default();
    let reached = async {
        while proxy.calls_of("s3", "ListObjectsV2").is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        ended = SetUpload::preflight(&bucket.s3, destination(&bucket, ID), &mut claim) => {
            panic!("S3 is silent, so it cannot have ended: {ended:?}")
        }
        () = reached => {}
    }
    assert_eq!(bucket.open_uploads().await, 1);
    claim.abort(Duration::from_secs(10)).await.expect("it is aborted");
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn a_folder_in_which_anything_stands_is_taken() {
    for key in ["exports/orders/of-somebody.csv", "exports/orders/part-00000-1a2b3c4d.csv"] {
        let bucket = Bucket::new().await;
        bucket.put(key, b"theirs").await;
        let mut set = begin(&bucket, destination(&bucket, ID)).await;
        assert_eq!(set.location(), format!("s3://{}/{SUFFIXED}/", bucket.name));
        written(run(&mut set, &bodies()).await.expect("a set"));
        // Only what an extraction has written is removed with `skip`.
        for choice in [IfExists::Fail, IfExists::Skip] {
            let error = refused(&bucket, choice).await;
            assert_eq!(error.error_type, ErrorType::ObjectExists, "{choice:?}");
            assert!(error.message.contains("holds objects"), "{error}");
        }
        assert_eq!(bucket.get(key).await, b"theirs");
        assert_eq!(keys(&bucket).await, [vec![key.to_owned()], complete(SUFFIXED, 2)].concat());
        assert_eq!(bucket.open_uploads().await, 0);
    }
}

#[tokio::test]
async fn the_object_that_stands_for_a_folder_does_not_count() {
    let bucket = Bucket::new().await;
    bucket.put("exports/orders/", b"").await;
    bucket.put("exports/orders.csv", b"a neighbour").await;
    for choice in [IfExists::Fail, IfExists::Skip, IfExists::Suffix] {
        let mut set = begin(&bucket, if_exists(&bucket, ID, choice)).await;
        assert_eq!(set.location(), format!("s3://{}/{FOLDER}/", bucket.name));
        set.abort(Duration::from_secs(5)).await.expect("aborted");
    }
}

#[tokio::test]
async fn a_set_that_exists_gives_the_new_one_a_suffix_fails_or_is_skipped() {
    let bucket = Bucket::new().await;
    written(run(&mut begin(&bucket, destination(&bucket, "first")).await, &bodies()).await.expect("a set"));
    assert_eq!(refused(&bucket, IfExists::Fail).await.error_type, ErrorType::ObjectExists);
    let skipped = preflight(&bucket, if_exists(&bucket, ID, IfExists::Skip)).await;
    let Ok(SetPreflight::Skip(existing)) = skipped else { panic!("{skipped:?}") };
    assert_eq!(existing.location, format!("s3://{}/{FOLDER}/", bucket.name));
    assert_eq!(existing.manifest, format!("s3://{}/{MANIFEST}", bucket.name));
    let bytes = bodies().concat().len() as u64;
    assert_eq!((existing.rows, existing.files, existing.bytes), (Some(7), Some(2), Some(bytes)));
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    assert_eq!(written(run(&mut set, &bodies()).await.expect("a set")).location, set.location());
    assert_eq!(set.location(), format!("s3://{}/{SUFFIXED}/", bucket.name));
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn the_set_of_an_earlier_attempt_is_recognised_under_every_name() {
    for taken in [false, true] {
        let bucket = Bucket::new().await;
        if taken {
            bucket.put(MANIFEST, b"theirs").await;
        }
        let delivery =
            |choice| SetDestination { delivery_id: Some("one".to_owned()), ..if_exists(&bucket, ID, choice) };
        let mut set = begin(&bucket, delivery(IfExists::Suffix)).await;
        let first = written(run(&mut set, &bodies()).await.expect("a set"));
        for choice in [IfExists::Suffix, IfExists::Fail, IfExists::Skip] {
            match preflight(&bucket, delivery(choice)).await {
                Ok(SetPreflight::Delivered(existing)) => assert_eq!(existing.location, first.location),
                // With `fail` and `skip` no attempt uses the name with the suffix.
                other => assert!(taken && choice != IfExists::Suffix, "{choice:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn of_two_rivals_one_has_the_folder() {
    for choice in [IfExists::Suffix, IfExists::Fail, IfExists::Skip] {
        let bucket = Bucket::new().await;
        let rival = |id| preflight(&bucket, if_exists(&bucket, id, choice));
        let (one, other) = tokio::join!(rival("aaaaaaaaaaaa"), rival("bbbbbbbbbbbb"));
        let (sets, errors): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(Result::is_ok);
        let mut locations = Vec::new();
        for set in sets {
            let mut set = ready(set.expect("a claim"));
            locations.push(written(run(&mut set, &bodies()).await.expect("a set")).location);
        }
        locations.sort();
        if choice == IfExists::Suffix {
            assert_eq!(locations.len(), 2);
            assert!(locations[0].ends_with("/orders/"), "{locations:?}");
        } else {
            assert_eq!(locations, [format!("s3://{}/{FOLDER}/", bucket.name)], "{choice:?}");
        }
        for error in errors.into_iter().filter_map(Result::err) {
            assert_eq!((error.error_type, error.retryable), (ErrorType::ObjectExists, true), "{choice:?}");
            assert!(error.message.contains("Another run is writing"), "{error}");
        }
        assert_eq!(bucket.open_uploads().await, 0, "{choice:?}");
    }
}

#[tokio::test]
async fn without_permission_to_look_the_writes_decide() {
    let rules = ["HeadObject", "HeadBucket", "ListObjectsV2", "ListMultipartUploads", "ListParts"];
    let (bucket, _proxy) = Bucket::faulty(&rules.map(|action| Rule::every("s3", action, denied()))).await;
    let mut set = begin(&bucket, destination(&bucket, ID)).await;
    written(run(&mut set, &bodies()).await.expect("a set"));
    assert_eq!(keys(&bucket).await, complete(FOLDER, 2));
    let other: Vec<_> = (0..3).map(|number| rows(&format!("other {number}"), 50)).collect();
    let mut set = begin(&bucket, if_exists(&bucket, "another", IfExists::Fail)).await;
    let error = run(&mut set, &other).await.expect_err("taken");
    assert_eq!(error.error_type, ErrorType::ObjectExists);
    assert!(bucket.get(MANIFEST).await == manifest(&other).bytes);
    assert_eq!(bucket.open_uploads().await, 0);
}

/// Runs a set in a runtime of its own until its files are complete and its manifest is about to be, and kills it there:
/// no task and no destructor runs any more.
async fn killed(bucket: &Bucket, proxy: &HttpProxy) -> String {
    proxy.rule(Rule::every("s3", "CompleteMultipartUpload", HttpFault::Stall).with_target("_manifest.json"));
    let (s3, to) = (S3::new(&config(&proxy.url())), if_exists(bucket, "killed00", IfExists::Skip));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.spawn(async move {
        let mut set =
            ready(SetUpload::preflight(&s3, to, &mut SetClaim::default()).await.expect("a free name"));
        send(&mut set, &bodies()).await.expect("files");
        let mut set = std::mem::ManuallyDrop::new(set);
        let _ = set.commit(manifest(&bodies())).await;
    });
    let is_it = |call: &devstack::Call| call.target.contains("_manifest.json");
    while !proxy.calls_of("s3", "CompleteMultipartUpload").iter().any(is_it) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    runtime.shutdown_background();
    let left = bucket.leftovers().await;
    let keys: Vec<_> = left.objects.iter().map(|object| object.key.as_str()).collect();
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert!(!keys.iter().any(|key| key.ends_with("_manifest.json") || key.ends_with("_SUCCESS")), "{keys:?}");
    let open = bucket.raw.list_multipart_uploads().bucket(&bucket.name).send().await.expect("a list");
    assert_eq!((open.uploads().len(), open.uploads()[0].key()), (1, Some(MANIFEST)));
    open.uploads()[0].upload_id().expect("an id").to_owned()
}

/// Makes S3 say that the claim is old, and is the only one.
fn aged(bucket: &Bucket, claim: &str) -> Rule {
    let listed = format!(
        "<ListMultipartUploadsResult><Bucket>{}</Bucket><Upload><Key>{MANIFEST}</Key><UploadId>{claim}</UploadId>\
         <Initiated>2001-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>",
        bucket.name
    );
    Rule::every("s3", "ListMultipartUploads", HttpFault::Answer(listed)).with_target("_manifest.json")
}

#[tokio::test]
async fn a_later_run_removes_what_a_killed_one_has_left() {
    let (bucket, proxy) = Bucket::faulty(&[]).await;
    let dead = HttpProxy::start(&[("s3", crate::upload::s3().await)]).await.expect("a proxy");
    let claim = killed(&bucket, &dead).await;

    // For a while nobody knows that it was killed.
    let error = refused(&bucket, IfExists::Skip).await;
    assert_eq!((error.error_type, error.retryable), (ErrorType::ObjectExists, true), "{error}");
    assert!(error.message.contains("Another run is writing"), "{error}");

    // A claim that was opened long ago and has a young part is alive.
    proxy.rule(aged(&bucket, &claim));
    let error = refused(&bucket, IfExists::Skip).await;
    assert!(error.retryable && error.message.contains("Another run is writing"), "{error}");
    assert_eq!(keys(&bucket).await.len(), 3);

    let old = HttpFault::Replace("<LastModified>20", "<LastModified>19");
    proxy.rule(Rule::every("s3", "ListParts", old));
    let error = refused(&bucket, IfExists::Fail).await;
    assert!(error.message.contains("holds objects"), "{error}");
    proxy.rule(Rule::first("s3", "DeleteObjects", 1, denied()));
    let error = refused(&bucket, IfExists::Skip).await;
    assert_eq!((error.error_type, error.retryable), (ErrorType::ObjectExists, false), "{error}");
    assert!(error.message.contains("s3:DeleteObject"), "{error}");
    assert_eq!(keys(&bucket).await.len(), 3);

    let mut set = begin(&bucket, if_exists(&bucket, ID, IfExists::Skip)).await;
    assert_eq!(keys(&bucket).await, Vec::<String>::new());
    written(run(&mut set, &bodies()).await.expect("a set"));
    assert_eq!(keys(&bucket).await, complete(FOLDER, 2));
    assert_eq!(bucket.open_uploads().await, 0, "the killed run's claim is aborted");
}
