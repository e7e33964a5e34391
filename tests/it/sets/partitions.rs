//! Partitions: folders, the rows in them and the memory of many.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Set, extract};
use crate::command_line::{body, database, locally, output, status, without_aws};
use crate::fixture::{Fixture, PATIENCE, response};

/// Returns the partition of each row's file, by the row.
fn partition_by_row(set: &Set) -> BTreeMap<String, Value> {
    let partitions =
        set.manifest["files"].as_array().expect("a list").iter().map(|file| file["partition"].clone());
    let files = set.rows_by_file("none").into_iter().zip(partitions);
    files
        .flat_map(|((_, rows), partition)| rows.into_iter().map(move |row| (row, partition.clone())))
        .collect()
}

#[tokio::test]
async fn odd_values_are_read_back() {
    let (postgres, folder) = database().await;
    let table = r#"CREATE TABLE odd (id int, t text, "É a=b" text, flag bool, d date, ts timestamp, tz timestamptz, n numeric);
        INSERT INTO odd VALUES
        (1, 'a b', 'x', true, '2026-11-28', '2026-11-28 10:20:30.5', '2026-11-28 10:20:30+01', 1.50),
        (2, 'a=b', NULL, false, NULL, NULL, NULL, -1),
        (3, 'a/b/../c', 'é ß', NULL, '2026-11-29', '2026-11-28', 'infinity', 'NaN'),
        (4, '100%', '%2F', true, '0044-03-15 BC', '-infinity', '2026-11-28', 0),
        (5, NULL, '{}[]^\"', true, 'infinity', '2026-11-28', '2026-11-28', 1e20),
        (6, '__HIVE_DEFAULT_PARTITION__', E'tab\there\u007f', false, '2026-11-28', NULL, NULL, NULL),
        (7, '.', '_', false, '2026-11-28', NULL, NULL, NULL),
        (8, '❤ 日本', E'new\nline', false, '2026-11-28', NULL, NULL, NULL)"#;
    postgres.execute("postgres", table).await.expect("a table");
    let client = postgres.connect().await.expect("a connection");
    client
        .batch_execute("SET TimeZone = UTC; SET DateStyle = ISO; SET extra_float_digits = 3")
        .await
        .expect("settings");
    let by = ["t", "É a=b", "flag", "d", "ts", "tz", "n"];
    let list = by.map(|column| format!("\"{column}\"::text")).join(", ");
    let rows = client.query(&format!("SELECT id, {list} FROM odd ORDER BY id"), &[]).await.expect("rows");
    for (format, parallelism) in [("csv", "1"), ("jsonl", "1"), ("parquet", "1"), ("csv", "3")] {
        let name = format!("{format}{parallelism}");
        let by = by.join(",");
        let flags =
            ["--table", "odd", "--format", format, "--partition-by", &by, "--parallelism", parallelism];
        let (_, set) = extract(&postgres, folder.path(), &name, &flags);
        let read = partition_by_row(&set);
        assert_eq!((read.len(), set.files.len()), (8, 8), "{read:?}");
        for row in &rows {
            let id: i32 = row.get(0);
            let written = match format {
                "csv" => id.to_string(),
                "jsonl" => format!("{{\"id\":{id}}}"),
                _ => format!("{{id: {id}}}"),
            };
            for (index, column) in by.split(',').enumerate() {
                // Hive has one folder for both.
                let value: Option<String> = row.get(index + 1);
                let value = value.filter(|value| value != "__HIVE_DEFAULT_PARTITION__");
                assert_eq!(read[&written][column], json!(value), "{format}: {column} of {id}");
            }
        }
    }
}

