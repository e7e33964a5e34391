//! Names that are taken, and many that want the same.

use serde_json::json;

use crate::fixture::{BUCKET, Fixture, PATIENCE, response};

#[tokio::test]
async fn if_exists_has_three_ways_and_none_overwrites() {
    let fixture = Fixture::start().await;
    let account = fixture.stack.account_a();
    account.put_object(BUCKET, "taken.csv", b"theirs").await.expect("an object");
    let function = fixture.function(&[]).await;
    let event = |way: &str| json!({"query": "SELECT 1 AS one", "fileName": "taken.csv", "ifExists": way});
    let answer = async |way| function.invoke(event(way), PATIENCE).await.expect("an answer");

    assert_eq!(response(&answer("fail").await)["body"]["errorType"], "ObjectExists");
    let skipped = answer("skip").await;
    assert_eq!(response(&skipped)["body"]["s3Location"], format!("s3://{BUCKET}/taken.csv"));
    let suffixed = answer("suffix").await;
    let location = response(&suffixed)["body"]["s3Location"].as_str().expect("a location").to_owned();
    let key = location.strip_prefix(&format!("s3://{BUCKET}/")).expect("a key in the bucket");
    assert_ne!(key, "taken.csv");
    assert_eq!(fixture.object(key).await.as_deref(), Some(b"\"one\"\n\"1\"\n".as_slice()));
    assert_eq!(fixture.object("taken.csv").await.as_deref(), Some(b"theirs".as_slice()));
}

#[tokio::test]
async fn twenty_at_once_to_the_same_name_make_twenty_complete_objects() {
    let fixture = Fixture::start().await;
    let mut functions = Vec::new();
    for _ in 0..20 {
        let function = fixture.function(&[]).await;
        function.warm_up().await.expect("a process");
        functions.push(function);
    }
    let mut runs = tokio::task::JoinSet::new();
    for (i, function) in functions.into_iter().enumerate() {
        // Every fourth has several parts.
        let rows = if i % 4 == 0 { 150_000 } else { 10 };
        let query =
            format!("SELECT md5(g::text), md5((-g)::text), {i} AS run FROM generate_series(1, {rows}) g");
        let event = json!({"query": query, "keyPrefix": "many", "fileName": "same.csv"});
        runs.spawn(async move { (rows, function.invoke(event, PATIENCE).await.expect("an answer")) });
    }
    let mut locations = std::collections::HashSet::new();
    while let Some(run) = runs.join_next().await {
        let (rows, invocation) = run.expect("a run");
        let body = &response(&invocation)["body"];
        assert_eq!(body["recordsProcessed"], rows, "{body}");
        let location = body["s3Location"].as_str().expect("a location").to_owned();
        let object = fixture.object(location.strip_prefix(&format!("s3://{BUCKET}/")).expect("a key")).await;
        let lines = object.expect("an object").split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(lines, rows + 1);
        assert!(locations.insert(location), "two runs name the same object");
    }
    assert_eq!(locations.len(), 20);
    fixture.leaves_only_objects().await;
}
