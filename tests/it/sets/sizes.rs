//! The sizes of a set's files, and their number.

use super::extract;
use crate::command_line::{body, database, locally, output, status, without_aws};

const LIMIT: u64 = 5 << 20;

#[tokio::test]
async fn a_file_ends_with_the_row_that_reaches_the_size() {
    let (postgres, folder) = database().await;
    // Texts of 2,016 random characters, which compression halves at best.
    let random = "SELECT g AS id, (SELECT string_agg(md5(random()::text || g || i), '') FROM generate_series(1, 63) i) AS a \
        FROM generate_series(1, 12000) g";
    for compression in ["none", "gzip", "zstd"] {
        for format in ["csv", "jsonl"] {
            let flags = [
                "--query",
                random,
                "--max-file-size",
                "5MiB",
                "--format",
                format,
                "--compression",
                compression,
            ];
            let (_, set) = extract(&postgres, folder.path(), &format!("{format}-{compression}"), &flags);
            let sizes: Vec<_> = set.files.iter().map(|file| file.bytes.len() as u64).collect();
            let (last, full) = sizes.split_last().expect("a file");
            // Of what is not compressed yet, only the most that it can become is known.
            let smallest = if compression == "none" { LIMIT } else { LIMIT - (3 << 19) };
            assert!(
                full.len() > 1 && full.iter().all(|size| (smallest..LIMIT + 2_100).contains(size)),
                "{sizes:?}"
            );
            assert!(*last < LIMIT + 2_100, "{sizes:?}");
        }
    }
    let flags =
        ["--query", random, "--max-file-size", "5MiB", "--format", "parquet", "--compression", "none"];
    let (_, set) = extract(&postgres, folder.path(), "parquet", &flags);
    let sizes: Vec<_> = set.files.iter().map(|file| file.bytes.len() as u64).collect();
    let (last, full) = sizes.split_last().expect("a file");
    assert!(full.len() > 1 && full.iter().all(|size| (LIMIT..2 * LIMIT).contains(size)), "{sizes:?}");
    assert!(*last < 2 * LIMIT, "{sizes:?}");
}

#[tokio::test]
async fn without_a_row_there_is_one_file_or_what_was_asked_for() {
    let (postgres, folder) = database().await;
    for (format, expected) in [("csv", "\"id\"\n"), ("jsonl", ""), ("parquet", "PAR1")] {
        for (number, more) in [&[][..], &["--split-by", "id", "--parallelism", "3"]].into_iter().enumerate() {
            let none =
                ["--query", "SELECT 1 AS id WHERE false", "--max-file-size", "5MiB", "--format", format];
            let dialect = if format == "csv" { &["--dialect", "java"][..] } else { &[] };
            let flags = [&none[..], dialect, more].concat();
            let (_, set) = extract(&postgres, folder.path(), &format!("{format}{number}"), &flags);
            let [file] = &set.files[..] else { panic!("one file") };
            assert!(
                file.path.starts_with("part-00000-") && file.path.ends_with(&format!(".{format}")),
                "{}",
                file.path
            );
            assert!(file.bytes.starts_with(expected.as_bytes()), "{format}");
        }
    }
    let run = |on_empty| {
        let flags = ["--output", "none/", "--query", "SELECT 1 AS id WHERE false", "--max-file-size", "5MiB"];
        output(without_aws(
            &postgres,
            folder.path(),
            &locally(&[&flags[..], &["--on-empty", on_empty]].concat()),
        ))
    };
    let failed = run("fail");
    assert_eq!((status(&failed), body(&failed)["errorType"].as_str()), (1, Some("NoData")));
    let skipped = run("skip");
    assert_eq!((status(&skipped), &body(&skipped)["file"]), (0, &serde_json::Value::Null));
    assert!(!folder.path().join("none").exists());
}