#[tokio::test]
async fn the_rest_of_the_row_is_as_without_partitions() {
    let (postgres, folder) = database().await;
    let columns = "g AS id, xmlparse(document '<?xml version=\"1.0\"?><a>' || g || '</a>') AS x, g % 3 AS k, ARRAY[g, NULL] AS v, \
        g * 1.5::float8 AS f, CASE g % 5 WHEN 0 THEN NULL ELSE 'x' || g % 7 END AS country, now() AS t";
    let query = format!("SELECT {columns} FROM generate_series(1, 3000) g");
    let rest = format!("SELECT id, x, v, f, t FROM ({query}) q");
    for format in ["csv", "jsonl", "parquet"] {
        for (number, compression) in ["none", "zstd"].into_iter().enumerate() {
            let same = ["--format", format, "--compression", compression];
            let by =
                [&["--query", &query, "--partition-by", "country,k", "--max-file-size", "5MiB"], &same[..]]
                    .concat();
            let (_, set) = extract(&postgres, folder.path(), &format!("{format}{number}"), &by);
            assert_eq!(set.files.len(), 24, "8 countries and 3 remainders");
            // The time is another one in each statement.
            let without_time = |rows: Vec<String>| -> Vec<String> {
                rows.into_iter().map(|row| row.split("20").next().unwrap_or_default().to_owned()).collect()
            };
            let one = [&["--query", &rest, "--max-file-size", "5MiB"], &same[..]].concat();
            let (_, expected) = extract(&postgres, folder.path(), &format!("{format}{number}-one"), &one);
            let sorted = |set: &Set| {
                let mut rows = without_time(set.rows(compression));
                rows.sort_unstable();
                rows
            };
            assert!(sorted(&set) == sorted(&expected), "{format} {compression}");
        }
    }
}

#[tokio::test]
async fn columns_and_values_that_cannot_be_folders_are_named_but_not_shown() {
    let (postgres, folder) = database().await;
    let run = |query: &str, by: &str| {
        let flags = locally(&["--output", "set/", "--query", query, "--partition-by", by]);
        let answer = output(without_aws(&postgres, folder.path(), &flags));
        assert_ne!(status(&answer), 0);
        assert!(!folder.path().join("set").exists());
        body(&answer)
    };
    let refused = run("SELECT 1 AS a, 2 AS b", "c");
    assert_eq!((&refused["errorType"], &refused["stage"]), (&json!("InvalidRequest"), &json!("query")));
    assert_eq!(refused["error"], "`partitionBy`: the result has no column c.");
    let empty = run(
        "SELECT g AS id, CASE g WHEN 3 THEN '' ELSE 'secret' || g END AS k FROM generate_series(1, 5) g",
        "k",
    );
    assert_eq!(empty["errorType"], "ValueUnrepresentable", "{empty}");
    assert_eq!(
        empty["error"],
        "Row 3, column 2 (k): the value is an empty text, for which Hive has no folder."
    );
    let long = run("SELECT 1 AS id, repeat('secret', 200) AS k", "k");
    assert!(!long.to_string().contains("secret"), "{long}");
}

#[tokio::test]
async fn a_value_that_the_format_cannot_represent_is_named_by_its_place_in_the_result() {
    let (postgres, folder) = database().await;
    let query = "SELECT g % 2 AS k, g AS id, CASE g WHEN 4 THEN 'infinity' ELSE date '2026-01-01' END AS d FROM generate_series(1, 5) g";
    let flags = ["--output", "set/", "--query", query, "--partition-by", "k", "--format", "parquet"];
    let answer = output(without_aws(&postgres, folder.path(), &locally(&flags)));
    let error = body(&answer)["error"].as_str().expect("an error").to_owned();
    assert!(error.starts_with("Row 4, column 3 (d): the value is "), "{error}");
}

#[tokio::test]
async fn with_rows_in_the_order_of_the_partitions_each_has_one_file() {
    let (postgres, folder) = database().await;
    let query = "SELECT g / 1000 AS k, g AS id, md5(g::text) || md5((-g)::text) AS a FROM generate_series(0, 1199999) g ORDER BY k";
    let (body, set) =
        extract(&postgres, folder.path(), "ordered", &["--query", query, "--partition-by", "k"]);
    assert_eq!(set.files.len(), 1_200, "{body}");
    assert!(body["bytesWritten"].as_u64() > Some(64 << 20), "more than may wait: {body}");
}

#[tokio::test]
async fn a_partition_of_many_parts_is_one_file() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    for format in ["csv", "parquet"] {
        let query = "SELECT g % 2 AS k, g AS id, md5(g::text) || md5((-g)::text) || md5((3 * g)::text) AS a \
            FROM generate_series(1, 400000) g";
        let mut event = fixture.event(format, query);
        event["format"] = json!(format);
        event["partitionBy"] = json!(["k"]);
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        assert_eq!((&body["files"], &body["recordsProcessed"]), (&json!(2), &json!(400_000)), "{body}");
        assert!(body["bytesWritten"].as_u64() > Some(15 << 20), "{body}");
    }
    fixture.leaves_only_objects().await;
}
