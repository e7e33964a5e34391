//! A window without rows: what it costs, and what it says.

use devstack::{Postgres, PostgresOptions};
use serde_json::{Value, json};

use super::stream::{Stream, is_nothing_new};
use crate::fixture::{BUCKET, Fixture, PARAMETER, PATIENCE, response};
use crate::outcome::fails;
use crate::turns::beside_others;

const STATE: &str = "exports/s/_watermark.json";
const TABLE: &str =
    "CREATE TABLE t (id int PRIMARY KEY, ver int); INSERT INTO t SELECT g, g FROM generate_series(1, 10) g";

/// Returns the state's headers, which say when it was written.
async fn headers(fixture: &Fixture) -> (String, String) {
    let headers = fixture.stack.account_a().head_object(BUCKET, STATE).await.expect("headers");
    let headers = headers.expect("a state");
    let header = |name: &str| headers[name].to_str().expect("ASCII").to_owned();
    assert_eq!(header("content-type"), "application/json");
    (header("etag"), header("last-modified"))
}

#[tokio::test]
async fn it_costs_one_description_and_one_read_of_the_state() {
    let fixture = Fixture::with_rds().await;
    fixture.stack.postgres.execute("postgres", TABLE).await.expect("a table");
    let rds = fixture.stack.rds_b().expect("the RDS API");
    rds.create_db_instance("shop", "postgres").await.expect("an instance");
    fixture.parameter(PARAMETER, json!({"host": null, "port": null, "dbInstanceIdentifier": "shop"})).await;
    let (function, proxy) = fixture.proxied(&[]).await;
    let event = json!({"crossAccountRoleArn": fixture.role, "table": "t", "keyPrefix": "exports",
        "incremental": {"stream": "s"}});
    let invoke = async || {
        let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
        let answer = response(&invocation).clone();
        assert_eq!(answer["statusCode"], 200, "{answer}");
        answer["body"].clone()
    };
    let first = invoke().await;
    assert_eq!(first["s3Location"], format!("s3://{BUCKET}/exports/s/0000000000_0.csv"), "{first}");
    assert_eq!(first["incremental"]["state"], format!("s3://{BUCKET}/{STATE}"), "{first}");
    let (written, left) = (headers(&fixture).await, fixture.leftovers().await);

    for _ in 0..2 {
        proxy.clear();
        let answer = invoke().await;
        assert!(is_nothing_new(&answer), "{answer}");
        assert_eq!(answer["recordsProcessed"], 0, "{answer}");
        let calls: Vec<_> =
            proxy.calls().iter().map(|call| format!("{} {}", call.service, call.action)).collect();
        let of = |services: &[&str]| {
            let of_services = |call: &&String| services.iter().any(|service| call.starts_with(service));
            calls.iter().filter(of_services).cloned().collect::<Vec<_>>()
        };
        assert_eq!(of(&["s3"]), ["s3 GetObject"], "{calls:?}");
        assert_eq!(of(&["rds"]), ["rds DescribeDBInstances"], "{calls:?}");
        assert_eq!((headers(&fixture).await, fixture.leftovers().await), (written.clone(), left.clone()));
    }

    // The state is also of one instance of RDS: a copy of it may keep everything else.
    let account = fixture.stack.account_a();
    let state = account.get_object(BUCKET, STATE).await.expect("the state");
    let mut state: Value = serde_json::from_slice(&state).expect("JSON");
    assert!(state["resource"].is_string(), "{state}");
    state["resource"] = "db-ANOTHER".into();
    account.put_object(BUCKET, STATE, state.to_string().as_bytes()).await.expect("a state");
    let body = fails(&fixture, &function, &event, "WatermarkInvalid", "query").await;
    assert!(body["error"].as_str().is_some_and(|error| error.contains("db-ANOTHER")), "{body}");
}

