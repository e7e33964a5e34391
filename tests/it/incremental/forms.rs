//! Windows in every format, with several connections, and after a restart.

use bytes::Bytes;
use devstack::{Postgres, PostgresOptions};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use serde_json::{Value, json};

use super::stream::{Row, Stream, rows};
use super::verdict::{Verdict, table};
use crate::readers::unpacked;
use crate::turns::beside_others;

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, ver int, txid xid8 NOT NULL DEFAULT pg_current_xact_id()); \
    INSERT INTO t SELECT g, g FROM generate_series(1, 10) g";

async fn server() -> Postgres {
    let server = Postgres::start(PostgresOptions::default()).await.expect("a server");
    server.execute("postgres", TABLE).await.expect("a table");
    server
}

async fn insert(server: &Postgres, from: i64, to: i64) {
    let sql = format!("INSERT INTO t SELECT g, g FROM generate_series({from}, {to}) g");
    server.execute("postgres", &sql).await.expect("rows");
}

fn lines(bytes: &[u8]) -> Vec<Row> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    let number = |row: &Value, name: &str| row[name].as_i64().expect("a number");
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("JSON");
        (number(&row, "id"), number(&row, "ver"))
    };
    text.lines().map(row).collect()
}

fn records(bytes: &[u8]) -> Vec<Row> {
    let file = SerializedFileReader::new(Bytes::copy_from_slice(bytes)).expect("a Parquet file");
    assert_eq!(file.metadata().file_metadata().schema_descr().num_columns(), 3);
    let row =
        |row: parquet::record::Row| (row.get_int(0).expect("an id"), row.get_int(1).expect("a version"));
    file.get_row_iter(None)
        .expect("rows")
        .map(|read| row(read.expect("a row")))
        .map(|(id, ver)| (id.into(), ver.into()))
        .collect()
}

/// Reads the rows of an object.
type Read = fn(Vec<u8>) -> Vec<Row>;

#[tokio::test]
async fn every_format_has_the_rows_of_its_window() {
    let _turn = beside_others().await;
    let server = server().await;
    let forms: [(Value, &str, Read); 6] = [
        (json!({"csv": {"dialect": "postgres"}}), "csv", |bytes| rows(&bytes)),
        (json!({"compression": "gzip"}), "csv.gz", |bytes| rows(&unpacked(bytes, "gzip"))),
        (json!({"compression": "zstd"}), "csv.zst", |bytes| rows(&unpacked(bytes, "zstd"))),
        (json!({"format": "jsonl"}), "jsonl", |bytes| lines(&bytes)),
        (json!({"format": "parquet"}), "parquet", |bytes| records(&bytes)),
        (json!({"format": "jsonl", "parallelism": 2}), "jsonl", |bytes| lines(&bytes)),
    ];
    for (number, (fields, ending, read)) in (0..).zip(forms) {
        for in_bucket in [true, false] {
            let mut stream = if in_bucket {
                Stream::in_bucket("t", json!("xmin")).await
            } else {
                Stream::in_folder("t", json!("xmin"))
            };
            for (name, value) in fields.as_object().expect("an object") {
                stream.event[name] = value.clone();
            }
            let first = stream.run(&server).await;
            let upper = first["incremental"]["upper"].as_u64().unwrap_or_else(|| panic!("{first}"));
            let id = 1_000 + 10 * number + i64::from(in_bucket);
            insert(&server, id, id).await;
            let second = stream.run(&server).await;
            assert_eq!(
                (&second["incremental"]["lower"], &second["recordsProcessed"]),
                (&json!(upper), &json!(1))
            );
            let objects = stream.objects().await;
            let names: Vec<_> = objects.iter().map(|object| object.name.clone()).collect();
            assert_eq!(names, [format!("s/0000000000_0.{ending}"), format!("s/0000000001_{upper}.{ending}")]);
            let [all, new] = [0, 1].map(|which| read(objects[which].bytes.clone()));
            assert!(all.len() >= 10 && !all.contains(&(id, id)), "{all:?}");
            assert_eq!(new, [(id, id)], "{ending}");
            stream.has_nothing_new(&server).await;
        }
    }
}

