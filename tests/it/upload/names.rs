//! Names that are taken before or during an upload.

use std::collections::HashSet;
use std::sync::Arc;

use devstack::{HttpFault, Rule};
use rds_data_extractor::error::ErrorType;
use rds_data_extractor::job::IfExists;
use rds_data_extractor::part::sizes::MIN_PART;
use rds_data_extractor::s3::{Destination, Finished, Preflight, Upload};
use tokio::task::JoinSet;

use crate::upload::bucket::{Bucket, KEY, push_rows, rows, run, stage, uploaded};

#[tokio::test]
async fn an_object_that_exists_gives_the_new_one_a_suffix() {
    let bucket = Bucket::new().await;
    bucket.put(KEY, b"old").await;
    let mut upload = bucket.upload(bucket.destination("0123456789abcdef")).await;
    let uploaded = uploaded(run(&mut upload, b"new\n").await.expect("an object"));
    assert_eq!(uploaded.key, "exports/data_01234567.csv");
    assert_eq!(bucket.get(KEY).await, b"old");
}

#[tokio::test]
async fn an_object_that_exists_fails_or_is_skipped() {
    let bucket = Bucket::new().await;
    bucket.put(KEY, b"old").await;
    let error =
        Upload::preflight(&bucket.s3, bucket.if_exists("id", IfExists::Fail)).await.expect_err("taken");
    assert_eq!(error.error_type, ErrorType::ObjectExists);
    match Upload::preflight(&bucket.s3, bucket.if_exists("id", IfExists::Skip)).await.expect("an answer") {
        Preflight::Skip(existing) => {
            assert_eq!((existing.key.as_str(), existing.bytes), (KEY, Some(3)));
        }
        other => panic!("the object is there: {other:?}"),
    }
}

