use super::*;

fn params(json: &str) -> Vec<Param> {
    let event = RawEvent::new(format!("{{\"query\": \"SELECT 1\", \"params\": {json}}}"));
    extraction(&event, &environment(&[])).unwrap().params
}

fn server_text(json: &str) -> Option<String> {
    params(&format!("[{json}]"))[0].server_text(false).unwrap()
}

#[test]
fn numbers_keep_every_digit() {
    for number in ["0.1000", "123456789012345678901234567890", "1E400", "-0.0", "1e-7"] {
        assert_eq!(params(&format!("[{number}]")), [Param::Number(number.to_owned())]);
        assert_eq!(server_text(number).as_deref(), Some(number));
    }
}

#[test]
fn every_kind_of_value_has_its_servers_text() {
    assert_eq!(params("[]"), []);
    assert_eq!(server_text("null"), None);
    assert_eq!(server_text("true").as_deref(), Some("true"));
    assert_eq!(server_text("false").as_deref(), Some("false"));
    assert_eq!(server_text(r#""it's \"é\" \n""#).as_deref(), Some("it's \"é\" \n"));
    assert_eq!(server_text(r#"{"a" : 1.10}"#).as_deref(), Some(r#"{"a" : 1.10}"#));
    assert_eq!(
        server_text(r#"[1.0, "a\"\\b", null, true, "", "NULL"]"#).as_deref(),
        Some(r#"{1.0,"a\"\\b",NULL,true,"","NULL"}"#)
    );
    assert_eq!(server_text("[[1, 2], [3, 4]]").as_deref(), Some("{{1,2},{3,4}}"));
    assert_eq!(server_text("[]").as_deref(), Some("{}"));
    assert_eq!(server_text(r#"[{"a": "b"}]"#).as_deref(), Some(r#"{"{\"a\": \"b\"}"}"#));
}

#[test]
fn an_array_stays_json_for_a_json_parameter() {
    let array = &params(r#"[[1, {"a": [2.50]}]]"#)[0];
    assert_eq!(array.server_text(true).unwrap().as_deref(), Some(r#"[1, {"a": [2.50]}]"#));
    assert_eq!(params(r#"["{\"a\":1}"]"#)[0].server_text(true).unwrap().as_deref(), Some("{\"a\":1}"));
}

#[test]
fn arrays_have_six_dimensions_at_most() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(server_text(&nested(6)).as_deref(), Some("{{{{{{1}}}}}}"));
    assert!(params(&format!("[{}]", nested(7)))[0].server_text(false).is_err());
    assert!(params(&format!("[{}]", nested(200_000)))[0].server_text(false).is_err());
}

#[test]
fn wrong_values_are_named_by_place() {
    refused(&json!({"params": {"a": 1}}), "`params` must be an array, not an object.");
    refused(
        &json!({"query": "SELECT 1", "params": ["fine", "sec\u{0}ret"]}),
        "`params[1]` has the character NUL, which PostgreSQL cannot store.",
    );
    let event = RawEvent::new(r#"{"query": "SELECT 1", "params": ["\ud800"]}"#);
    let error = extraction(&event, &environment(&[])).unwrap_err();
    assert_eq!(error.message, "`params[0]` has a \\u escape that is half a character.");
    refused(
        &json!({"params": vec![0; 65_536]}),
        "`params` has 65536 values, but a statement takes 65535 at most.",
    );
    assert_eq!(checked(&json!({"query": "SELECT 1", "params": vec![0; 65_535]}), &[]).params.len(), 65_535);
}

#[test]
fn params_belong_to_a_query() {
    refused(&json!({"params": [1]}), "`params` came without a query, and the default one takes none.");
    checked(&json!({"params": [1]}), &[("DB_QUERY", "SELECT $1")]);
    checked(&json!({"params": [1]}), &[("DB_QUERY_PARAM", "/sql")]);
}