#[tokio::test]
async fn it_is_told_how_far_a_running_transaction_holds_the_window_back() {
    let server = Postgres::start(PostgresOptions::default()).await.expect("a server");
    let table = format!("{TABLE}; ALTER TABLE t ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id()");
    for watermark in [json!("xmin"), json!({"column": "txid"})] {
        server.execute("postgres", &table).await.expect("a table");
        is_held_back(&server, &Stream::in_folder("t", watermark)).await;
        server.execute("postgres", "DROP TABLE t").await.expect("no table");
    }
}

async fn is_held_back(server: &Postgres, stream: &Stream) {
    let insert = async |row: i64| {
        let sql = format!("INSERT INTO t VALUES ({row}, {row})");
        server.execute("postgres", &sql).await.expect("a row");
    };
    let first = stream.run(server).await;
    assert_eq!(first["incremental"]["heldBackBy"], 0, "{first}");
    assert_eq!((&first["incremental"]["sequence"], &first["incremental"]["lower"]), (&json!(0), &json!(0)));

    insert(11).await;
    let mut client = server.connect().await.expect("a connection");
    let long = client.transaction().await.expect("a transaction");
    let change = "UPDATE t SET ver = -1, txid = pg_current_xact_id() WHERE id = 1";
    long.execute(change, &[]).await.expect("a change");
    let id = "SELECT pg_current_xact_id()::text::bigint";
    let id: i64 = long.query_one(id, &[]).await.expect("an id").get(0);
    for row in 12..17 {
        insert(row).await;
    }
    // What has ended after the one that runs has to wait for it.
    let answer = stream.run(server).await;
    assert_eq!((&answer["recordsProcessed"], &answer["incremental"]["upper"]), (&json!(1), &json!(id)));
    let state = stream.state_bytes().await;
    let answer = stream.run(server).await;
    assert!(is_nothing_new(&answer), "{answer}");
    let held_back = answer["incremental"]["heldBackBy"].as_i64().expect("a number");
    assert!(held_back >= 6, "{answer}");
    let message = answer["message"].as_str().expect("a message");
    assert!(message.contains(&held_back.to_string()), "{message}");
    assert_eq!(stream.state_bytes().await, state);

    long.commit().await.expect("an end");
    let answer = stream.run(server).await;
    assert_eq!((&answer["recordsProcessed"], &answer["incremental"]["heldBackBy"]), (&json!(6), &json!(0)));
    assert_eq!(answer["incremental"]["sequence"], 2, "{answer}");
}

/// Transactions that write elsewhere move the window's end, and nothing else.
#[tokio::test]
async fn an_empty_window_leaves_the_state() {
    let _turn = beside_others().await;
    let server = Postgres::start(PostgresOptions::default()).await.expect("a server");
    let tables = format!("{TABLE}; CREATE TABLE other (id int)");
    server.execute("postgres", &tables).await.expect("tables");
    let stream = Stream::in_bucket("t", json!("xmin")).await;
    let first = stream.run(&server).await["incremental"]["upper"].as_i64().expect("a number");
    let state = stream.state_bytes().await;
    let mut upper = first;
    for _ in 0..3 {
        server.execute("postgres", "INSERT INTO other VALUES (1)").await.expect("a row");
        let answer = stream.run(&server).await;
        assert!(is_nothing_new(&answer), "{answer}");
        assert_eq!(answer["incremental"]["lower"], first, "{answer}");
        let now = answer["incremental"]["upper"].as_i64().expect("a number");
        assert!(now > upper, "{answer}");
        upper = now;
        assert_eq!(stream.state_bytes().await, state);
    }
    server.execute("postgres", "INSERT INTO t VALUES (11, 11)").await.expect("a row");
    assert_eq!(stream.run(&server).await["incremental"]["lower"], first);

    // An empty table has an object, too: its header tells readers the columns.
    let stream = Stream::in_folder("other", json!("xmin"));
    server.execute("postgres", "TRUNCATE other").await.expect("no rows");
    stream.run(&server).await;
    let objects = stream.objects().await;
    assert_eq!((objects.len(), &objects[0].bytes[..]), (1, &b"\"id\"\n"[..]));
    stream.has_nothing_new(&server).await;
}
