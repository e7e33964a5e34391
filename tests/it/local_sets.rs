//! Sets on this machine: folders that appear as a whole.

use std::path::{Path, PathBuf};
use std::time::Duration;

use devstack::Leftovers;
use rds_data_extractor::error::ErrorType;
use rds_data_extractor::job::IfFileExists;
use rds_data_extractor::local::{LocalSet, SetFinished, SetPreflight, SetTarget};
use rds_data_extractor::part::{Part, SetManifest};

const MANIFEST: &[u8] = br#"{"rows":3,"bytes":8,"files":[{},{}]}"#;

fn target(folder: &Path, if_exists: IfFileExists) -> SetTarget {
    SetTarget { folder: folder.join("orders"), if_exists, id: "0123456789abcdef".to_owned() }
}

async fn begin(target: SetTarget) -> LocalSet {
    match LocalSet::preflight(target).await.expect("a free name") {
        SetPreflight::Ready(set) => set,
        SetPreflight::Skip(existing) => panic!("{existing:?}"),
    }
}

async fn send(set: &mut LocalSet) {
    for piece in ["a,", "b\n"] {
        set.push(0, "country=DE/part-00000-01234567.csv", Part::of(piece.into())).await.expect("a part");
        set.push(1, "country=AT/dt=1/part-00000-01234567.csv", Part::of(piece.into())).await.expect("a part");
    }
    for (file, path) in
        ["country=DE/part-00000-01234567.csv", "country=AT/dt=1/part-00000-01234567.csv"].iter().enumerate()
    {
        let file = set.end_file(file as u32, path).await.expect("an end");
        let checksum = aws_smithy_types::base64::encode(crc_fast::crc64_nvme(b"a,b\n").to_be_bytes());
        assert_eq!((file.bytes, file.crc64nvme), (4, checksum));
    }
    set.end_file(2, "part-00000-01234567.csv").await.expect("an empty file");
}

fn manifest() -> SetManifest {
    SetManifest { bytes: MANIFEST.into(), others: Vec::new(), rows: 3, files: 2 }
}

fn is_complete(folder: &Path) {
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a file");
    assert_eq!(read("country=DE/part-00000-01234567.csv"), b"a,b\n");
    assert_eq!(read("country=AT/dt=1/part-00000-01234567.csv"), b"a,b\n");
    assert_eq!(read("_manifest.json"), MANIFEST);
    assert!(read("part-00000-01234567.csv").is_empty() && read("_SUCCESS").is_empty());
}

fn names(folder: &Path) -> Vec<String> {
    Leftovers::default().in_folder(folder).expect("a folder").files
}

#[tokio::test]
async fn a_folder_appears_as_a_whole() {
    for exists in [false, true] {
        let scratch = tempfile::tempdir().expect("a folder");
        if exists {
            std::fs::create_dir(scratch.path().join("orders")).expect("an empty folder");
        }
        let mut set = begin(target(scratch.path(), IfFileExists::Fail)).await;
        send(&mut set).await;
        let before = names(scratch.path());
        assert!(before[0].starts_with(".orders.") && before.len() == 1 + usize::from(exists), "{before:?}");
        let SetFinished::Written(written) = set.commit(manifest()).await.expect("a set") else {
            panic!("nothing else is there")
        };
        let folder = scratch.path().join("orders");
        assert_eq!(written.location, folder.display().to_string());
        assert_eq!(written.manifest, folder.join("_manifest.json").display().to_string());
        assert_eq!((written.bytes, written.warnings), (8, Vec::new()));
        drop(set);
        assert_eq!(names(scratch.path()), ["orders"]);
        is_complete(&folder);
        let mode = |path: PathBuf| {
            let metadata = std::fs::metadata(path).expect("metadata");
            std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
        };
        assert_eq!(mode(folder.clone()), mode(folder.join("country=DE")));
    }
}

