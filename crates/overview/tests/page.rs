//! Tests of the page as text. How a browser shows it is tested in the program's own tests.

#[path = "../examples/made_up/data.rs"]
mod data;

use extractor_overview::{Database, DatabaseKind, Overview, Thresholds, page};

const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>";

#[test]
fn three_hundred_databases_take_less_than_a_megabyte() {
    let overview = data::made_up(300, 10);
    assert_eq!(overview.databases.len(), 300);
    let page = page(&overview);
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert_eq!(page.matches("<tr").count() - page.matches("scope=\"rowgroup\"").count() - 4 - 11 - 9, 300);
}

#[test]
fn what_others_have_named_is_escaped_everywhere() {
    let mut overview = data::made_up(12, 2);
    let text = serde_json::to_string(&overview).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    spoil(&mut json);
    overview = serde_json::from_value(json).unwrap();
    let page = page(&overview);
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert_eq!(page.matches("<script>").count(), 1, "the page's own");
    assert!(!page.contains("<img"));
    assert!(!page.contains("\"'&<"));
}

/// Replaces every free text of the overview by a hostile one.
fn spoil(json: &mut serde_json::Value) {
    const FREE: [&str; 22] = [
        "account",
        "region",
        "roleArn",
        "identifier",
        "cluster",
        "replicaOf",
        "engine",
        "engineVersion",
        "status",
        "class",
        "certificateAuthority",
        "action",
        "description",
        "error",
        "errorType",
        "hint",
        "bucket",
        "prefix",
        "name",
        "subject",
        "what",
        "fix",
    ];
    match json {
        serde_json::Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                if FREE.contains(&name.as_str()) && value.is_string() {
                    *value = HOSTILE.into();
                } else if name == "tags" {
                    *value = serde_json::json!({HOSTILE: HOSTILE});
                } else if name == "failures" && value.is_object() {
                    *value = serde_json::json!({HOSTILE: 1});
                } else {
                    spoil(value);
                }
            }
            if let Some(id) = object.get_mut("requestId") {
                *id = HOSTILE.into();
            }
        }
        serde_json::Value::Array(array) => array.iter_mut().for_each(spoil),
        _ => {}
    }
}

#[test]
fn an_overview_that_knows_nothing_has_a_page() {
    let empty = Overview::new(data::now(), "none", Thresholds::default());
    let page = page(&empty);
    assert!(page.contains("No database was found.") && page.contains("No export was found."));
}

#[test]
fn what_is_written_is_read_again() {
    let overview = data::made_up(60, 4);
    let text = serde_json::to_string(&overview).unwrap();
    assert!(serde_json::from_str::<Overview>(&text).unwrap() == overview, "{} bytes", text.len());
}

#[test]
fn a_database_of_which_nothing_is_known_has_a_row() {
    let mut overview = Overview::new(data::now(), "none", Thresholds::default());
    overview.databases.push(Database::new("bare", DatabaseKind::Instance));
    assert!(page(&overview).contains("<bdi>bare</bdi>"));
}
