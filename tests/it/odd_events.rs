//! Events and queries that nobody means: refused in the documented form, or run; the process lives on.

use devstack::RuntimeApi;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::{SECRET, fails, names};

/// The answer is of the documented form.
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
        "true".to_owned(),
        "5".to_owned(),
        "\"text\"".to_owned(),
        r#"{"query": {"a": 1}}"#.to_owned(),
        r#"{"query": "\ud800"}"#.to_owned(),
        r#"{"params": 1e999}"#.to_owned(),
        r#"{"csv": {"delimiter": "\u0000"}}"#.to_owned(),
        r#"{"detail-type": "x", "detail": 5}"#.to_owned(),
        r#"{"bucket": "b", "bucket": "c"}"#.to_owned(),
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

    let raising = fixture.function(&[("RAISE_ON_ERROR", "true")]).await;
    for event in ["[]", "[5]", r#"{"Records": 5}"#, r#"{"detail-type": "x", "detail": 5}"#] {
        let invocation = raising.invoke(event, PATIENCE).await.expect("an answer");
        let error = invocation.result.expect_err("it should fail the invocation");
        assert_eq!(error.error_type, "InvalidRequest", "{event}: {error:?}");
        let log = invocation.logs.join("\n");
        assert!(log.contains(r#""level":"ERROR""#) && log.contains(r#""Runs":1"#), "{event}: {log}");
    }
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

    let nul = json!({"query": format!("SELECT 1\0{SECRET}")});
    let body = fails(&fixture, &function, &nul, "InvalidRequest", "event").await;
    names(&body, &["NUL"]);
    let second = "SELECT 1 /* a */; /* b */ SELECT 2";
    let body = fails(&fixture, &function, &json!({"query": second}), "QueryInvalid", "query").await;
    names(&body, &["more than one statement", "line 1, column 27"]);
    for (query, error_type) in [
        (" ;; -- nothing\n".to_owned(), "QueryInvalid"),
        ("SELECT 'never closed".to_owned(), "QueryInvalid"),
        ("SELECT $$never closed".to_owned(), "QueryInvalid"),
        (format!("SELECT {long}"), "QueryInvalid"),
        (format!("SELECT {}1{}", "(".repeat(200_000), ")".repeat(200_000)), "QueryInvalid"),
        (format!("SELECT {}1{}", "{fn abs(".repeat(50_000), ")}".repeat(50_000)), "QueryInvalid"),
        (format!("SELECT {}", vec!["1"; 2_000].join(",")), "QueryInvalid"),
    ] {
        let body = fails(&fixture, &function, &json!({"query": query}), error_type, "query").await;
        assert!(body.to_string().len() < 2_000, "{}", body.to_string().len());
    }
}

#[tokio::test]
async fn a_configuration_of_the_wrong_shape_is_named_and_not_shown() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let account = fixture.stack.account_a();
    let secret = SECRET;
    let deep = format!("{{\"password\": \"{secret}\", \"x\": {}{}}}", "[".repeat(500), "]".repeat(500));
    let huge = format!("{{\"host\": \"{secret}\", \"x\": \"{}\"}}", "x".repeat(3_000));
    for (text, words) in [
        (format!("[\"{secret}\"]"), "JSON object"),
        ("5".to_owned(), "JSON object"),
        ("null".to_owned(), "database, username, password, host"),
        (format!("\"{secret}\""), "JSON object"),
        (secret.to_owned(), "is not JSON"),
        (format!("{{\"password\": \"{secret}\""), "is not JSON"),
        (format!("{{\"password\": \"{secret}\"}} trailing"), "is not JSON"),
        (deep, "database, username, host"),
        ("{}".to_owned(), "database, username, password, host"),
        (huge, "database, username, password"),
        (format!("{{\"password\": [\"{secret}\"]}}"), "password"),
        (
            format!("{{\"host\": {{\"a\": \"{secret}\"}}, \"username\": true}}"),
            "username must be a string or a number",
        ),
        (format!("{{\"nested\": {{\"host\": \"{secret}\"}}}}"), "host"),
        (
            format!(
                "{{\"host\": \"h\", \"database\": \"\", \"username\": \" \", \"password\": \"{secret}\"}}"
            ),
            "database, username",
        ),
    ] {
        account.put_parameter("/odd", &text, "SecureString").await.expect("a parameter");
        let event = json!({"dbConfigParam": "/odd", "query": "SELECT 1"});
        let body = fails(&fixture, &function, &event, "InvalidDbConfig", "config").await;
        names(&body, &["/odd", words]);
    }
    // Values that no server and no system takes.
    for (changes, words) in [
        (json!({"port": 0}), "port"),
        (json!({"port": 65_536}), "port"),
        (json!({"port": -1}), "port"),
        (json!({"port": 5432.5}), "port"),
        (json!({"port": secret}), "port"),
        (json!({"sslMode": secret}), "sslMode"),
        (json!({"sslMode": "prefer"}), "sslMode"),
        (json!({"auth": secret}), "auth"),
        (json!({"host": format!("a\0{secret}")}), "host"),
        (json!({"username": format!("a\0{secret}")}), "username"),
        (json!({"database": format!("a\0{secret}")}), "database"),
        (json!({"password": format!("a\0{secret}")}), "password"),
        (json!({"tlsServerName": format!("a\0{secret}")}), "tlsServerName"),
    ] {
        fixture.parameter("/odd", changes).await;
        let event = json!({"dbConfigParam": "/odd", "query": "SELECT 1"});
        let body = fails(&fixture, &function, &event, "InvalidDbConfig", "config").await;
        names(&body, &["/odd", words]);
    }
    // A path with nothing of use below it, and one with half of it.
    account.put_parameter("/path/other", secret, "String").await.expect("a parameter");
    account.put_parameter("/path/username", "u", "String").await.expect("a parameter");
    let event = json!({"dbConfigParam": "/path/", "query": "SELECT 1"});
    let body = fails(&fixture, &function, &event, "InvalidDbConfig", "config").await;
    names(&body, &["/path/", "database, password, host"]);
}
