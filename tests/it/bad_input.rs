//! What goes wrong at a user's hands: each ends with the errorType of the list, a hint, and nothing left behind.

use std::time::Duration;

use devstack::Tls;
use serde_json::json;

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::{SECRET, STREAMING, fails, fails_within};

#[tokio::test]
async fn mistakes_in_the_event_are_found_before_any_call() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1")]).await;
    let unknown =
        fails(&fixture, &function, &json!({"buckett": "x", "onEmpty": 3}), "InvalidRequest", "event").await;
    let error = unknown["error"].as_str().expect("a sentence");
    assert!(error.contains("buckett") && error.contains("bucket") && error.contains("onEmpty"), "{error}");
    fails(&fixture, &function, &json!({"query": "SELECT 1; DELETE FROM users"}), "QueryInvalid", "query")
        .await;
}

#[tokio::test]
async fn mistakes_in_the_configuration_are_named() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let with = |name: &str| json!({"dbConfigParam": name, "query": "SELECT 1"});
    fails(&fixture, &function, &with("/missing"), "ParameterNotFound", "config").await;
    fixture
        .stack
        .account_a()
        .put_parameter("/half", r#"{"host": "h"}"#, "String")
        .await
        .expect("a parameter");
    let half = fails(&fixture, &function, &with("/half"), "InvalidDbConfig", "config").await;
    for key in ["database", "username", "password"] {
        assert!(half["error"].as_str().is_some_and(|error| error.contains(key)), "{half}");
    }
    fixture.parameter("/password", json!({"password": SECRET})).await;
    fails(&fixture, &function, &with("/password"), "AuthenticationFailed", "connection").await;
    fixture.parameter("/unknown-host", json!({"host": "no-such-host.invalid"})).await;
    fails(&fixture, &function, &with("/unknown-host"), "DnsFailed", "connection").await;
    fixture.parameter("/closed-port", json!({"port": 1})).await;
    fails(&fixture, &function, &with("/closed-port"), "ConnectRefused", "connection").await;
    fixture.parameter("/other-name", json!({"tlsServerName": "other.example"})).await;
    let other = fails(&fixture, &function, &with("/other-name"), "TlsFailed", "connection").await;
    assert!(other["error"].as_str().is_some_and(|error| error.contains("other.example")), "{other}");
    fixture.parameter("/database", json!({"database": "nowhere"})).await;
    fails(&fixture, &function, &with("/database"), "InvalidDbConfig", "connection").await;
    fixture.stack.postgres.set_tls(Tls::Off).await.expect("a server without TLS");
    let without = fails(&fixture, &function, &json!({"query": "SELECT 1"}), "TlsFailed", "connection").await;
    assert!(without["error"].as_str().is_some_and(|error| error.contains("no TLS")), "{without}");
}

#[tokio::test]
async fn a_query_that_fails_leaves_nothing() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let query = |sql: &str| fixture.event("failed.csv", sql);
    fails(&fixture, &function, &query("SELECT * FROM nowhere"), "QueryInvalid", "query").await;
    fails(&fixture, &function, &query("SET work_mem = '4MB'"), "QueryInvalid", "query").await;
    let denied = "CREATE TABLE t AS SELECT 1 AS a";
    fixture.stack.postgres.execute("postgres", denied).await.expect("a table");
    fails(&fixture, &function, &query("DELETE FROM t RETURNING a"), "QueryDenied", "rows").await;
    // The error comes after parts were uploaded.
    let midway = format!(
        "SELECT md5(g::text), md5((-g)::text), 1 / (300000 - g), '{SECRET}' || g FROM generate_series(1, 400000) g"
    );
    let failed = fails(&fixture, &function, &query(&midway), "QueryFailed", "rows").await;
    assert!(failed["error"].as_str().is_some_and(|error| error.contains("division by zero")), "{failed}");
    let cast =
        format!("SELECT CASE WHEN g = 5 THEN '{SECRET}' ELSE '1' END::int FROM generate_series(1, 9) g");
    fails(&fixture, &function, &query(&cast), "QueryFailed", "rows").await;
    let killed = "SELECT CASE WHEN g = 400000 THEN pg_terminate_backend(pg_backend_pid()) END, md5(g::text), \
        md5((-g)::text) FROM generate_series(1, 500000) g";
    fails(&fixture, &function, &query(killed), "ConnectionLost", "rows").await;
    fails(
        &fixture,
        &function,
        &json!({"query": "SELECT 1", "bucket": "no-such-bucket"}),
        "BucketNotFound",
        "upload",
    )
    .await;
    fails(
        &fixture,
        &function,
        &json!({"query": "SELECT 1 WHERE false", "onEmpty": "fail"}),
        "NoData",
        "rows",
    )
    .await;
    // The process is as good as new after all that.
    let invocation = function.invoke(query("SELECT 1 AS one"), PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200);
    assert_eq!(fixture.object("failed.csv").await.as_deref(), Some(b"\"one\"\n\"1\"\n".as_slice()));
}

#[tokio::test]
async fn it_stops_before_its_deadline() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let limit = Duration::from_secs(8);
    let event = fixture.event("late.csv", "SELECT pg_sleep(60)");
    fails_within(&fixture, &function, &event, "DeadlineExceeded", "rows", limit).await;
    let event = fixture.event("late.csv", "SELECT md5(generate_series(1, 1000000000)::text) AS a");
    fails_within(&fixture, &function, &event, "DeadlineExceeded", STREAMING, limit).await;
}
