//! The program as a task of ECS: its event and its response, its exit statuses, its log, and how it is stopped.
//!
//! Where a Docker daemon answers, it runs in the image of package/container, without privileges and with a root file system
//! that is read-only; otherwise as a process with the same variables.

mod endpoint;
mod image;
mod task;

use std::time::Duration;

use devstack::{HttpFault, HttpProxy, Rule};
use serde_json::{Value, json};

use self::endpoint::{Endpoint, TASK};
use self::image::{configured, image};
use self::task::{Ended, Task};
use crate::fixture::{BUCKET, Fixture, PARAMETER};

/// The variables of a task definition, with the credentials and the id that ECS gives the task. AWS is behind the proxy.
struct Definition {
    fixture: Fixture,
    aws: HttpProxy,
    ecs: Endpoint,
}

impl Definition {
    async fn new() -> Self {
        let fixture = Fixture::start().await;
        let aws = fixture.stack.aws_proxy().await.expect("a proxy");
        Self { fixture, aws, ecs: Endpoint::start() }
    }

    /// Returns the variables of a run: those of the task definition, and these.
    fn variables(&self, own: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut variables = self.fixture.stack.function_env_through(&self.aws);
        // They come from the role of the task, as the endpoint of ECS gives them.
        variables.retain(|(name, _)| !name.starts_with("AWS_ACCESS_KEY") && !name.starts_with("AWS_SECRET"));
        variables.extend(self.ecs.variables());
        let usual = [
            ("DB_CONFIG_PARAM", PARAMETER),
            ("S3_BUCKET_NAME", BUCKET),
            ("EXTERNAL_ID", "unique-external-id"),
            ("S3_STORAGE_CLASS", "STANDARD_IA"),
        ];
        let all = usual.iter().chain(own).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        variables.extend(all);
        variables
    }

    /// Runs an event to its end, and returns how it ended and the response that lies in S3.
    async fn run(&self, event: &Value, name: &str, command: &'static str) -> (Ended, Option<Value>) {
        let result = format!("s3://{BUCKET}/runs/{name}.json");
        let event = event.to_string();
        let variables = self.variables(&[("EVENT", event.as_str()), ("RESULT", result.as_str())]);
        let words = command.split_whitespace().collect::<Vec<_>>();
        let ended = tokio::task::spawn_blocking(move || Task::run(&variables, &words));
        (ended.await.expect("it ends"), self.result(name).await)
    }

    async fn result(&self, name: &str) -> Option<Value> {
        let object = self.fixture.object(&format!("runs/{name}.json")).await?;
        Some(serde_json::from_slice(&object).expect("JSON"))
    }
}

#[tokio::test]
async fn the_exit_status_and_the_response_in_s3_say_what_became_of_the_event() {
    let task = Definition::new().await;
    let event = |name: &str, query: &str| task.fixture.event(name, query);
    let unknown = json!({"qeury": "SELECT 1"});
    let mut taken = event("done.csv", "SELECT 1 AS one");
    taken["ifExists"] = "fail".into();
    for (name, event, command, status, error) in [
        ("done", event("done.csv", "SELECT 1 AS one"), "", 0, Value::Null),
        ("failed", event("failed.csv", "SELECT nowhere"), "", 1, json!("QueryInvalid")),
        ("wrong", unknown, "", 2, json!("InvalidRequest")),
        (
            "late",
            event("late.csv", "SELECT pg_sleep(600)"),
            "extract --timeout 3",
            75,
            json!("DeadlineExceeded"),
        ),
        ("taken", taken, "", 1, json!("ObjectExists")),
        // A name has an execution and its attempt, so what is there is of no more use.
        ("done", json!([]), "", 2, json!("InvalidRequest")),
    ] {
        let (ended, result) = task.run(&event, name, command).await;
        assert_eq!(
            (ended.status, &ended.response["body"]["errorType"]),
            (status, &error),
            "{name}\n{}",
            ended.log
        );
        assert_eq!(ended.response["body"]["requestId"], TASK, "{name}");
        assert_eq!(result.as_ref(), Some(&ended.response), "{name}\n{}", ended.log);
    }
    assert_eq!(task.fixture.object("done.csv").await.as_deref(), Some(&b"\"one\"\n\"1\"\n"[..]));
    // The response is read again soon, whatever becomes of the exports.
    let puts = task.aws.calls_of("s3", "PutObject");
    let class = |name: &str| {
        let put = puts.iter().find(|call| call.target.contains(name)).unwrap_or_else(|| panic!("no {name}"));
        put.header("x-amz-storage-class").to_owned()
    };
    assert_eq!((class("done.csv").as_str(), class("runs/done.json").as_str()), ("STANDARD_IA", ""));
    // The credentials are those of the task's role.
    assert!(task.ecs.asked().iter().any(|path| path == "/credentials"), "{:?}", task.ecs.asked());
    task.fixture.leaves_only_objects().await;
}