#[tokio::test]
async fn several_connections_read_one_window() {
    let server = server().await;
    insert(&server, 11, 60_000).await;
    for watermark in [json!("xmin"), json!({"column": "txid"})] {
        let mut stream = Stream::in_folder("t", watermark.clone());
        stream.event["parallelism"] = 3.into();
        let answer = stream.run(&server).await;
        assert_eq!(answer["timings"]["readers"].as_array().map(Vec::len), Some(3), "{answer}");
        for statement in [
            "UPDATE t SET ver = ver + 100000, txid = pg_current_xact_id() WHERE id % 3 = 0",
            "DELETE FROM t WHERE id % 7 = 0",
        ] {
            server.execute("postgres", statement).await.expect("changes");
        }
        let answer = stream.run(&server).await;
        assert_eq!(answer["timings"]["readers"].as_array().map(Vec::len), Some(3), "{answer}");
        assert_eq!(answer["recordsProcessed"], stream.rows().await[1].len(), "{answer}");
        let verdict = Verdict::of(&stream.rows().await, &table(&server, "t").await);
        verdict.is_good(&watermark.to_string());
        stream.has_nothing_new(&server).await;
    }
}

#[tokio::test]
async fn a_restart_begins_again_and_keeps_the_old_objects() {
    let _turn = beside_others().await;
    let server = server().await;
    for in_bucket in [true, false] {
        let stream = if in_bucket {
            Stream::in_bucket("t", json!("xmin")).await
        } else {
            Stream::in_folder("t", json!("xmin"))
        };
        stream.run(&server).await;
        insert(&server, 11, 12).await;
        stream.run(&server).await;
        let old = stream.names().await;
        assert_eq!(old.len(), 2);

        let answer = stream.run_with(&server, &json!({"incremental": {"restart": true}})).await;
        assert_eq!(answer["recordsProcessed"], 12, "{answer}");
        insert(&server, 13, 13).await;
        let answer = stream.run(&server).await;
        let (lower, upper) = (&answer["incremental"]["lower"], &answer["incremental"]["upper"]);
        let new = ["s.2/0000000000_0.csv".to_owned(), format!("s.2/0000000001_{lower}.csv")];
        let mut names = stream.names().await;
        names.sort();
        let mut expected = [&new[..], &old].concat();
        expected.sort();
        assert_eq!(names, expected);
        assert_eq!(rows(&stream.read(&new[1]).await.expect("an object")), [(13, 13)]);
        let state = stream.state().await;
        assert_eq!(
            (&state["generation"], &state["sequence"], &state["lower"]),
            (&json!(2), &json!(2), upper),
            "{state}"
        );
        stream.has_nothing_new(&server).await;
        server.execute("postgres", "DELETE FROM t WHERE id > 10").await.expect("no rows");
    }
}

/// What a run leaves that dies after its file has appeared and before the state has moved: the state of before.
#[tokio::test]
async fn a_file_whose_state_has_not_moved_is_gone_on_from() {
    let server = server().await;
    let stream = Stream::in_folder("t", json!("xmin"));
    stream.run(&server).await;
    for id in 100..103 {
        let before = stream.state_bytes().await.expect("a state");
        insert(&server, id, id).await;
        stream.run(&server).await;
        let moved = stream.state().await;
        stream.write("s/_watermark.json", &before, &[]).await;
        stream.has_nothing_new(&server).await;
        let state = stream.state().await;
        assert_eq!((&state["sequence"], &state["lower"]), (&moved["sequence"], &moved["lower"]));
        insert(&server, 10 * id, 10 * id).await;
        stream.run(&server).await;
        Verdict::of(&stream.rows().await, &table(&server, "t").await).is_good("a folder");
    }
}
