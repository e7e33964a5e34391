//! The files of a set have the rows of the single file.

use std::path::Path;

use devstack::Postgres;

use super::{extract, rows};
use crate::command_line::{body, database, locally, output, status, without_aws};

/// Enough for several files, and for several shares of each of three readers.
const TABLE: &str = "CREATE TABLE many AS SELECT g AS id, md5(g::text) || md5((-g)::text) || md5((7 * g)::text) AS a, \
    CASE g % 7 WHEN 0 THEN NULL ELSE 'a \"b\" é ' || g % 100 END AS b, g / 7.0 AS c, date '2026-01-01' + g % 400 AS d, \
    timestamptz '2026-01-01' + g * interval '1 s' AS e, g % 2 = 0 AS f FROM generate_series(1, 120000) g";

/// The rows of the single file, in an order of their own.
fn single(postgres: &Postgres, folder: &Path, flags: &[&str]) -> Vec<String> {
    let name = match flags {
        ["--format", "parquet", ..] => "single.parquet",
        ["--format", "jsonl", ..] => "single.jsonl",
        _ => "single.csv",
    };
    let more = ["--output", name, "--table", "many", "--if-exists", "overwrite"];
    let answer = output(without_aws(postgres, folder, &locally(&[flags, &more].concat())));
    assert_eq!(status(&answer), 0, "{}", body(&answer));
    let mut rows = rows(&folder.join(name), "none");
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn in_every_format_and_compression_by_one_reader_and_by_three() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TABLE).await.expect("a table");
    let mut number = 0;
    for (format, compressions) in [
        (&["--format", "csv", "--dialect", "java"][..], &["none", "gzip", "zstd"][..]),
        (&["--format", "csv", "--dialect", "postgres"], &["none"]),
        (&["--format", "jsonl"], &["none", "gzip", "zstd"]),
        (&["--format", "parquet"], &["zstd", "none"]),
    ] {
        let expected = single(&postgres, folder.path(), format);
        assert_eq!(expected.len(), 120_000);
        for compression in compressions {
            for parallelism in ["1", "3"] {
                number += 1;
                let name = format!("set{number}");
                let set = ["--table", "many", "--max-file-size", "5MiB", "--parallelism", parallelism];
                let flags = [format, &set, &["--compression", compression]].concat();
                let (body, set) = extract(&postgres, folder.path(), &name, &flags);
                assert!(set.rows(compression) == expected, "{flags:?}: {body}");
                let least = if parallelism == "1" { 1 } else { 2 };
                assert!(set.files.len() > least || *compression != "none", "{flags:?}: {body}");
            }
        }
    }
}

#[tokio::test]
async fn a_query_split_by_a_column_and_values_that_the_server_casts() {
    let (postgres, folder) = database().await;
    let table = "CREATE TABLE odd AS SELECT g AS id, xmlparse(document '<?xml version=\"1.0\"?><a>' || g || '</a>') AS x, ARRAY[g, NULL] AS v \
        FROM generate_series(1, 1000) g";
    postgres.execute("postgres", table).await.expect("a table");
    let sql = "SELECT * FROM odd";
    for format in ["csv", "jsonl", "parquet"] {
        let one = ["--query", sql, "--format", format, "--dialect", "java"];
        let one = if format == "csv" { &one[..] } else { &one[..4] };
        let name = format!("one.{format}");
        let alone = locally(&[one, &["--output", &name]].concat());
        let answer = output(without_aws(&postgres, folder.path(), &alone));
        assert_eq!(status(&answer), 0, "{}", body(&answer));
        let mut expected = rows(&folder.path().join(&name), "none");
        expected.sort_unstable();
        for (number, more) in [&[][..], &["--split-by", "id", "--parallelism", "2"]].into_iter().enumerate() {
            let flags = [one, &["--max-file-size", "5MiB"], more].concat();
            let (_, set) = extract(&postgres, folder.path(), &format!("{format}{number}"), &flags);
            assert!(set.rows("none") == expected, "{flags:?}");
        }
    }
}
