//! A function that is killed cannot clean up. These tests check what it leaves behind, and for how long.

use std::time::{Duration, Instant};

use devstack::{HttpFault, Invocation, Rule, Signal};
use rustix::process::{Pid, kill_process};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::matrix::environment::{Environment, MANY, environment};
use crate::matrix::lane::Lane;
use crate::turns::beside_others;

const A_MOMENT: Duration = Duration::from_millis(20);

fn event(environment: &Environment, lane: &Lane, query: &str) -> Value {
    json!({
        "dbConfigParam": format!("/{}/tls", lane.name),
        "crossAccountRoleArn": environment.fixture.role,
        "query": query,
        "bucket": lane.name,
        "fileName": "killed/data.csv",
    })
}

/// Kills the process in the middle of an invocation, once `is_so` returns true.
async fn killed_when(
    lane: &Lane,
    event: Value,
    limit: Duration,
    mut is_so: impl AsyncFnMut() -> bool,
) -> Invocation {
    let pid = lane.function.pid().and_then(|pid| Pid::from_raw(pid as i32)).expect("a warm process");
    let kill = async {
        while !is_so().await {
            sleep(A_MOMENT).await;
        }
        kill_process(pid, Signal::KILL).expect("it runs");
    };
    let (invocation, ()) = tokio::join!(lane.function.invoke(event, limit), kill);
    let invocation = invocation.expect("an invocation");
    let error = invocation.result.as_ref().expect_err("it was killed");
    assert_eq!(error.error_type, "Runtime.ExitError");
    invocation
}

/// Returns how long the role's query still runs.
async fn until_it_ends(environment: &Environment, lane: &Lane) -> Duration {
    let start = Instant::now();
    while environment.sleeps(&lane.name).await {
        assert!(start.elapsed() < Duration::from_secs(30), "the query still runs");
        sleep(A_MOMENT).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn the_server_notices_that_the_function_is_gone() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let lane = Lane::start(environment, "lane-gone").await;
    let event = event(environment, &lane, "SELECT pg_sleep(600)");
    let limit = Duration::from_mins(10);
    killed_when(&lane, event, limit, async || environment.sleeps(&lane.name).await).await;
    // By client_connection_check_interval; statement_timeout would have let it run for ten minutes.
    let ran_on = until_it_ends(environment, &lane).await;
    println!("a killed function's query ran on for {:.1} s", ran_on.as_secs_f64());
    assert!(ran_on < Duration::from_secs(12), "{ran_on:?}");
}

#[tokio::test]
async fn the_statement_ends_with_the_invocation_s_time_if_the_server_cannot_notice() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let lane = Lane::start(environment, "lane-vanished").await;
    let event = event(environment, &lane, "SELECT pg_sleep(600)");
    let limit = Duration::from_secs(9);
    let sleeps = async || {
        let sleeps = environment.sleeps(&lane.name).await;
        // The network disappears with the function, so nothing notifies the server.
        lane.database.freeze(sleeps);
        sleeps
    };
    killed_when(&lane, event, limit, sleeps).await;
    let ran_on = until_it_ends(environment, &lane).await;
    println!("a vanished function's query ran on for {:.1} s of its 8 s", ran_on.as_secs_f64());
    assert!(ran_on < limit + Duration::from_secs(3), "{ran_on:?}");
    lane.database.freeze(false);
}

#[tokio::test]
async fn an_upload_left_open_is_no_object_and_does_not_block_the_name() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let lane = Lane::start(environment, "lane-killed").await;
    let event = event(environment, &lane, MANY);
    let limit = Duration::from_mins(1);
    lane.aws.rule(Rule::every("s3", "UploadPart", HttpFault::Stall));
    let parts = async || !lane.aws.calls_of("s3", "UploadPart").is_empty();
    killed_when(&lane, event.clone(), limit, parts).await;
    let killed = Instant::now();
    lane.aws.clear();
    let account = environment.fixture.stack.account_a();
    let left = environment.leftovers(&lane.name).await;
    assert_eq!(
        left.uploads.iter().map(|upload| upload.key.as_str()).collect::<Vec<_>>(),
        ["killed/data.csv"]
    );
    assert_eq!(left.objects, []);

    // At first the killed rival looks alive, so the run takes another name; a minute later it does not.
    let location = async || {
        let invocation = lane.function.invoke(&event, limit).await.expect("an invocation");
        let answer = invocation.result.expect("an answer");
        let location = answer["body"]["s3Location"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        let key = location.strip_prefix(&format!("s3://{}/", lane.name)).expect("a key").to_owned();
        assert!(account.get_object(&lane.name, &key).await.expect("an object") == environment.many, "{key}");
        key
    };
    assert!(location().await.starts_with("killed/data_"));
    sleep(Duration::from_secs(47).saturating_sub(killed.elapsed())).await;
    assert_eq!(location().await, "killed/data.csv");
    // Only the killed run's upload is left. The bucket's lifecycle rule removes it after a day.
    assert_eq!(environment.leftovers(&lane.name).await.uploads, left.uploads);
}

#[tokio::test]
async fn files_without_a_manifest_are_no_set_and_make_way_for_the_next_run() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let lane = Lane::start(environment, "lane-killed-set").await;
    let mut event = event(environment, &lane, MANY);
    event["fileName"] = "killed/set".into();
    event["maxFileSize"] = "5MiB".into();
    let limit = Duration::from_mins(1);
    lane.aws
        .rule(Rule::every("s3", "CompleteMultipartUpload", HttpFault::Stall).with_target("_manifest.json"));
    let manifest = async || {
        let completions = lane.aws.calls_of("s3", "CompleteMultipartUpload");
        completions.iter().any(|call| call.target.contains("_manifest.json"))
    };
    killed_when(&lane, event.clone(), limit, manifest).await;
    let killed = Instant::now();
    lane.aws.clear();
    let keys = async || {
        let left = environment.leftovers(&lane.name).await;
        let keys = left.objects.into_iter().map(|object| object.key).collect::<Vec<_>>();
        (keys, left.uploads.into_iter().map(|upload| upload.key).collect::<Vec<_>>())
    };
    let (files, uploads) = keys().await;
    assert_eq!(files.len(), 4, "{files:?}");
    assert!(files.iter().all(|key| key.starts_with("killed/set/part-0000")), "{files:?}");
    assert_eq!(uploads, ["killed/set/_manifest.json"]);

    // At first the killed rival looks alive; 45 s later what it has left is removed.
    event["ifExists"] = "skip".into();
    let body = async || {
        let invocation = lane.function.invoke(&event, limit).await.expect("an invocation");
        invocation.result.expect("an answer")["body"].clone()
    };
    let refused = body().await;
    assert_eq!((&refused["errorType"], &refused["retryable"]), (&json!("ObjectExists"), &json!(true)));
    assert_eq!(keys().await, (files, uploads));
    sleep(Duration::from_secs(47).saturating_sub(killed.elapsed())).await;
    let written = body().await;
    assert_eq!(written["manifest"], format!("s3://{}/killed/set/_manifest.json", lane.name), "{written}");
    let (all, uploads) = keys().await;
    assert_eq!((all.len(), uploads.len()), (6, 0), "{all:?}, {uploads:?}");
}
