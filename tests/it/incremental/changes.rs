//! A state belongs to one table with its columns, and to one format.

use devstack::{Postgres, PostgresOptions};
use serde_json::{Value, json};

use super::death::{COMPLETIONS, DEATHS};
use super::refusal::{is_stale, is_stale_at};
use super::stream::Stream;
use crate::turns::beside_others;

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, ver int, txid xid8 NOT NULL DEFAULT pg_current_xact_id()); \
    INSERT INTO t SELECT g, g FROM generate_series(1, 10) g";

async fn server() -> Postgres {
    let server = Postgres::start(PostgresOptions::default()).await.expect("a server");
    server.execute("postgres", TABLE).await.expect("a table");
    server
}

async fn execute(server: &Postgres, sql: &str) {
    server.execute("postgres", sql).await.expect("SQL");
}

#[tokio::test]
async fn another_table_of_the_same_name_is_refused() {
    let server = server().await;
    let stream = Stream::in_folder("t", json!("xmin"));
    stream.run(&server).await;
    execute(&server, &format!("DROP TABLE t; {TABLE}; CREATE TABLE u AS SELECT 1 AS id, 1 AS ver")).await;
    is_stale_at(&stream, &server, &["public.t"]).await;
    is_stale(&stream, &server, &json!({"table": "u"}), &["public.u"]).await;
    // The same one under another name has the same rows.
    let stream = Stream::in_folder("u", json!("xmin"));
    stream.run(&server).await;
    execute(&server, "ALTER TABLE u RENAME TO v; INSERT INTO v VALUES (2, 2)").await;
    let answer = stream.run_with(&server, &json!({"table": "v"})).await;
    assert_eq!(
        (&answer["recordsProcessed"], &stream.state().await["table"]),
        (&json!(1), &json!("public.v")),
        "{answer}"
    );
}

#[tokio::test]
async fn other_columns_are_refused_unless_the_stream_continues() {
    let server = server().await;
    let goes_on = json!({"incremental": {"onSchemaChange": "continue"}});
    for watermark in [json!("xmin"), json!({"column": "txid"})] {
        let stream = Stream::in_folder("t", watermark);
        stream.run(&server).await;
        for (id, (change, says, header)) in (100..).zip([
            ("ADD COLUMN more text", "more", "\"id\",\"ver\",\"txid\",\"more\""),
            ("ALTER COLUMN ver TYPE bigint", "ver", "\"id\",\"ver\",\"txid\",\"more\""),
            ("RENAME COLUMN more TO much", "much", "\"id\",\"ver\",\"txid\",\"much\""),
            ("DROP COLUMN much", "much", "\"id\",\"ver\",\"txid\""),
            ("ALTER COLUMN ver TYPE int", "ver", "\"id\",\"ver\",\"txid\""),
        ]) {
            execute(&server, &format!("ALTER TABLE t {change}; INSERT INTO t (id, ver) VALUES ({id}, 0)"))
                .await;
            is_stale_at(&stream, &server, &[says]).await;
            let answer = stream.run_with(&server, &goes_on).await;
            assert_eq!(answer["errorType"], Value::Null, "{change}: {answer}");
            let last = stream.objects().await.pop().expect("an object");
            let text = String::from_utf8(last.bytes).expect("UTF-8");
            assert_eq!(text.lines().next(), Some(header), "{change}");
            assert!(text.contains(&format!("\"{id}\",\"0\"")), "{change}: {text}");
            // The columns are the stream's now.
            stream.has_nothing_new(&server).await;
        }
        execute(&server, "DELETE FROM t WHERE id >= 100").await;
    }
}