#[tokio::test]
async fn an_abort_and_a_drop_leave_nothing() {
    for abort in [true, false] {
        let scratch = tempfile::tempdir().expect("a folder");
        let mut set = begin(target(scratch.path(), IfFileExists::Fail)).await;
        send(&mut set).await;
        if abort {
            assert_eq!(set.abort(Duration::from_secs(5)).await, Ok(None));
            assert_eq!(names(scratch.path()), Vec::<String>::new());
            continue;
        }
        drop(set);
        // The thread that writes removes the folder when it ends.
        tokio::time::timeout(Duration::from_secs(10), async {
            while !names(scratch.path()).is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("it is removed");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_empty_is_never_touched() {
    use IfFileExists::{Fail, Skip, Suffix};
    for late in [false, true] {
        for if_exists in [Fail, Skip, Suffix] {
            let scratch = tempfile::tempdir().expect("a folder");
            let folder = scratch.path().join("orders");
            let occupy = || {
                std::fs::create_dir(&folder).expect("a folder");
                std::fs::write(folder.join("theirs"), b"theirs").expect("a file");
            };
            if !late {
                occupy();
            }
            let outcome = match LocalSet::preflight(target(scratch.path(), if_exists)).await {
                Ok(SetPreflight::Ready(mut set)) => {
                    assert!(late || if_exists == Suffix, "{if_exists:?}: refused before the query runs");
                    send(&mut set).await;
                    if late {
                        occupy();
                    }
                    set.commit(manifest()).await
                }
                Ok(SetPreflight::Skip(existing)) => panic!("it is no set: {existing:?}"),
                Err(error) => Err(error),
            };
            match outcome {
                Ok(SetFinished::Written(written)) => {
                    assert_eq!(if_exists, Suffix);
                    is_complete(Path::new(&written.location));
                    assert_eq!(names(scratch.path()), ["orders", "orders_01234567"]);
                }
                Err(error) => {
                    assert_eq!((error.error_type, error.retryable), (ErrorType::ObjectExists, false));
                    assert_ne!(if_exists, Suffix);
                    assert_eq!(names(scratch.path()), ["orders"]);
                }
                Ok(other) => panic!("{other:?}"),
            }
            assert_eq!(names(&folder), ["theirs"]);
        }
    }
}

#[tokio::test]
async fn a_complete_set_is_skipped() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut late = begin(target(scratch.path(), IfFileExists::Skip)).await;
    send(&mut late).await;
    let mut set = begin(target(scratch.path(), IfFileExists::Skip)).await;
    send(&mut set).await;
    set.commit(manifest()).await.expect("a set");
    let SetFinished::Exists(first) = late.commit(manifest()).await.expect("an answer") else {
        panic!("the other one has the name")
    };
    drop(late);
    let skipped = LocalSet::preflight(target(scratch.path(), IfFileExists::Skip)).await;
    let Ok(SetPreflight::Skip(existing)) = skipped else { panic!("{skipped:?}") };
    assert_eq!(existing, first);
    assert_eq!((existing.rows, existing.files, existing.bytes), (Some(3), Some(2), Some(8)));
    assert_eq!(existing.location, scratch.path().join("orders").display().to_string());
    assert_eq!(names(scratch.path()), ["orders"]);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_to_is_named() {
    let scratch = tempfile::tempdir().expect("a folder");
    let missing = scratch.path().join("missing");
    let error = LocalSet::preflight(target(&missing, IfFileExists::Fail)).await.expect_err("no folder");
    assert_eq!(error.error_type, ErrorType::OutputFailed);
    assert!(error.message.contains("its folder does not exist"), "{error}");

    let mut set = begin(target(scratch.path(), IfFileExists::Fail)).await;
    let long = "f".repeat(300);
    let error = loop {
        if let Err(error) = set.push(0, &long, Part::of("a\n".into())).await {
            break error;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(error.error_type, ErrorType::OutputFailed, "{error}");
    assert!(!error.message.contains(&long), "{error}");
    assert_eq!(set.abort(Duration::from_secs(5)).await, Ok(None));
    assert_eq!(names(scratch.path()), Vec::<String>::new());
}