#[tokio::test]
async fn an_object_that_appears_meanwhile_is_never_overwritten() {
    for size in [10, 2 * MIN_PART + 5] {
        for if_exists in [IfExists::Suffix, IfExists::Fail, IfExists::Skip] {
            let bucket = Bucket::new().await;
            let mut upload = bucket.upload(bucket.if_exists("0123456789abcdef", if_exists)).await;
            bucket.put(KEY, b"old").await;
            let body = rows("late", size);
            let outcome = run(&mut upload, &body).await;
            assert_eq!(bucket.get(KEY).await, b"old");
            assert_eq!(bucket.open_uploads().await, 0, "{if_exists:?} {size}");
            match (if_exists, outcome) {
                (IfExists::Suffix, Ok(Finished::Uploaded(uploaded))) => {
                    assert_eq!(uploaded.key, "exports/data_01234567.csv");
                    assert!(bucket.get(&uploaded.key).await == body);
                }
                (IfExists::Skip, Ok(Finished::Exists(existing))) => assert_eq!(existing.bytes, Some(3)),
                (IfExists::Fail, Err(error)) => assert_eq!(error.error_type, ErrorType::ObjectExists),
                (_, outcome) => panic!("{if_exists:?} {size}: {outcome:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_late_refusal_says_how_to_run_again() {
    let bucket = Bucket::new().await;
    let mut upload = bucket.upload(bucket.destination("0123456789abcdef")).await;
    let body = rows("refused", 2 * MIN_PART + 5);
    let mut writer = stage().writer();
    push_rows(&mut upload, &mut writer, &body).await.expect("parts");
    upload.push(writer.end_part().expect("a rest")).await.expect("the last part");
    bucket.put(KEY, b"old").await;
    let Finished::Refused { error, again } = upload.finish().await.expect("an outcome") else {
        panic!("the name was taken");
    };
    assert_eq!(error.error_type, ErrorType::ObjectExists);
    assert!(error.retryable);
    assert_eq!(bucket.open_uploads().await, 0);
    let mut second = bucket.upload(*again).await;
    assert_eq!(uploaded(run(&mut second, &body).await.expect("an object")).key, "exports/data_01234567.csv");
}

#[tokio::test]
async fn an_upload_that_a_killed_run_left_blocks_nothing() {
    for if_exists in [IfExists::Suffix, IfExists::Fail, IfExists::Skip] {
        let bucket = Bucket::new().await;
        bucket.raw.create_multipart_upload().bucket(&bucket.name).key(KEY).send().await.expect("an upload");
        for size in [10, MIN_PART + 5] {
            let id = format!("{size:x}0123456789abcdef");
            let Ok(Preflight::Ready(mut upload)) =
                Upload::preflight(&bucket.s3, bucket.if_exists(&id, if_exists)).await
            else {
                assert!(if_exists != IfExists::Suffix && size > 10, "{if_exists:?} {size}");
                continue;
            };
            let body = rows("alive", size);
            let uploaded = uploaded(run(&mut upload, &body).await.expect("an object"));
            assert!(bucket.get(&uploaded.key).await == body);
        }
        assert_eq!(bucket.open_uploads().await, 1, "only the killed run's");
    }
}

#[tokio::test]
async fn a_run_that_was_killed_long_ago_does_not_have_the_name_any_more() {
    for gives_signs_of_life in [false, true] {
        let old = HttpFault::Replace("<Initiated>20", "<Initiated>19");
        let (bucket, proxy) = Bucket::faulty(&[Rule::every("s3", "ListMultipartUploads", old)]).await;
        let left =
            bucket.raw.create_multipart_upload().bucket(&bucket.name).key(KEY).send().await.expect("left");
        if gives_signs_of_life {
            let id = left.upload_id().expect("an id");
            let part = bucket.raw.upload_part().bucket(&bucket.name).key(KEY).upload_id(id).part_number(1);
            part.body(b"a part".to_vec().into()).send().await.expect("a part");
        }
        let mut upload = bucket.upload(bucket.destination("0123456789abcdef")).await;
        let key = uploaded(run(&mut upload, b"1\n").await.expect("an object")).key;
        assert_eq!(key, if gives_signs_of_life { "exports/data_01234567.csv" } else { KEY });
        assert_eq!(proxy.calls_of("s3", "ListParts").len(), 1);
        assert_eq!(bucket.open_uploads().await, 1, "only the killed run's");
    }
}

#[tokio::test]
async fn who_began_earlier_and_ends_later_keeps_the_name() {
    let bucket = Bucket::new().await;
    let early = rows("early", 3 * MIN_PART);
    let mut first = bucket.upload(bucket.destination("aaaaaaaaaaaa")).await;
    let mut writer = stage().writer();
    push_rows(&mut first, &mut writer, &early).await.expect("parts");
    for (id, size) in [("bbbbbbbbbbbb", 500), ("cccccccccccc", 2 * MIN_PART + 5)] {
        let late = rows(id, size);
        let mut second = bucket.upload(bucket.destination(id)).await;
        let key = uploaded(run(&mut second, &late).await.expect("an object")).key;
        assert_eq!(key, format!("exports/data_{}.csv", &id[..8]));
        assert!(bucket.get(&key).await == late);
    }
    if let Some(part) = writer.end_part() {
        first.push(part).await.expect("the last part");
    }
    assert_eq!(uploaded(first.finish().await.expect("an object")).key, KEY);
    assert!(bucket.get(KEY).await == early);
    assert_eq!(bucket.open_uploads().await, 0);
}

#[tokio::test]
async fn a_delivery_that_comes_twice_writes_once() {
    let bucket = Bucket::new().await;
    for delivery in 0..2 {
        let preflight = Upload::preflight(&bucket.s3, bucket.if_exists("the-same-id", IfExists::Skip))
            .await
            .expect("an answer");
        match preflight {
            Preflight::Ready(mut upload) => {
                assert_eq!(delivery, 0);
                uploaded(run(&mut upload, b"1\n").await.expect("an object"));
            }
            Preflight::Skip(existing) => assert_eq!((delivery, existing.key.as_str()), (1, KEY)),
            Preflight::Delivered(existing) => panic!("no delivery is named: {existing:?}"),
        }
    }
}

/// Lambda repeats an asynchronous event, with the same request id, if it has not received the response.
#[tokio::test]
async fn the_object_of_an_earlier_attempt_is_recognised_under_every_name() {
    for size in [10, MIN_PART + 5] {
        for taken in [false, true] {
            let bucket = Bucket::new().await;
            if taken {
                bucket.put(KEY, b"old").await;
            }
            let delivery = |id: &str, if_exists| Destination {
                delivery_id: Some(id.to_owned()),
                ..bucket.if_exists("0123456789abcdef", if_exists)
            };
            let mut first = bucket.upload(delivery("one", IfExists::Suffix)).await;
            let written = uploaded(run(&mut first, &rows("first", size)).await.expect("an object"));
            assert_eq!(written.key == KEY, !taken);
            for if_exists in [IfExists::Suffix, IfExists::Fail, IfExists::Skip] {
                match Upload::preflight(&bucket.s3, delivery("one", if_exists)).await {
                    Ok(Preflight::Delivered(existing)) => assert_eq!(existing.key, written.key),
                    // With `fail` and `skip` no attempt uses the name with the suffix.
                    other => assert!(taken && if_exists != IfExists::Suffix, "{if_exists:?}: {other:?}"),
                }
            }
            let mut another = bucket.upload(delivery("another", IfExists::Suffix)).await;
            let key = uploaded(run(&mut another, b"1\n").await.expect("an object")).key;
            assert!(key != KEY && key != written.key, "{key}");
        }
    }
}

#[tokio::test]
async fn an_attempt_that_another_of_the_same_delivery_overtakes_writes_nothing() {
    for size in [10, 2 * MIN_PART + 5] {
        for if_exists in [IfExists::Suffix, IfExists::Fail, IfExists::Skip] {
            let bucket = Bucket::new().await;
            let attempt = Destination {
                delivery_id: Some("one".to_owned()),
                ..bucket.if_exists("0123456789abcdef", if_exists)
            };
            let mut slow = bucket.upload(attempt).await;
            let mut writer = stage().writer();
            let body = rows("slow", size);
            push_rows(&mut slow, &mut writer, &body).await.expect("parts");
            slow.push(writer.end_part().expect("a rest")).await.expect("the last part");
            bucket
                .raw
                .put_object()
                .bucket(&bucket.name)
                .key(KEY)
                .metadata("delivery-id", "one")
                .body(b"1\n".to_vec().into())
                .send()
                .await
                .expect("the other attempt's object");
            let Finished::Exists(existing) = slow.finish().await.expect("an outcome") else {
                panic!("{if_exists:?} {size}: the delivery was done")
            };
            assert_eq!((existing.key.as_str(), existing.bytes), (KEY, Some(2)));
            assert!(bucket.has_only(KEY).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_small_writers_of_one_name_make_twenty_objects() {
    twenty(|_| 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_large_writers_of_one_name_make_twenty_objects() {
    twenty(|_| 2 * MIN_PART + 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_and_large_writers_of_one_name_make_twenty_objects() {
    twenty(|number| if number % 2 == 0 { 1_000 } else { MIN_PART + 1_000 }).await;
}

/// Twenty writers begin at the same time. One that is refused runs again, as in the pipeline.
async fn twenty(size: fn(u32) -> u64) {
    let bucket = Arc::new(Bucket::new().await);
    let mut writers = JoinSet::new();
    for number in 0..20_u32 {
        let bucket = Arc::clone(&bucket);
        writers.spawn(async move {
            let body = rows(&format!("writer {number}"), size(number));
            let mut destination = bucket.destination(&format!("{number:08x}-467f-9575"));
            for _ in 0..3 {
                let mut upload = bucket.upload(destination).await;
                match run(&mut upload, &body).await.expect("an outcome") {
                    Finished::Uploaded(uploaded) => return (uploaded.key, body),
                    Finished::Refused { again, .. } => destination = *again,
                    other @ Finished::Exists(_) => panic!("{other:?}"),
                }
            }
            panic!("writer {number} was refused three times")
        });
    }
    let mut keys = HashSet::new();
    while let Some(written) = writers.join_next().await {
        let (key, body) = written.expect("no panic");
        assert!(bucket.get(&key).await == body, "{key} is not what was written");
        assert!(keys.insert(key.clone()), "{key} twice");
    }
    let left = bucket.leftovers().await;
    assert_eq!((left.objects.len(), left.uploads.len()), (20, 0));
}
