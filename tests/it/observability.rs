//! A run produces what docs/observability.md describes: lines, metrics, the trace, the name in the database.

use std::collections::BTreeSet;

use devstack::{Function, Invocation, RuntimeApi};
use serde_json::{Map, Value, json};

use crate::documents::{blocks, read};
use crate::fixture::{BUCKET, Fixture, PARAMETER, PATIENCE, response};

fn document() -> String {
    read("docs/observability.md")
}

fn lines(invocation: &Invocation) -> Vec<Map<String, Value>> {
    let parse = |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    invocation.logs.iter().map(parse).collect()
}

/// Returns everything in backticks.
fn terms(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Returns the fields that a query reads, without keywords, functions, aliases and CloudWatch's own fields.
fn fields_of(query: &str) -> BTreeSet<String> {
    const WORDS: [&str; 13] = [
        "fields", "filter", "stats", "sort", "display", "limit", "by", "as", "asc", "desc", "and", "or",
        "not",
    ];
    let mut plain = String::new();
    for (index, part) in query.split('"').enumerate() {
        plain.push_str(if index % 2 == 0 { part } else { "0" });
    }
    let (mut fields, mut aliases, mut word, mut last) =
        (BTreeSet::new(), BTreeSet::new(), String::new(), String::new());
    for c in plain.chars().chain([' ']) {
        if c.is_alphanumeric() || matches!(c, '_' | '@' | '.') {
            word.push(c);
            continue;
        }
        let token = std::mem::take(&mut word);
        let is_name = token.starts_with(|first: char| first.is_alphabetic());
        if last == "as" {
            aliases.insert(token.clone());
        } else if is_name && c != '(' && !WORDS.contains(&token.as_str()) {
            fields.insert(token.clone());
        }
        if !token.is_empty() {
            last = token;
        }
    }
    fields.difference(&aliases).cloned().collect()
}

#[test]
fn a_query_s_fields_are_told_from_its_words() {
    let query = "filter level = \"ERROR not\"\n| stats count(*) as failures, max(Duration) by bin(1h), stage\n| sort failures desc";
    assert_eq!(fields_of(query), ["Duration", "level", "stage"].map(str::to_owned).into());
}

#[tokio::test]
async fn no_log_level_hides_the_metrics() {
    const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let pairs = LEVELS.into_iter().flat_map(|of_lambda| ["", "WARN", "FATAL"].map(|own| (of_lambda, own)));
    for (of_lambda, own) in pairs {
        let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
            .env([("AWS_LAMBDA_LOG_LEVEL", of_lambda), ("LOG_LEVEL", own)]);
        let function = RuntimeApi::start(function).await.expect("a Runtime API");
        let failed = function.invoke(json!({"bukcet": "x"}), PATIENCE).await.expect("an answer");
        assert_eq!(response(&failed)["body"]["errorType"], "InvalidRequest");
        let (records, others): (Vec<_>, Vec<_>) =
            lines(&failed).into_iter().partition(|line| line.contains_key("_aws"));
        assert_eq!(records.len(), 1, "Lambda's {of_lambda}, LOG_LEVEL {own}: {:?}", failed.logs);
        // Apart from the metrics, the failure is the only line.
        let shown = of_lambda != "FATAL" && own != "FATAL";
        assert_eq!(others.len(), usize::from(shown), "Lambda's {of_lambda}, LOG_LEVEL {own}: {others:?}");
    }
}

#[tokio::test]
async fn logs_metrics_and_traces_are_as_documented() {
    let fixture = Fixture::start().await;
    let proxy = fixture.stack.aws_proxy().await.expect("a proxy");
    let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
        .env(fixture.stack.function_env_through(&proxy))
        .env([("DB_CONFIG_PARAM", PARAMETER), ("S3_BUCKET_NAME", BUCKET), ("LOG_LEVEL", "DEBUG")]);
    let function = RuntimeApi::start(function).await.expect("a Runtime API");
    let query = "SELECT g, md5(g::text), (SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()) \
        FROM generate_series(1, 200000) g";
    let done = function.invoke(fixture.event("watched.csv", query), PATIENCE).await.expect("an answer");
    assert_eq!(response(&done)["statusCode"], 200, "{:?}", done.result);
    let failed =
        function.invoke(fixture.event("failed.csv", "SELECT nowhere"), PATIENCE).await.expect("an answer");
    assert_eq!(response(&failed)["body"]["errorType"], "QueryInvalid");

    let document = document();
    let documented = terms(&document);
    let mut seen = BTreeSet::new();
    for invocation in [&done, &failed] {
        let lines = lines(invocation);
        assert!(lines.len() >= 2, "{:?}", invocation.logs);
        let traces: BTreeSet<_> =
            lines.iter().map(|line| line["traceId"].as_str().expect("a trace")).collect();
        assert_eq!(traces.len(), 1, "{traces:?}");
        for line in &lines {
            assert_eq!(line["requestId"], invocation.request_id, "{line:?}");
            if !line.contains_key("_aws") {
                let common = ["timestamp", "level", "message"];
                assert!(common.iter().all(|name| line[*name].is_string()), "{line:?}");
            }
            for name in line.keys().filter(|name| *name != "_aws") {
                assert!(documented.contains(name.as_str()), "docs/observability.md lacks {name}");
                seen.insert(name.clone());
            }
        }
    }
    for message in ["database found", "extraction completed"] {
        assert!(
            documented.contains(message) && done.logs.iter().any(|line| line.contains(message)),
            "{message}"
        );
    }
    let record =
        lines(&done).into_iter().find(|line| line.contains_key("_aws")).expect("a record of metrics");
    let declared = &record["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(declared["Namespace"], "RdsDataExtractor");
    assert_eq!(declared["Dimensions"], json!([["FunctionName"], ["FunctionName", "outcome"]]));
    assert_eq!(
        (&record["Runs"], &record["Rows"], &record["outcome"]),
        (&json!(1), &json!(200_000), &json!("Success"))
    );
    assert_eq!(record["FunctionName"], function.function().name);

    // The queries of the document read fields that exist.
    let queries = blocks(&document, "insights");
    assert!(queries.len() >= 5, "{queries:?}");
    for query in &queries {
        let missing: Vec<_> = fields_of(query).into_iter().filter(|field| !seen.contains(field)).collect();
        assert!(missing.is_empty(), "no line has {missing:?}:\n{query}");
    }

    let slow =
        function.invoke(fixture.event("slow.csv", "SELECT pg_sleep(11)"), PATIENCE).await.expect("an answer");
    let lines = lines(&slow);
    let progress = lines.iter().find(|line| line["message"] == "extracting").expect("a line after 10 s");
    assert_eq!(progress["wanted"], format!("s3://{BUCKET}/slow.csv"));
    for name in progress.keys() {
        assert!(documented.contains(name.as_str()), "docs/observability.md lacks {name}");
    }

    // The database and AWS are told the request.
    let object = fixture.object("watched.csv").await.expect("the object");
    let text = String::from_utf8(object).expect("UTF-8");
    let name = format!("\"rds-data-extractor {}\"", done.request_id);
    assert!(text.lines().nth(1).is_some_and(|line| line.ends_with(&name)), "{:?}", text.lines().nth(1));
    let root = record["traceId"].as_str().expect("a trace");
    let calls = proxy.calls();
    let traced = |call: &&devstack::Call| call.header("x-amzn-trace-id").contains(root);
    assert!(calls.iter().filter(traced).count() >= 4, "the trace does not go on");
}
