//! Tests of the Runtime API with a small function that does what its event asks for.

use std::time::Duration;

use devstack::{Function, InvokeOptions, Result, RuntimeApi};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(30);

fn function() -> Function {
    Function::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bootstrap.py")).env([("GIVEN", "yes")])
}

#[tokio::test]
async fn invokes_one_warm_process() -> Result<()> {
    let api = RuntimeApi::start(function()).await?;
    let first = api.invoke(r#"{"a": 1}"#, LIMIT).await?;
    let answer = first.result.expect("it succeeds");
    assert_eq!(answer["event"], json!({"a": 1}));
    let deadline = answer["deadline_in"].as_f64().expect("a number");
    assert!(deadline > 0.0 && deadline <= 30.0, "{deadline}");
    assert!(first.init.is_some() && first.peak_rss > 1_000_000 && first.cpu_seconds >= 0.0);
    assert_eq!(first.logs, [format!("handling {}", first.request_id), "handled".into()]);
    let environment = &answer["environment"];
    assert_eq!(environment["GIVEN"], "yes");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "rds-data-extractor");
    assert_eq!(environment["CARGO_MANIFEST_DIR"], Value::Null, "the environment starts empty");

    let second = api.invoke(json!({}), LIMIT).await?;
    assert_eq!(second.result.expect("it succeeds")["count"], 2);
    assert!(second.init.is_none());
    api.restart().await;
    assert_eq!(api.invoke("{}", LIMIT).await?.result.expect("it succeeds")["count"], 1);
    Ok(())
}

#[tokio::test]
async fn shows_errors_as_lambda_does() -> Result<()> {
    let api = RuntimeApi::start(function()).await?;
    let failed = api.invoke(r#"{"fail": "QueryFailed"}"#, LIMIT).await?.result.expect_err("it fails");
    assert_eq!((failed.error_type.as_str(), failed.error_message.as_str()), ("QueryFailed", "as asked"));
    let pid = api.pid();
    let exit = api.invoke(r#"{"exit": 3}"#, LIMIT).await?.result.expect_err("it exits");
    assert_eq!(exit.error_type, "Runtime.ExitError");
    assert!(exit.error_message.ends_with("exit status 3"), "{exit:?}");
    let late = api.invoke(r#"{"sleep": 20}"#, Duration::from_millis(400)).await?;
    assert_eq!(late.result.expect_err("time is up").error_type, "Sandbox.Timedout");
    assert!(
        late.logs.iter().any(|line| line.contains("Task timed out after 0.40 seconds")),
        "{:?}",
        late.logs
    );
    let after = api.invoke("{}", LIMIT).await?;
    assert_eq!(after.result.expect("a new process")["count"], 1);
    assert_ne!(api.pid(), pid);

    let broken = RuntimeApi::start(function().env([("FAIL_AT_START", "1")])).await?;
    assert_eq!(broken.invoke("{}", LIMIT).await?.result.expect_err("no start").error_type, "StartFailed");
    Ok(())
}

#[tokio::test]
async fn a_deadline_can_lie() -> Result<()> {
    let api = RuntimeApi::start(function()).await?;
    let options = InvokeOptions { told_deadline_ms: Some(60_000), ..InvokeOptions::default() };
    let answer = api.invoke_with("{}", options).await?.result.expect("it succeeds");
    assert!(answer["deadline_in"].as_f64().expect("a number") < -1e9);
    Ok(())
}

#[tokio::test]
async fn serves_the_invoke_api() -> Result<()> {
    let api = RuntimeApi::start(function()).await?;
    let good = post(&api, "RequestResponse", r#"{"x": 1}"#).await?;
    assert!(good.starts_with("HTTP/1.1 200") && good.contains(r#""event":{"x":1}"#), "{good}");
    assert!(good.contains("x-amz-log-result: "), "{good}");
    let bad = post(&api, "RequestResponse", r#"{"fail": "Broken"}"#).await?;
    assert!(
        bad.contains("x-amz-function-error: Unhandled") && bad.contains(r#""errorType":"Broken""#),
        "{bad}"
    );
    assert!(post(&api, "RequestResponse", "not json").await?.starts_with("HTTP/1.1 400"));
    assert!(post(&api, "Event", "{}").await?.starts_with("HTTP/1.1 202"));
    Ok(())
}

#[tokio::test]
async fn a_process_that_polls_twice_has_two_invocations_at_a_time() -> Result<()> {
    let api = RuntimeApi::start(function().concurrency(2)).await?;
    // Each responds once both have started.
    let event = r#"{"meet": 2}"#;
    let (one, two) = tokio::try_join!(api.invoke(event, LIMIT), api.invoke(event, LIMIT))?;
    let (first, second) = (one.result.expect("it succeeds"), two.result.expect("it succeeds"));
    assert_eq!(first["environment"]["AWS_LAMBDA_MAX_CONCURRENCY"], "2");
    assert_eq!((&first["id"], &second["id"]), (&json!(one.request_id), &json!(two.request_id)));

    // Only the late invocation fails, and the process keeps running.
    let pid = api.pid();
    let (late, well) = tokio::try_join!(
        api.invoke(r#"{"sleep": 2}"#, Duration::from_millis(400)),
        api.invoke(r#"{"sleep": 1}"#, LIMIT)
    )?;
    assert_eq!(late.result.expect_err("time is up").error_type, "Sandbox.Timedout");
    assert!(well.result.is_ok() && api.invoke("{}", LIMIT).await?.result.is_ok());
    assert_eq!(api.pid(), pid);
    Ok(())
}

#[tokio::test]
async fn lines_below_the_log_level_are_dropped() -> Result<()> {
    let line =
        |level: &str| json!({"level": level, "timestamp": "2026-11-28T21:04:23Z", "n": level}).to_string();
    let lines = [line("DEBUG"), line("INFO"), line("WARN"), line("ERROR"), r#"{"n": "none"}"#.to_owned()];
    for (level, expected) in [("TRACE", vec![0, 1, 2, 3, 4]), ("INFO", vec![1, 2, 3, 4]), ("ERROR", vec![3])]
    {
        let api = RuntimeApi::start(function().env([("AWS_LAMBDA_LOG_LEVEL", level)])).await?;
        let logs = api.invoke(json!({ "print": lines }), LIMIT).await?.logs;
        let seen: Vec<_> = (0..lines.len()).filter(|at| logs.contains(&lines[*at])).collect();
        assert_eq!(seen, expected, "{level}");
        assert!(lines.iter().all(|line| api.output().lines().contains(line)), "{level}");
    }
    Ok(())
}

async fn post(api: &RuntimeApi, kind: &str, body: &str) -> Result<String> {
    let url = api.invoke_url();
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await?;
    let request = format!(
        "POST /2015-03-31/functions/rds-data-extractor/invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         X-Amz-Invocation-Type: {kind}\r\nX-Amz-Log-Type: Tail\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
