//! Several requests in one process, as with Lambda Managed Instances.

use std::collections::BTreeSet;

use devstack::{Function, Invocation, RuntimeApi};
use serde_json::{Map, Value};

use crate::fixture::{BUCKET, Fixture, PARAMETER, PATIENCE, response};

/// Returns the lines with this request id.
fn own_lines(invocation: &Invocation) -> Vec<Map<String, Value>> {
    let lines = invocation.logs.iter().map(|line| serde_json::from_str::<Map<_, _>>(line).expect(line));
    lines.filter(|line| line["requestId"] == invocation.request_id).collect()
}

fn metrics(lines: &[Map<String, Value>]) -> &Map<String, Value> {
    let records: Vec<_> = lines.iter().filter(|line| line.contains_key("_aws")).collect();
    let [record] = records[..] else { panic!("{} records: {lines:?}", records.len()) };
    record
}

#[tokio::test]
async fn two_requests_at_a_time_share_nothing_but_the_process() {
    let fixture = Fixture::start().await;
    let database = fixture.stack.postgres.connect().await.expect("a connection");
    // The function returns when two requests call it at the same time.
    database
        .batch_execute(
            "CREATE FUNCTION with_another() RETURNS bool LANGUAGE plpgsql VOLATILE AS $$ BEGIN
                 FOR i IN 1 .. 600 LOOP
                     PERFORM pg_stat_clear_snapshot();
                     IF (SELECT count(*) FROM pg_stat_activity
                         WHERE state = 'active' AND query LIKE '%with_another()%' AND pid <> pg_backend_pid()
                             AND application_name LIKE 'rds-data-extractor %') > 0 THEN
                         PERFORM pg_sleep(0.5);
                         RETURN true;
                     END IF;
                     PERFORM pg_sleep(0.05);
                 END LOOP;
                 RETURN false;
             END $$",
        )
        .await
        .expect("a function");
    let proxy = fixture.stack.aws_proxy().await.expect("a proxy");
    let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
        .concurrency(2)
        .env(fixture.stack.function_env_through(&proxy))
        .env([("DB_CONFIG_PARAM", PARAMETER), ("S3_BUCKET_NAME", BUCKET)]);
    let function = RuntimeApi::start(function).await.expect("a Runtime API");

    let whole = "SELECT g, with_another() AND g > 0 FROM generate_series(1, 1) g";
    let broken = "SELECT 1 / (CASE WHEN with_another() THEN 0 ELSE 1 END)";
    for (name, other, outcome) in [("other.csv", whole, "Success"), ("broken.csv", broken, "QueryFailed")] {
        let (one, two) = tokio::join!(
            function.invoke(fixture.event("one.csv", whole), PATIENCE),
            function.invoke(fixture.event(name, other), PATIENCE)
        );
        let (one, two) = (one.expect("an answer"), two.expect("an answer"));
        let object = response(&one)["body"]["s3Location"].as_str().expect("an object").to_owned();
        let key = object.strip_prefix(&format!("s3://{BUCKET}/")).expect("a key");
        let text = String::from_utf8(fixture.object(key).await.expect("the object")).expect("UTF-8");
        assert!(text.contains("\"1\",\"t\"") || text.contains("\"1\",\"true\""), "they did not meet: {text}");
        let body = &response(&two)["body"];
        assert_eq!(body["errorType"].as_str().unwrap_or("Success"), outcome, "{body}");

        let mut traces = BTreeSet::new();
        for (invocation, outcome) in [(&one, "Success"), (&two, outcome)] {
            let lines = own_lines(invocation);
            assert_eq!(metrics(&lines)["outcome"], outcome);
            let own: BTreeSet<_> = lines.iter().map(|line| line["traceId"].to_string()).collect();
            assert_eq!(own.len(), 1, "{lines:?}");
            assert_eq!(response(invocation)["body"]["requestId"], invocation.request_id);
            let last = if outcome == "Success" { "INFO" } else { "ERROR" };
            assert!(
                lines.iter().any(|line| line["level"] == last && line.contains_key("message")),
                "{lines:?}"
            );
            traces.extend(own);
        }
        assert_eq!(traces.len(), 2, "{traces:?}");
        // No line names another request or none.
        let ids = BTreeSet::from([one.request_id.as_str(), &two.request_id]);
        for line in one.logs.iter().chain(&two.logs) {
            let line: Map<String, Value> = serde_json::from_str(line).expect(line);
            assert!(ids.contains(line["requestId"].as_str().expect("an id")), "{line:?}");
        }
        // Calls to AWS carry the request's own trace.
        for trace in &traces {
            let root = trace.trim_matches('"');
            let calls = proxy.calls();
            let own = calls.iter().filter(|call| call.header("x-amzn-trace-id").contains(root));
            assert!(own.count() >= 2, "{root} does not go on");
        }
    }
}