#[tokio::test]
async fn the_event_may_lie_in_s3() {
    let task = Definition::new().await;
    let account = task.fixture.stack.account_a();
    let event = task.fixture.event("fetched.csv", "SELECT 2 AS two").to_string();
    account.put_object(BUCKET, "events/1.json", event.as_bytes()).await.expect("an object");
    account.put_object(BUCKET, "events/empty.json", b"").await.expect("an object");
    let run = |url: &str, command: &[&str]| {
        Task::run(&task.variables(&[("EVENT", &format!("s3://{BUCKET}/events/{url}"))]), command)
    };
    let done = run("1.json", &[]);
    assert_eq!((done.status, &done.response["statusCode"]), (0, &json!(200)), "{}", done.log);
    assert_eq!(task.fixture.object("fetched.csv").await.as_deref(), Some(&b"\"two\"\n\"2\"\n"[..]));

    for (url, says) in
        [("2.json", "There is no object s3://"), ("empty.json", "not JSON"), ("", "names no object")]
    {
        let refused = run(url, &[]);
        let error = refused.response["body"]["error"].as_str().unwrap_or_default();
        assert!(refused.status == 2 && error.contains(says), "{url}: {error}");
    }

    // A flag takes the place of the variable.
    let flag = format!("s3://{BUCKET}/events/1.json");
    let by_flag = run("2.json", &["extract", "--event", &flag, "--file-name", "flag.csv"]);
    assert_eq!(by_flag.status, 0, "{}", by_flag.log);
    let json = run("2.json", &["extract", "--event-json", &event, "--file-name", "json.csv"]);
    assert_eq!(json.status, 0, "{}", json.log);

    // What passes says so, and what is forbidden names the permission.
    task.aws.rule(Rule::every("s3", "GetObject", HttpFault::error(503, "SlowDown")));
    let passing = run("1.json", &[]);
    assert_eq!(
        (passing.status, &passing.response["body"]["stage"]),
        (75, &json!("event")),
        "{}",
        passing.response
    );
    task.aws.clear();
    task.aws.rule(Rule::every("s3", "GetObject", HttpFault::error(403, "AccessDenied")));
    let denied = run("1.json", &[]);
    let hint = denied.response["body"]["hint"].as_str().unwrap_or_default();
    assert!(denied.status == 1 && hint.contains("s3:GetObject on the event's object"), "{}", denied.response);
}

#[tokio::test]
async fn the_log_is_that_of_the_function_with_the_task_s_id() {
    let task = Definition::new().await;
    let event = task.fixture.event("logged.csv", "SELECT g FROM generate_series(1, 3) g");
    let (done, _) = task.run(&event, "logged", "").await;
    assert_eq!(done.status, 0, "{}", done.log);
    assert!(done.lines.iter().all(|line| line["requestId"] == TASK), "{}", done.log);
    assert!(done.lines.iter().any(|line| line.get("message") == Some(&json!("extraction completed"))));
    let records: Vec<_> = done.lines.iter().filter(|line| line.contains_key("_aws")).collect();
    assert_eq!(records.len(), 1, "{}", done.log);
    let metrics = &records[0]["_aws"]["CloudWatchMetrics"][0];
    assert_eq!((&metrics["Namespace"], &records[0]["Rows"]), (&json!("RdsDataExtractor"), &json!(3)));
    let head = task.fixture.stack.account_a().head_object(BUCKET, "logged.csv").await.expect("an answer");
    let head = head.expect("the object");
    assert_eq!(head.get("x-amz-meta-extraction-id").map(http::HeaderValue::as_bytes), Some(TASK.as_bytes()));

    // A refused event is counted, too, and level and name of the function are those of the task definition.
    let named =
        [("EVENT", "{\"qeury\": 1}"), ("LOG_LEVEL", "FATAL"), ("AWS_LAMBDA_FUNCTION_NAME", "exports")];
    let refused = Task::run(&task.variables(&named), &[]);
    assert_eq!((refused.status, refused.lines.len()), (2, 1), "{}", refused.log);
    assert_eq!(refused.lines[0]["outcome"], "InvalidRequest");
    assert_eq!(refused.lines[0]["FunctionName"], "exports");

    // Without an answer of the metadata the id is another one.
    let silent = [("ECS_CONTAINER_METADATA_URI_V4", "http://127.0.0.1:1/v4/x"), ("EVENT", "{\"qeury\": 1}")];
    let silent = Task::run(&task.variables(&silent), &[]);
    let id = silent.response["body"]["requestId"].as_str().unwrap_or_default().to_owned();
    assert!(id.len() == 32 && id != TASK, "{id}");
    assert!(silent.lines.iter().all(|line| line["requestId"] == id), "{}", silent.log);
    assert!(silent.log.contains("the task's metadata gave no answer"), "{}", silent.log);
}

