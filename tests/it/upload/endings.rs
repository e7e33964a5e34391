//! Uploads that are interrupted: by a deadline, by a dropped future, while S3 does not answer.

use std::fmt::Debug;
use std::time::Duration;

use devstack::{HttpFault, HttpProxy, Leftovers, Rule};
use rds_data_extractor::part::sizes::MIN_PART;

use crate::upload::bucket::{Bucket, KEY, parts, push_rows, rows, run, stage, uploaded};

const MANY: u64 = 3 * MIN_PART + 5;

/// Runs until S3 has received the call and, if it executes the call, has done so. Then drops the run, as a
/// deadline would.
async fn until_reached(proxy: &HttpProxy, action: &str, does_it: bool, run: impl Future<Output: Debug>) {
    let reached = async {
        while !proxy.calls_of("s3", action).iter().any(|call| call.status.is_some() || !does_it) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        ended = run => panic!("S3 is silent, so it cannot have ended: {ended:?}"),
        () = reached => {}
    }
}

/// Interrupts an upload at this call, and then aborts it.
async fn broken_off(
    action: &'static str,
    fault: HttpFault,
    size: u64,
) -> (Bucket, rds_data_extractor::error::Result<Option<String>>) {
    let does_it = fault == HttpFault::StallAnswer;
    let (bucket, proxy) = Bucket::faulty(&[Rule::every("s3", action, fault)]).await;
    let mut upload = bucket.upload(bucket.destination("id-broken")).await;
    until_reached(&proxy, action, does_it, run(&mut upload, &rows("broken", size))).await;
    let aborted = upload.abort(Duration::from_secs(10)).await;
    (bucket, aborted.map(|stands| stands.map(|uploaded| uploaded.key)))
}

#[tokio::test]
async fn parts_that_stall_are_stopped() {
    let (bucket, aborted) = broken_off("UploadPart", HttpFault::Stall, MANY).await;
    assert_eq!(aborted, Ok(None));
    assert_eq!(bucket.leftovers().await, Leftovers::default());
}

#[tokio::test]
async fn parts_that_arrive_unanswered_are_aborted() {
    let (bucket, aborted) = broken_off("UploadPart", HttpFault::StallAnswer, MANY).await;
    assert_eq!(aborted, Ok(None));
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn an_abort_that_stalls_is_tried_again_in_the_little_time_left() {
    let (bucket, _proxy) =
        Bucket::faulty(&[Rule::first("s3", "AbortMultipartUpload", 1, HttpFault::Stall)]).await;
    let mut upload = bucket.upload(bucket.destination("id-stall")).await;
    push_rows(&mut upload, &mut stage().writer(), &rows("stall", MANY)).await.expect("parts");
    assert_eq!(bucket.open_uploads().await, 1);
    assert_eq!(upload.abort(Duration::from_millis(1_500)).await, Ok(None));
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn a_creation_under_way_is_waited_for_and_aborted() {
    let late = HttpFault::Delay(Duration::from_millis(1_500));
    let (bucket, aborted) = broken_off("CreateMultipartUpload", late, MANY).await;
    assert_eq!(aborted, Ok(None));
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn an_object_that_stands_though_nobody_heard_of_it_is_reported() {
    for (size, action) in [(500, "PutObject"), (MANY, "CompleteMultipartUpload")] {
        let (bucket, aborted) = broken_off(action, HttpFault::StallAnswer, size).await;
        assert_eq!(aborted, Ok(Some(KEY.to_owned())), "{action}");
        assert!(bucket.has_only(KEY).await);
    }
}

#[tokio::test]
async fn an_object_that_never_came_is_not_reported() {
    for (size, action) in [(500, "PutObject"), (MANY, "CompleteMultipartUpload")] {
        let (bucket, aborted) = broken_off(action, HttpFault::Stall, size).await;
        assert_eq!(aborted, Ok(None), "{action}");
        assert_eq!(bucket.leftovers().await, Leftovers::default());
    }
}

/// A call that is dropped loses no part: the next one continues where it stopped.
#[tokio::test]
async fn a_call_that_is_dropped_is_continued_by_the_next() {
    for action in ["CreateMultipartUpload", "ListMultipartUploads", "CompleteMultipartUpload"] {
        let late = HttpFault::Delay(Duration::from_secs(1));
        let (bucket, proxy) = Bucket::faulty(&[Rule::first("s3", action, 1, late)]).await;
        let mut upload = bucket.upload(bucket.destination("id-again")).await;
        let body = rows("again", MANY);
        let mut parts = parts(&body).await.into_iter();
        let first = async {
            for part in parts.by_ref() {
                upload.push(part).await?;
            }
            upload.finish().await
        };
        until_reached(&proxy, action, false, first).await;
        for part in parts {
            upload.push(part).await.expect("a part");
        }
        assert_eq!(uploaded(upload.finish().await.expect("an object")).key, KEY, "{action}");
        assert!(bucket.get(KEY).await == body, "{action}");
        assert_eq!(bucket.open_uploads().await, 0);
    }
}

#[tokio::test]
async fn dropping_aborts_in_the_background() {
    let late = HttpFault::Delay(Duration::from_secs(1));
    for rule in [None, Some(Rule::every("s3", "CreateMultipartUpload", late))] {
        let (bucket, proxy) = Bucket::faulty(rule.as_slice()).await;
        let mut upload = bucket.upload(bucket.destination("id-drop")).await;
        let mut writer = stage().writer();
        let rows = rows("drop", MANY);
        let push = push_rows(&mut upload, &mut writer, &rows);
        match rule {
            Some(_) => until_reached(&proxy, "CreateMultipartUpload", false, push).await,
            None => push.await.expect("parts"),
        }
        drop(upload);
        tokio::time::timeout(Duration::from_secs(10), async {
            while proxy.calls_of("s3", "AbortMultipartUpload").iter().all(|call| call.status.is_none()) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
        .expect("the upload is aborted");
        assert_eq!(bucket.open_uploads().await, 0);
    }
}
