//! The low 32 bits of the transaction ids begin again.

use std::sync::Arc;

use devstack::Postgres;
use serde_json::json;

use super::refusal::is_stale_at;
use super::stream::{Stream, rows};
use super::verdict::{Verdict, table};
use super::workload::{Workload, create_table, last_record, options};
use crate::turns::beside_others;

/// The first id of the second epoch.
const WRAP: i64 = 1 << 32;
/// The ids that the transactions of the first seconds take. Those of the tables' first rows must not come again, since
/// nothing tells them from the new ones.
const BEFORE: u32 = 150;
/// The ids of the second epoch that are taken, and those that no row has had in the first one.
const AFTER: i64 = 100;
const FREE: i64 = 700;

async fn next_id(server: &Postgres) -> i64 {
    let client = server.connect().await.expect("a connection");
    let sql = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
    client.query_one(sql, &[]).await.expect("an id").get(0)
}

/// Runs the stream until the ids have wrapped.
async fn until_it_is_over(stream: Stream, server: Arc<Postgres>) -> Stream {
    while next_id(&server).await < WRAP + AFTER {
        stream.run(&server).await;
    }
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_version_is_lost_or_doubled_where_transaction_ids_wrap() {
    let _turn = beside_others().await;
    let mut options = options();
    // So that nothing else takes ids.
    options.settings.push(("autovacuum".into(), "off".into()));
    let server = Arc::new(Postgres::start(options).await.expect("a server"));
    for table in ["plain", "stamped"] {
        create_table(&server, table, table == "stamped").await;
    }
    server.set_next_transaction_id(u32::MAX - BEFORE).await.expect("a server near the wrap");

    let streams = || {
        [
            ("plain", Stream::in_folder("plain", json!("xmin"))),
            ("stamped", Stream::in_folder("stamped", json!({"column": "txid"}))),
        ]
    };
    let begun = next_id(&server).await;
    assert!((WRAP - 1_000..WRAP - 100).contains(&begun), "{begun}");
    let workload = Workload::start(&server, &["plain", "stamped"], 10).await;
    let running =
        streams().map(|(name, stream)| (name, tokio::spawn(until_it_is_over(stream, Arc::clone(&server)))));
    let mut ended = Vec::new();
    for (name, stream) in running {
        ended.push((name, stream.await.expect("a stream")));
    }
    println!("{}", workload.stop().await.in_words());

    let mut transaction = 0;
    for table in ["plain", "stamped"] {
        transaction = last_record(&server, table).await;
    }
    println!("transaction ids {begun} to {transaction}, the wrap is at {WRAP}");
    assert!((WRAP..WRAP + FREE).contains(&transaction), "{transaction}");
    // A stream that begins after the wrap has all rows too, however old they are.
    ended.extend(streams());
    for (name, stream) in ended {
        stream.run_beyond(&server, transaction).await;
        let objects = stream.rows().await;
        let verdict = Verdict::of(&objects, &table(&server, name).await);
        println!("{name}: {} objects; {}", objects.len(), verdict.in_words());
        verdict.is_good(name);
    }
    windows_of_half_a_circle(&server).await;
}

/// The low 32 bits tell no order beyond half of them. A window that comes near gets an object without rows.
async fn windows_of_half_a_circle(server: &Postgres) {
    server.execute("postgres", "CREATE TABLE small AS TABLE plain WITH NO DATA").await.expect("a table");
    let [by_xmin, by_column] = [("small", json!("xmin")), ("stamped", json!({"column": "txid"}))]
        .map(|(table, watermark)| Stream::in_folder(table, watermark));
    for stream in [&by_xmin, &by_column] {
        stream.run(server).await;
    }
    let upper = by_xmin.state().await["lower"].as_i64().expect("a number");
    let wide = |bits: u32| json!({"lower": upper - (1 << bits)});
    by_xmin.change_state(&wide(29)).await;
    by_xmin.has_nothing_new(server).await;
    by_xmin.change_state(&wide(30)).await;
    by_xmin.run(server).await;
    let objects = by_xmin.objects().await;
    assert_eq!((objects.len(), rows(&objects[1].bytes).len()), (2, 0), "only the header");
    assert!(by_xmin.state().await["lower"].as_i64() >= Some(upper));
    by_xmin.has_nothing_new(server).await;

    by_xmin.change_state(&wide(31)).await;
    is_stale_at(&by_xmin, server, &[&(upper - (1 << 31)).to_string()]).await;
    // A column has all 64 bits.
    by_column.change_state(&json!({"lower": 3})).await;
    let answer = by_column.run(server).await;
    assert!(answer["recordsProcessed"].as_u64() > Some(0), "{answer}");
}
