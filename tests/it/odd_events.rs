//! Events and queries of unusual size and depth are refused in the documented form, or run, and the process
//! survives.

use devstack::RuntimeApi;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::fails;

/// Checks that the answer has the documented form.
async fn is_documented(function: &RuntimeApi, event: &str) -> Value {
    let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
    let shown: String = event.chars().take(80).collect();
    let answer = invocation.result.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
    let body = &answer["body"];
    for field in ["error", "errorType", "stage", "hint", "requestId"] {
        assert!(body[field].is_string(), "{shown}: no {field} in {answer}");
    }
    assert!(body["retryable"].is_boolean() && answer["statusCode"] == 400, "{shown}: {answer}");
    assert!(answer.to_string().len() < 25_000, "{shown}");
    answer
}

#[tokio::test]
async fn an_event_of_any_shape_is_answered() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[("ALLOW_EVENT_QUERY", "false")]).await;
    function.warm_up().await.expect("a process");
    let pid = function.pid();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let events = [
        r#"{"query": "\ud800"}"#.to_owned(),
        r#"{"params": 1e999}"#.to_owned(),
        format!(r#"{{"{}": 1}}"#, "k".repeat(1_000_000)),
        format!(r#"{{"query": {}}}"#, deep("[", "]")),
        format!(r#"{{"params": [{}]}}"#, deep("[", "]")),
        format!(r#"{{"csv": {}}}"#, deep(r#"{"a":"#, "}").replace(":}", ":1}")),
        format!("{{{}}}", (0..50_000).map(|i| format!("\"f{i}\":{i}")).collect::<Vec<_>>().join(",")),
        format!(r#"{{"params": [{}1]}}"#, "1,".repeat(70_000)),
    ];
    for event in &events {
        let answer = is_documented(&function, event).await;
        assert_eq!(answer["body"]["errorType"], "InvalidRequest", "{answer}");
    }
    assert_eq!(function.pid(), pid, "the process was replaced");
}

#[tokio::test]
async fn a_query_of_any_kind_is_run_or_refused() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let long = "x".repeat(1 << 20);
    let values = (0..100_000).map(|i| format!("({i})")).collect::<Vec<_>>().join(",");
    for (query, expected) in [
        (format!("SELECT 1 AS one /* {long} */"), "\"one\"\n\"1\"\n".to_owned()),
        (format!("-- {long}\nSELECT 1 AS one"), "\"one\"\n\"1\"\n".to_owned()),
        (format!("SELECT length('{long}') AS n"), format!("\"n\"\n\"{}\"\n", 1 << 20)),
        (format!("SELECT length($x${long}$x$) AS n"), format!("\"n\"\n\"{}\"\n", 1 << 20)),
        (format!("SELECT count(*) AS n FROM (VALUES {values}) v"), "\"n\"\n\"100000\"\n".to_owned()),
        ("\u{feff}SELECT 1 AS one".replace('\u{feff}', "\n\t "), "\"one\"\n\"1\"\n".to_owned()),
        ("SELECT 1 AS one;;; -- ; ;\n/* ; */ ;".to_owned(), "\"one\"\n\"1\"\n".to_owned()),
    ] {
        let mut event = fixture.event("long.csv", &query);
        event["ifExists"] = json!("suffix");
        let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        let key = body["s3Location"].as_str().unwrap_or_else(|| panic!("{body}"));
        let object = fixture.object(key.rsplit('/').next().expect("a name")).await.expect("an object");
        assert_eq!(String::from_utf8(object).expect("text"), expected);
        assert!(!invocation.shown().contains(&long[..100]), "the query was logged");
    }

    for query in [
        format!("SELECT {long}"),
        format!("SELECT {}1{}", "(".repeat(200_000), ")".repeat(200_000)),
        format!("SELECT {}1{}", "{fn abs(".repeat(50_000), ")}".repeat(50_000)),
        format!("SELECT {}", vec!["1"; 2_000].join(",")),
    ] {
        let body = fails(&fixture, &function, &json!({"query": query}), "QueryInvalid", "query").await;
        assert!(body.to_string().len() < 2_000, "{}", body.to_string().len());
    }
}