#[tokio::test]
async fn another_form_of_the_objects_is_refused() {
    let server = server().await;
    let stream = Stream::in_folder("t", json!("xmin"));
    stream.run(&server).await;
    execute(&server, "INSERT INTO t VALUES (11, 11)").await;
    for (changes, says) in [
        (json!({"format": "jsonl"}), "jsonl"),
        (json!({"format": "parquet"}), "parquet"),
        (json!({"compression": "gzip"}), "gzip"),
        (json!({"incremental": {"watermark": {"column": "txid"}}}), "txid"),
    ] {
        is_stale(&stream, &server, &changes, &[says]).await;
    }
    let stream = Stream::in_folder("t", json!({"column": "txid"}));
    stream.run(&server).await;
    is_stale(&stream, &server, &json!({"incremental": {"watermark": "xmin"}}), &["xmin"]).await;
}

/// The state of a cluster whose transaction ids were set back is ahead of it, as a copy of its folder can be.
#[tokio::test]
async fn a_watermark_that_is_ahead_of_the_primary_is_refused() {
    let server = server().await;
    for watermark in [json!("xmin"), json!({"column": "txid"})] {
        let stream = Stream::in_folder("t", watermark);
        stream.run(&server).await;
        let lower = stream.state().await["lower"].as_i64().expect("a number") + 100_000;
        stream.change_state(&json!({"lower": lower})).await;
        is_stale_at(&stream, &server, &[&lower.to_string()]).await;
    }
}

/// A run that fails before its object leaves a state, of which nothing follows yet.
#[tokio::test]
async fn a_stream_without_objects_can_begin_anew_in_another_form() {
    let server = server().await;
    let stream = Stream::in_bucket("t", json!("xmin")).await;
    let proxy = Stream::proxy().await;
    assert!(DEATHS[0].strikes(&stream, &server, &proxy, &COMPLETIONS, &json!({})).await);
    assert_eq!(stream.state().await["lower"], Value::Null);
    execute(&server, "ALTER TABLE t ADD COLUMN more text").await;
    let anew = json!({"format": "jsonl", "incremental": {"restart": true}});
    let answer = stream.run_with(&server, &anew).await;
    assert_eq!(answer["recordsProcessed"], 10, "{answer}");
    let names = stream.names().await;
    assert!(names.len() == 1 && names[0].ends_with("/0000000000_0.jsonl"), "{names:?}");
}

/// Only the objects in a bucket say of which stream they are.
#[tokio::test]
async fn an_object_that_is_not_the_stream_s_is_refused() {
    let _turn = beside_others().await;
    let server = server().await;
    for first in [true, false] {
        let stream = Stream::in_bucket("t", json!("xmin")).await;
        let mut name = "s/0000000000_0.csv".to_owned();
        if !first {
            stream.run(&server).await;
            let state = stream.state().await;
            name = format!("s/0000000001_{}.csv", state["lower"]);
            execute(&server, "UPDATE t SET ver = ver + 1").await;
        }
        // Everything is there, but it is of another stream, or of another window of this one.
        let lower = if first { "0".to_owned() } else { stream.state().await["lower"].to_string() };
        let of = |stream: &'static str, from: &'static str| {
            [
                ("watermark-stream", stream),
                ("watermark-from", from),
                ("watermark-to", "999999"),
                ("watermark-revision", "0"),
                ("watermark-taken", "2026-11-30T00:00:00+00:00"),
            ]
        };
        let mut elsewhere = of("elsewhere/_watermark.json", "");
        elsewhere[1].1 = &lower;
        let another_window = of("exports/s/_watermark.json", "7");
        for metadata in [&[][..], &elsewhere, &another_window] {
            stream.write(&name, b"theirs", metadata).await;
            let answer = stream.run_with(&server, &json!({})).await;
            assert_eq!(answer["errorType"], "WatermarkInvalid", "{answer}");
            assert!(answer["error"].as_str().is_some_and(|error| error.contains(&name)), "{answer}");
            assert_eq!(stream.read(&name).await, Some(b"theirs".to_vec()));
            let sequence = stream.state().await["sequence"].as_u64();
            assert_eq!(sequence, Some(u64::from(!first)), "{answer}");
        }
    }
}
