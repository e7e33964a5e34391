//! Partitioned tables: rows that come and go with a leaf.

use devstack::{HttpFault, Postgres, PostgresOptions, Rule};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use super::death::{COMPLETIONS, DEATHS};
use super::stream::{Row, Stream};
use super::verdict::{Verdict, are_adjacent, table};
use crate::command_line::body;
use crate::turns::beside_others;

/// A partitioned table with one leaf, and leaves that are attached later: `leaf_n` has ten rows from `100 * n` on.
const TABLES: &str = "CREATE TABLE p (id int NOT NULL, ver int, k int, txid xid8 NOT NULL DEFAULT pg_current_xact_id()) PARTITION BY LIST (k); \
    CREATE TABLE leaf PARTITION OF p FOR VALUES IN (0); INSERT INTO p SELECT g, g, 0 FROM generate_series(1, 50) g; \
    DO $$ BEGIN FOR n IN 1..20 LOOP EXECUTE format('CREATE TABLE leaf_%s (LIKE p INCLUDING DEFAULTS)', n); \
      EXECUTE format('INSERT INTO leaf_%s SELECT g, g, %1$s FROM generate_series(100 * %1$s, 100 * %1$s + 9) g', n); END LOOP; END $$";

async fn server() -> Postgres {
    let server = Postgres::start(PostgresOptions::default()).await.expect("a server");
    execute(&server, TABLES).await;
    server
}

async fn execute(server: &Postgres, sql: &str) {
    server.execute("postgres", sql).await.expect(sql);
}

async fn attach(server: &Postgres, leaf: usize) {
    execute(server, &format!("ALTER TABLE p ATTACH PARTITION leaf_{leaf} FOR VALUES IN ({leaf})")).await;
}

/// The rows of a leaf that is attached.
fn leaf(number: i64) -> Vec<Row> {
    (100 * number..100 * number + 10).map(|id| (id, id)).collect()
}

/// Returns the rows of the last object, in order.
async fn last(stream: &Stream) -> Vec<Row> {
    let mut rows = stream.rows().await.pop().expect("an object");
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn a_leaf_that_is_attached_with_older_rows_is_read_whole_once() {
    let server = server().await;
    for watermark in [json!("xmin"), json!({"column": "txid"})] {
        let stream = Stream::in_folder("p", watermark);
        assert_eq!(stream.run(&server).await["recordsProcessed"], 50);

        attach(&server, 1).await;
        execute(&server, "INSERT INTO p VALUES (51, 51, 0)").await;
        stream.run(&server).await;
        assert_eq!(last(&stream).await, [&[(51, 51)], &leaf(1)[..]].concat());
        stream.has_nothing_new(&server).await;
        execute(&server, "INSERT INTO p VALUES (110, 110, 1)").await;
        stream.run(&server).await;
        assert_eq!(last(&stream).await, [(110, 110)]);

        // With nothing else that is new, and with several connections.
        attach(&server, 2).await;
        let answer = stream.run_with(&server, &json!({"parallelism": 3})).await;
        assert_eq!(answer["recordsProcessed"], 10, "{answer}");
        assert_eq!(last(&stream).await, leaf(2));
        stream.has_nothing_new(&server).await;

        // What goes leaves nothing new, and what takes its place is whole.
        execute(&server, "ALTER TABLE p DETACH PARTITION leaf_1").await;
        stream.has_nothing_new(&server).await;
        execute(&server, "TRUNCATE leaf_2").await;
        stream.has_nothing_new(&server).await;
        execute(&server, "DROP TABLE leaf_2; CREATE TABLE leaf_2 PARTITION OF p FOR VALUES IN (2)").await;
        execute(&server, "INSERT INTO p SELECT g, g, 2 FROM generate_series(200, 209) g").await;
        stream.run(&server).await;
        assert_eq!(last(&stream).await, leaf(2));
        // An empty leaf is no reason for an object, and neither are the rows that it will have.
        execute(&server, "CREATE TABLE empty PARTITION OF p FOR VALUES IN (99)").await;
        stream.has_nothing_new(&server).await;
        execute(&server, "INSERT INTO p VALUES (9900, 9900, 99)").await;
        stream.run(&server).await;
        assert_eq!(last(&stream).await, [(9900, 9900)]);

        let verdict = Verdict::of(&stream.rows().await, &table(&server, "p").await);
        assert_eq!(verdict.lost, []);
        execute(&server, "DROP TABLE p, leaf_1").await;
        execute(
            &server,
            &format!(
                "DROP TABLE IF EXISTS {}",
                (3..=20).map(|n| format!("leaf_{n}")).collect::<Vec<_>>().join(", ")
            ),
        )
        .await;
        execute(&server, TABLES).await;
    }
}

/// A leaf is attached before each run that dies, and another one before the run that continues it.
#[tokio::test]
async fn leaves_that_are_attached_beside_runs_that_die() {
    let _turn = beside_others().await;
    let server = server().await;
    let (stream, proxy) = (Stream::in_bucket("p", json!("xmin")).await, Stream::proxy().await);
    stream.run(&server).await;
    for (number, death) in DEATHS.iter().enumerate() {
        attach(&server, 2 * number + 1).await;
        let changes = if number % 2 == 0 { json!({}) } else { json!({"parallelism": 2}) };
        assert!(death.strikes(&stream, &server, &proxy, &COMPLETIONS, &changes).await, "{}", death.name);
        attach(&server, 2 * number + 2).await;
        stream.run(&server).await;
        let verdict = Verdict::of(&stream.rows().await, &table(&server, "p").await);
        assert_eq!(verdict, Verdict::default(), "{}", death.name);
    }
    stream.has_nothing_new(&server).await;
    are_adjacent(&stream.objects().await);
}

/// Of two rivals the later one knows a leaf more, and dies; the object is that of the earlier one.
#[tokio::test]
async fn a_leaf_that_only_the_rival_knew_is_in_the_next_object() {
    let _turn = beside_others().await;
    let server = server().await;
    let stream = Stream::in_bucket("p", json!("xmin")).await;
    let (slow, fatal) = (Stream::proxy().await, Stream::proxy().await);
    stream.run(&server).await;
    for attempt in 0..5 {
        let sequence = stream.state().await["sequence"].clone();
        attach(&server, 2 * attempt + 1).await;
        slow.clear();
        slow.rule(
            Rule::nth("s3", "PutObject", 1, HttpFault::Delay(Duration::from_secs(4))).with_target(".csv"),
        );
        let mut earlier = stream.command(&server, &json!({}));
        let earlier = earlier.env("AWS_ENDPOINT_URL_S3", slow.url()).spawn().expect("a process");
        while !slow.calls().iter().any(|call| call.fault.is_some()) {
            sleep(Duration::from_millis(5)).await;
        }
        attach(&server, 2 * attempt + 2).await;
        let died = DEATHS[0].strikes(&stream, &server, &fatal, &COMPLETIONS, &json!({})).await;
        let between = stream.state().await;
        let answer = body(&earlier.wait_with_output().await.expect("an end"));
        assert_eq!(answer["errorType"], Value::Null, "{answer}");
        stream.run(&server).await;
        let verdict = Verdict::of(&stream.rows().await, &table(&server, "p").await);
        assert_eq!(verdict, Verdict::default(), "{between}");
        are_adjacent(&stream.objects().await);
        // Otherwise the earlier one was too quick for the later one.
        if died && between["sequence"] == sequence && between["revision"] == 2 {
            return;
        }
    }
    panic!("no rival has died before the object of the other one");
}
