//! Parameters of a query are values, whatever they contain.

use serde_json::json;

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::{SECRET, fails};

#[tokio::test]
async fn params_are_values_whatever_they_hold() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[("ALLOW_WRITES", "true")]).await;
    let postgres = &fixture.stack.postgres;
    postgres
        .execute("postgres", "CREATE TABLE kept (a text); INSERT INTO kept VALUES ('x')")
        .await
        .expect("a table");
    let hostile = [
        "'; DROP TABLE kept; --",
        "x' OR '1'='1",
        "$1",
        "$$; DROP TABLE kept; $$",
        "\\'; DROP TABLE kept; --",
        "{d '2024-01-01'}",
        "NULL",
        "x\u{2019}; DROP TABLE kept",
        "😀\n\t\"",
    ];
    for text in hostile {
        let query = "SELECT $1::text AS given, (SELECT count(*) FROM kept WHERE a = $1) AS found";
        let mut event = fixture.event("params.csv", query);
        event["params"] = json!([text]);
        event["csv"] = json!({"dialect": "postgres"});
        let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        let key = body["s3Location"].as_str().unwrap_or_else(|| panic!("{text}: {body}"));
        let object = fixture.object(key.rsplit('/').next().expect("a name")).await.expect("an object");
        let mut rows = csv::Reader::from_reader(object.as_slice());
        let row = rows.records().next().expect("a row").expect("CSV");
        assert_eq!(row.iter().collect::<Vec<_>>(), [text, "0"]);
    }
    // A text that is not a value of its type is not repeated in the answer.
    let event = json!({"query": "SELECT $1::int AS n", "params": [SECRET]});
    fails(&fixture, &function, &event, "QueryInvalid", "query").await;
    // PostgreSQL's text cannot contain NUL.
    let event = json!({"query": "SELECT $1::text AS t", "params": [format!("a\u{0}{SECRET}")]});
    let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 400, "{invocation:?}");
    assert!(!invocation.shown().contains(SECRET));
    let kept = postgres.connect().await.expect("a connection");
    let count: i64 = kept.query_one("SELECT count(*) FROM kept", &[]).await.expect("the table").get(0);
    assert_eq!(count, 1);
}