#[tokio::test]
async fn a_task_that_is_stopped_cleans_up_in_time() {
    let task = Definition::new().await;
    let query = "SELECT md5(generate_series(1, 1000000000)::text) AS a";
    let event = task.fixture.event("stopped.csv", query).to_string();
    let result = format!("s3://{BUCKET}/runs/stopped.json");
    let mut running = Task::start(&task.variables(&[("EVENT", &event), ("RESULT", &result)]), &[]);
    while task.aws.calls_of("s3", "UploadPart").is_empty() {
        assert!(!running.has_ended(), "{}", running.end().log);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ended = tokio::task::spawn_blocking(move || {
        running.stop();
        running.end()
    });
    let ended = ended.await.expect("it ends");
    assert_eq!(
        (ended.status, &ended.response["body"]["errorType"]),
        (143, &json!("Cancelled")),
        "{}",
        ended.log
    );
    assert!(ended.log.contains("interrupted, cancelling"), "{}", ended.log);
    assert_eq!(task.result("stopped").await.as_ref(), Some(&ended.response));
    let left = task.fixture.leftovers().await;
    let keys: Vec<_> = left.objects.iter().map(|object| object.key.as_str()).collect();
    assert_eq!((keys, left.uploads, left.sessions), (vec!["runs/stopped.json"], vec![], vec![]));
}

#[tokio::test]
async fn a_response_that_cannot_be_written_is_no_success() {
    let task = Definition::new().await;
    let run = |event: &Value, result: &str| {
        Task::run(&task.variables(&[("EVENT", &event.to_string()), ("RESULT", result)]), &[])
    };
    let event = |name: &str| task.fixture.event(name, "SELECT 1 AS one");
    let nowhere = run(&event("one.csv"), "s3://no-such-bucket-anywhere/r.json");
    assert_eq!((nowhere.status, &nowhere.response["statusCode"]), (1, &json!(200)), "{}", nowhere.log);
    let says = |ended: &Ended, what: &str| {
        let line = ended.lines.last().expect("a line");
        let message = line["message"].as_str().unwrap_or_default();
        assert!(message.contains("could not be written to the place of --result"), "{}", ended.log);
        assert_eq!((&line["level"], &line["errorType"]), (&json!("ERROR"), &json!(what)));
    };
    says(&nowhere, "BucketNotFound");
    assert!(task.fixture.object("one.csv").await.is_some(), "the export stands");

    task.aws.rule(Rule::every("s3", "PutObject", HttpFault::error(503, "SlowDown")).with_target("r.json"));
    let passing = run(&event("two.csv"), &format!("s3://{BUCKET}/r.json"));
    assert_eq!((passing.status, &passing.response["statusCode"]), (75, &json!(200)), "{}", passing.log);
    says(&passing, "UploadFailed");
    // What the run itself has to say counts more.
    let wrong = run(&json!({"qeury": 1}), &format!("s3://{BUCKET}/r.json"));
    assert_eq!(wrong.status, 2, "{}", wrong.log);
    says(&wrong, "UploadFailed");
    // A place that is none is refused before anything runs.
    let refused = run(&event("three.csv"), &format!("s3://{BUCKET}/"));
    assert_eq!(refused.status, 2, "{}", refused.log);
    assert!(refused.response["body"]["error"].as_str().is_some_and(|text| text.contains("RESULT must be")));
    assert!(task.fixture.object("three.csv").await.is_none());
}

/// That it also works without privileges and on a file system that is read-only show the other tests, which start it so.
#[test]
fn the_image_runs_as_a_user_without_rights_and_is_stopped_by_sigterm() {
    if image().is_none() {
        return;
    }
    assert_eq!(configured("User"), "\"65532:65532\"");
    assert_eq!(configured("StopSignal"), "\"SIGTERM\"");
    assert_eq!(configured("Entrypoint"), "[\"/usr/local/bin/rds-data-extractor\"]");
    assert_eq!(configured("Cmd"), "[\"extract\"]");
}
