//! The event's `csv` object: what it means, and what is refused.

use serde_json::json;

use crate::csv::{CsvOptions, Dialect, LineEnding, Quote};

fn problems(value: &serde_json::Value) -> Vec<(String, String)> {
    let problems = CsvOptions::from_json(value).expect_err("should be refused");
    problems.into_iter().map(|problem| (problem.field, problem.reason)).collect()
}

#[test]
fn an_empty_object_is_dialect_java() {
    let java = CsvOptions::for_dialect(Dialect::Java);
    for value in [json!({}), json!({"dialect": null, "bom": null}), json!({"dialect": "java"})] {
        assert_eq!(CsvOptions::from_json(&value).unwrap(), java);
    }
    let postgres = CsvOptions::from_json(&json!({"dialect": "postgres"})).unwrap();
    assert_eq!(postgres, CsvOptions::for_dialect(Dialect::Postgres));
}

#[test]
fn single_options_stand_beside_the_dialect() {
    let value = json!({"bom": true, "delimiter": ";", "dialect": "postgres", "header": false, "lineEnding": "crlf",
                       "null": "NULL", "quote": "all"});
    let options = CsvOptions::from_json(&value).unwrap();
    assert_eq!(options.dialect, Dialect::Postgres);
    assert_eq!((options.delimiter, options.quote, options.header), (b';', Quote::All, false));
    assert_eq!(
        (options.null.as_deref(), options.line_ending, options.bom),
        (Some("NULL"), LineEnding::CrLf, true)
    );
}

#[test]
fn all_problems_are_named_at_once() {
    let value =
        json!({"delimter": ";", "quote": "none", "header": "yes", "null": 0, "bom": 1, "lineEnding": "lfcr"});
    let fields: Vec<_> = problems(&value).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields.len(), 6);
    for field in ["delimter", "quote", "header", "null", "bom", "lineEnding"] {
        assert!(fields.iter().any(|named| named == field), "{field} is not among {fields:?}");
    }
    assert_eq!(problems(&json!([]))[0].0, "csv");
    assert!(problems(&json!({"dialect": "excel"}))[0].1.contains("\"java\" or \"postgres\""));
}

#[test]
fn what_cannot_be_read_back_is_refused() {
    for (value, field, reason) in [
        (json!({"delimiter": "\""}), "delimiter", "quote"),
        (json!({"delimiter": "\n"}), "delimiter", "line ending"),
        (json!({"delimiter": "\r"}), "delimiter", "line ending"),
        (json!({"delimiter": "\u{0}"}), "delimiter", "NUL"),
        (json!({"delimiter": "é"}), "delimiter", "ASCII"),
        (json!({"delimiter": ""}), "delimiter", "one ASCII character"),
        (json!({"delimiter": "||"}), "delimiter", "one ASCII character"),
        (json!({"delimiter": "\\", "quote": "minimal"}), "delimiter", "COPY FROM"),
        (json!({"delimiter": ".", "dialect": "postgres"}), "delimiter", "COPY FROM"),
        (json!({"null": "a,b"}), "null", "delimiter"),
        (json!({"null": "\"\""}), "null", "quote"),
        (json!({"null": "a\nb"}), "null", "line ending"),
        (json!({"null": "\\."}), "null", "COPY FROM"),
        (json!({"null": "N/A", "delimiter": "/"}), "null", "delimiter"),
    ] {
        let found = problems(&value);
        assert!(found[0].0 == field && found[0].1.contains(reason), "{value}: {found:?}");
    }
}
