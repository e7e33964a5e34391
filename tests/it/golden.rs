//! The Java function's files, byte for byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use devstack::PoolMode;

use crate::fixture::{Fixture, PATIENCE, response};

fn corpus(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity").join(folder)
}

/// Returns the tables of the corpus, without what only psql understands.
pub fn schema() -> String {
    let text = std::fs::read_to_string(corpus("schema.sql")).expect("the schema");
    text.lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n")
}

/// Returns the queries of a folder by name. `suffix` follows the name.
pub fn queries(folder: &str, suffix: &str) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(corpus(folder)).expect("the corpus");
    files
        .filter_map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_name()?.to_str()?.strip_suffix(suffix)?.to_owned();
            Some((name, std::fs::read_to_string(&path).expect("a query")))
        })
        .collect()
}

/// The queries at which Java fails and the port does not, with the reason why that is better.
const ACCEPTED: [(&str, &str); 3] = [
    ("q_line_comment_after_semicolon", "a comment after the last semicolon is no second statement"),
    ("q_question_mark", "a single ? is an operator of the server, not a parameter without a value"),
    ("q_refcursor", "a cursor's name is printed, not looked up"),
];

#[tokio::test]
async fn every_golden_query_prints_java_s_bytes_or_fails_as_java_does() {
    golden_queries(None).await;
}

#[tokio::test]
async fn every_golden_query_prints_the_same_behind_a_transaction_pooler() {
    golden_queries(Some(PoolMode::Transaction)).await;
}

#[tokio::test]
async fn every_golden_query_prints_the_same_behind_a_session_pooler() {
    golden_queries(Some(PoolMode::Session)).await;
}

async fn golden_queries(behind: Option<PoolMode>) {
    let fixture = Fixture::start().await;
    let database = fixture.stack.postgres.connect().await.expect("a connection");
    let schema = schema();
    database.batch_execute(&schema).await.expect("the schema loads");
    let variables = [("ALLOW_WRITES", "true"), ("ON_EMPTY", "fail")];
    let (function, _pooler) = fixture.function_behind(behind, &variables).await;
    let mut wrong = Vec::new();
    for (name, query) in queries("golden", ".sql") {
        let key = format!("golden/{name}.csv");
        let invocation = function.invoke(fixture.event(&key, &query), PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        let written = fixture.object(&key).await;
        let golden = std::fs::read(corpus("golden").join(format!("{name}.csv"))).ok();
        let accepted = ACCEPTED.iter().any(|(accepted, _)| *accepted == name);
        if written != golden && !(accepted && written.is_some()) {
            wrong.push(format!("{name}: {body}"));
        }
        if ["insert", "update", "delete"].iter().any(|verb| name.contains(verb)) {
            database.batch_execute(&schema).await.expect("the schema loads again");
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn what_java_prints_as_junk_prints_sanely() {
    let fixture = Fixture::start().await;
    let database = fixture.stack.postgres.connect().await.expect("a connection");
    let schema = schema();
    database.batch_execute(&schema).await.expect("the schema loads");
    let function = fixture.function(&[]).await;
    for (name, query) in queries("junk", ".sql").into_iter().filter(|(name, _)| !name.contains("sane")) {
        let key = format!("junk/{name}.csv");
        let invocation = function.invoke(fixture.event(&key, &query), PATIENCE).await.expect("an answer");
        let sane = std::fs::read(corpus("junk").join(format!("{name}.sane.csv"))).expect("a sane answer");
        assert_eq!(fixture.object(&key).await, Some(sane), "{name}: {}", response(&invocation));
    }
}
