//! What an operator keeps events from, on the function as it runs.

use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::{SECRET, fails, names};

#[tokio::test]
async fn what_the_operator_does_not_allow_is_refused_before_any_call() {
    let fixture = Fixture::start().await;
    let limits = [
        ("ALLOWED_ROLE_ARNS", "arn:aws:iam::222222222222:role/Cross*"),
        ("ALLOWED_BUCKETS", "data-*"),
        ("ALLOWED_CONFIG_PARAMS", "/cross-account/*"),
        ("ALLOWED_QUERY_PARAMS", "/sql/*"),
        ("ALLOW_EVENT_QUERY", "false"),
    ];
    let (function, proxy) = fixture.proxied(&limits).await;
    let refused = [
        (
            json!({"crossAccountRoleArn": "arn:aws:iam::333333333333:role/CrossAccountRDSRole"}),
            "ALLOWED_ROLE_ARNS",
        ),
        (json!({"crossAccountRoleArn": "arn:aws:iam::222222222222:role/Admin"}), "ALLOWED_ROLE_ARNS"),
        (json!({"bucket": "somebody-elses"}), "ALLOWED_BUCKETS"),
        (json!({"dbConfigParam": "/prod/db"}), "ALLOWED_CONFIG_PARAMS"),
        (json!({"dbConfigParam": "/aws/reference/secretsmanager/other"}), "ALLOWED_CONFIG_PARAMS"),
        (json!({"queryParam": "/prod/password"}), "ALLOWED_QUERY_PARAMS"),
        (json!({"query": "SELECT 1"}), "ALLOW_EVENT_QUERY"),
        (json!({"ALLOW_WRITES": true}), "ALLOW_WRITES"),
        (json!({"queryParam": "/sql/a", "ALLOW_EVENT_QUERY": true}), "ALLOW_EVENT_QUERY"),
    ];
    for (event, words) in refused {
        for event in [event.clone(), json!({"detail-type": "x", "detail": event.clone()})] {
            let body = fails(&fixture, &function, &event, "InvalidRequest", "event").await;
            names(&body, &[words]);
        }
        // A record that may never run comes again and ends in the dead-letter queue.
        let records =
            json!({"Records": [{"messageId": "m1", "eventSource": "aws:sqs", "body": event.to_string()}]});
        let invocation = function.invoke(&records, PATIENCE).await.expect("an answer");
        assert_eq!(response(&invocation)["batchItemFailures"][0]["itemIdentifier"], "m1");
    }
    assert_eq!(proxy.calls().len(), 0, "AWS was called: {:?}", proxy.calls());

    let account = fixture.stack.account_a();
    account.put_parameter("/sql/a", "SELECT 'listed' AS word", "String").await.expect("a parameter");
    let allowed =
        json!({"queryParam": "/sql/a", "crossAccountRoleArn": fixture.role, "fileName": "allowed.csv"});
    let invocation = function.invoke(&allowed, PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200, "{invocation:?}");
    assert_eq!(fixture.object("allowed.csv").await.as_deref(), Some(b"\"word\"\n\"listed\"\n".as_slice()));
    assert!(!proxy.calls().is_empty());
}

#[tokio::test]
async fn a_query_parameter_gives_no_secret_away() {
    let fixture = Fixture::start().await;
    let account = fixture.stack.account_a();
    account.put_parameter("/sql/secret", SECRET, "SecureString").await.expect("a parameter");
    account.create_secret("shop", SECRET).await.expect("a secret");
    let (function, proxy) = fixture.proxied(&[("LOG_LEVEL", "TRACE")]).await;
    let secure =
        fails(&fixture, &function, &json!({"queryParam": "/sql/secret"}), "InvalidRequest", "config").await;
    names(&secure, &["/sql/secret", "SecureString"]);
    let asked = proxy.calls_of("ssm", "GetParameter").pop().expect("a call");
    let asked: Value = serde_json::from_slice(&asked.body).expect("JSON");
    assert_eq!(asked["WithDecryption"], false);
    proxy.clear();
    for name in [
        "/aws/reference/secretsmanager/shop",
        "aws/reference/secretsmanager/shop",
        "//aws///reference/secretsmanager//shop",
        "/AWS/Reference/SecretsManager/shop",
        "/aws/reference/secretsmanager/shop:1",
        "arn:aws:ssm:eu-central-1:111111111111:parameter/aws/reference/secretsmanager/shop",
    ] {
        let body = fails(&fixture, &function, &json!({"queryParam": name}), "InvalidRequest", "event").await;
        names(&body, &["must not name a secret"]);
    }
    assert_eq!(proxy.calls().len(), 0, "AWS was called: {:?}", proxy.calls());
    // Nor does a secret that was put into a configuration of the wrong shape.
    for (name, value) in [
        ("/text", SECRET),
        ("/list", &format!("[\"{SECRET}\"]")),
        ("/odd", &format!("{{\"port\": \"{SECRET}\"}}")),
    ] {
        account.put_parameter(name, value, "SecureString").await.expect("a parameter");
        let event = json!({"dbConfigParam": name, "query": "SELECT 1"});
        fails(&fixture, &function, &event, "InvalidDbConfig", "config").await;
    }
}

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
    // A text that is no value of its type stays out of the answer.
    let event = json!({"query": "SELECT $1::int AS n", "params": [SECRET]});
    fails(&fixture, &function, &event, "QueryInvalid", "query").await;
    // NUL has no place in PostgreSQL's text.
    let event = json!({"query": "SELECT $1::text AS t", "params": [format!("a\u{0}{SECRET}")]});
    let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 400, "{invocation:?}");
    assert!(!invocation.shown().contains(SECRET));
    let kept = postgres.connect().await.expect("a connection");
    let count: i64 = kept.query_one("SELECT count(*) FROM kept", &[]).await.expect("the table").get(0);
    assert_eq!(count, 1);
}
