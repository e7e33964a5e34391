//! What has no transaction ids of its own cannot be exported in windows of them.

use std::time::Duration;

use devstack::{Postgres, PostgresOptions};
use serde_json::{Value, json};

use super::refusal::is_wrong;
use super::stream::Stream;

const TABLES: &str = "CREATE TABLE t (id int, ver int, txid xid8 NOT NULL DEFAULT pg_current_xact_id(), \
      nullable xid8 DEFAULT pg_current_xact_id(), big bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint, \
      small int NOT NULL DEFAULT 0, word text NOT NULL DEFAULT ''); INSERT INTO t SELECT g, g FROM generate_series(1, 10) g; \
    CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW m AS SELECT * FROM t; \
    CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; \
    CREATE FOREIGN TABLE f (id int, ver int) SERVER files OPTIONS (filename '/dev/null'); \
    CREATE TABLE p (id int, ver int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); \
    CREATE FOREIGN TABLE p2 PARTITION OF p FOR VALUES IN (2) SERVER files OPTIONS (filename '/dev/null')";

#[tokio::test]
async fn what_is_no_table_of_the_server_is_refused() {
    let server = Postgres::start(PostgresOptions::default()).await.expect("a server");
    server.execute("postgres", TABLES).await.expect("tables");
    for (table, says) in [
        ("v", &["public.v", "view"][..]),
        ("m", &["public.m", "materialized view"]),
        ("f", &["public.f", "foreign table"]),
        ("p", &["public.p", "foreign table"]),
        ("nowhere", &["nowhere"]),
    ] {
        is_wrong(&Stream::in_folder(table, json!("xmin")), &server, &json!({}), says).await;
    }
}

#[tokio::test]
async fn a_column_without_transaction_ids_is_refused() {
    let server = Postgres::start(PostgresOptions::default()).await.expect("a server");
    server.execute("postgres", TABLES).await.expect("tables");
    let column = |name: &str| Stream::in_folder("t", json!({ "column": name }));
    for (name, says) in [
        ("nullable", "NULL"),
        ("small", "integer"),
        ("word", "text"),
        ("missing", "missing"),
        ("TXID", "TXID"),
        ("ctid", "ctid"),
    ] {
        is_wrong(&column(name), &server, &json!({}), &[says]).await;
    }
    for name in ["txid", "big"] {
        let stream = column(name);
        assert_eq!(stream.run(&server).await["recordsProcessed"], 10, "{name}");
        let sql = "INSERT INTO t SELECT g, g FROM generate_series(11, 15) g";
        server.execute("postgres", sql).await.expect("rows");
        assert_eq!(stream.run(&server).await["recordsProcessed"], 5, "{name}");
        server.execute("postgres", "DELETE FROM t WHERE id > 10").await.expect("no rows");
    }
}

async fn until_there(server: &Postgres, rows: i64) {
    let client = server.connect().await.expect("a connection");
    while client.query_one("SELECT count(*) FROM t", &[]).await.expect("a count").get::<_, i64>(0) < rows {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The ids in the column of a logical subscriber are the publisher's. Those of the system are its own.
#[tokio::test]
async fn a_subscriber_s_column_is_refused() {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let settings = vec![setting("wal_level", "logical"), setting("max_wal_senders", "10")];
    let publishing = PostgresOptions { settings, ..PostgresOptions::default() };
    let (publisher, subscriber) =
        tokio::join!(Postgres::start(publishing), Postgres::start(PostgresOptions::default()));
    let [publisher, subscriber] = [publisher, subscriber].map(|server| server.expect("a server"));
    let table =
        "CREATE TABLE t (id int PRIMARY KEY, ver int, txid xid8 NOT NULL DEFAULT pg_current_xact_id())";
    for server in [&publisher, &subscriber] {
        server.execute("postgres", table).await.expect("a table");
    }
    let rows_of = |from, to| format!("INSERT INTO t SELECT g, g FROM generate_series({from}, {to}) g");
    let publish = format!("{}; CREATE PUBLICATION p FOR TABLE t", rows_of(1, 100));
    publisher.execute("postgres", &publish).await.expect("a publication");
    let subscribe = format!(
        "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 port={} user={} password={} dbname=postgres' PUBLICATION p",
        publisher.own_port(),
        publisher.superuser(),
        publisher.password()
    );
    subscriber.execute("postgres", &subscribe).await.expect("a subscription");
    until_there(&subscriber, 100).await;

    let by_column = Stream::in_folder("t", json!({"column": "txid"}));
    is_wrong(&by_column, &subscriber, &json!({}), &["logical replication"]).await;
    assert_eq!(by_column.run(&publisher).await["recordsProcessed"], 100);

    let by_xmin = Stream::in_folder("t", json!("xmin"));
    assert_eq!(by_xmin.run(&subscriber).await["recordsProcessed"], 100);
    publisher.execute("postgres", &rows_of(101, 107)).await.expect("rows");
    until_there(&subscriber, 107).await;
    // The apply worker's transaction may not have ended for everyone yet.
    while by_xmin.rows().await.len() < 2 {
        assert_eq!(by_xmin.run(&subscriber).await["errorType"], Value::Null);
    }
    let mut new = by_xmin.rows().await.remove(1);
    new.sort_unstable();
    assert_eq!(new, (101..=107).map(|id| (id, id)).collect::<Vec<_>>());
}
