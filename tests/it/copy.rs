//! Dialect `postgres` against the server's own `COPY (query) TO STDOUT (FORMAT csv, HEADER)`, byte for byte.

use std::pin::pin;

use devstack::PoolMode;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, response};
use crate::golden::{queries, schema};

/// The settings of an extraction's session that affect the text of values.
pub const SESSION: &str = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET extra_float_digits = 3; \
    SET default_transaction_read_only = on";

/// A connection with the extraction's session settings.
pub async fn connect(fixture: &Fixture) -> tokio_postgres::Client {
    let client = fixture.stack.postgres.connect().await.expect("a connection");
    client.batch_execute(SESSION).await.expect("the session");
    client
}

/// Returns COPY's bytes, or why COPY cannot run the query.
pub async fn copy(client: &tokio_postgres::Client, query: &str) -> Result<Vec<u8>, tokio_postgres::Error> {
    // COPY does not accept a semicolon at the end. The line break ends a comment that the query may end with.
    let query = query.trim_end().trim_end_matches(';');
    let mut rows = pin!(client.copy_out(&format!("COPY ({query}\n) TO STDOUT (FORMAT csv, HEADER)")).await?);
    let mut bytes = Vec::new();
    while let Some(chunk) = rows.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes)
}

/// The usual event in dialect `postgres`.
pub fn event(fixture: &Fixture, key: &str, query: &str) -> Value {
    let mut event = fixture.event(key, query);
    event["csv"] = json!({"dialect": "postgres"});
    event
}

#[tokio::test]
async fn every_parity_query_that_copy_can_run_gives_copy_s_bytes() {
    copy_s_bytes(None).await;
}

#[tokio::test]
async fn every_parity_query_gives_copy_s_bytes_behind_a_transaction_pooler() {
    copy_s_bytes(Some(PoolMode::Transaction)).await;
}

#[tokio::test]
async fn every_parity_query_gives_copy_s_bytes_behind_a_session_pooler() {
    copy_s_bytes(Some(PoolMode::Session)).await;
}

async fn copy_s_bytes(behind: Option<PoolMode>) {
    let fixture = Fixture::start().await;
    let database = fixture.stack.postgres.connect().await.expect("a connection");
    database.batch_execute(&schema()).await.expect("the schema loads");
    let client = connect(&fixture).await;
    let (function, _pooler) = fixture.function_behind(behind, &[]).await;
    let (mut compared, mut wrong) = (0, Vec::new());
    for folder in ["golden", "junk"] {
        for (name, query) in queries(folder, ".sql") {
            let Ok(expected) = copy(&client, &query).await else { continue };
            let key = format!("{folder}/{name}.csv");
            let invocation =
                function.invoke(event(&fixture, &key, &query), PATIENCE).await.expect("an answer");
            let body = &response(&invocation)["body"];
            let written = fixture.object(&key).await;
            if written.as_deref() != Some(&expected[..]) {
                let shown =
                    |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
                let written = written.map_or_else(|| body.to_string(), |written| shown(&written));
                wrong.push(format!("{name}:\n{written}\ninstead of\n{}", shown(&expected)));
            }
            compared += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 87, "COPY ran {compared} queries only");
}

/// Very wide results, and empty ones.
#[tokio::test]
async fn results_of_every_shape() {
    let fixture = Fixture::start().await;
    let client = connect(&fixture).await;
    let function = fixture.function(&[]).await;
    let widest: Vec<_> = (1..=1_664).map(|n| format!("nullif(g, {}) AS c{n}", n % 4)).collect();
    let queries = [
        format!("SELECT {} FROM generate_series(1, 3) g", widest.join(", ")),
        format!("SELECT {} FROM generate_series(1, 0) g", widest.join(", ")),
        "SELECT FROM generate_series(1, 3)".to_owned(),
        "SELECT FROM generate_series(1, 0)".to_owned(),
        "SELECT 1 AS one WHERE false".to_owned(),
        "SELECT '\\.' AS alone".to_owned(),
        "SELECT NULL AS alone UNION ALL SELECT ''".to_owned(),
    ];
    for (i, query) in queries.iter().enumerate() {
        let expected = copy(&client, query).await.expect("COPY runs");
        let key = format!("{i}.csv");
        let invocation = function.invoke(event(&fixture, &key, query), PATIENCE).await.expect("an answer");
        assert!(fixture.object(&key).await == Some(expected), "{}: {}", &query[..40], response(&invocation));
        // Java's rules for the same query: all fields quoted, NULL as the empty string.
        let key = format!("{i}-java.csv");
        let invocation = function.invoke(fixture.event(&key, query), PATIENCE).await.expect("an answer");
        let java = fixture.object(&key).await.unwrap_or_else(|| panic!("{}", response(&invocation)));
        let rows = response(&invocation)["body"]["recordsProcessed"].as_u64().expect("a number") as usize;
        assert_eq!(java.split(|byte| *byte == b'\n').count() - 2, rows);
        if i == 0 {
            let row = (1..=1_664).map(|n| if n % 4 == 1 { "\"\"" } else { "\"1\"" });
            let row = row.collect::<Vec<_>>().join(",");
            assert!(java.split(|byte| *byte == b'\n').nth(1) == Some(row.as_bytes()));
        }
    }
}
