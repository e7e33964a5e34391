//! Interrupts of the command line: the first signal ends the run cleanly, the second at once.

use std::process::{Output, Stdio};
use std::time::Duration;

use devstack::{HttpFault, Leftovers, Rule, Signal, TcpFault};
use rustix::process::{Pid, kill_process};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::matrix::environment::{Environment, MANY, SECRET, environment};
use crate::matrix::lane::Lane;
use crate::turns::beside_others;

const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the program with an event that writes `name` and takes longer than any test waits.
async fn extract(environment: &Environment, lane: &Lane, name: &str, query: &str) -> Child {
    extract_with(environment, lane, name, query, &json!({})).await
}

/// Returns the program with an event that writes a set.
async fn extract_set(environment: &Environment, lane: &Lane, name: &str) -> Child {
    extract_with(environment, lane, name, MANY, &json!({"maxFileSize": "5MiB"})).await
}

async fn extract_with(
    environment: &Environment,
    lane: &Lane,
    name: &str,
    query: &str,
    fields: &Value,
) -> Child {
    let mut event = json!({
        "dbConfigParam": format!("/{}/tls", lane.name),
        "crossAccountRoleArn": environment.fixture.role,
        "query": query,
        "bucket": lane.name,
        "fileName": name,
    });
    for (name, value) in fields.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
        .args(["extract", "--event", "-"])
        .env_clear()
        .envs(lane.function.function().env.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("standard input");
    stdin.write_all(event.to_string().as_bytes()).await.expect("it reads");
    child
}

fn signal(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| Pid::from_raw(id as i32)).expect("it runs");
    kill_process(pid, signal).expect("it runs");
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !is_so().await {
            sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what} did not come to be"));
}

async fn end(child: Child) -> Output {
    timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").expect("its output")
}

/// Sends the signal. The program must report it on standard output, end with 128 and its number, and leave
/// nothing.
async fn cancelled(environment: &Environment, lane: &Lane, child: Child, by: Signal, stage: &str) {
    signal(&child, by);
    let output = end(child).await;
    let said = String::from_utf8_lossy(&output.stderr);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("standard output is not JSON alone: {error}, {:?}: {said}", output.status)
    });
    assert_eq!(
        (&answer["body"]["errorType"], &answer["body"]["stage"]),
        (&json!("Cancelled"), &json!(stage))
    );
    assert_eq!(output.status.code(), Some(128 + by.as_raw()), "{said}");
    assert!(said.contains("interrupted, cancelling"), "{said}");
    assert!(!said.contains(SECRET) && !answer.to_string().contains(SECRET), "{said}");
    assert_eq!(environment.leftovers(&lane.name).await, Leftovers::default());
}

#[tokio::test]
async fn the_first_signal_ends_cleanly_whatever_is_under_way() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let lane = Lane::start(environment, "lane-signals").await;

    let child = extract(environment, &lane, "cli/sleeps.csv", "SELECT pg_sleep(600)").await;
    until("the query", async || environment.sleeps(&lane.name).await).await;
    cancelled(environment, &lane, child, Signal::INT, "rows").await;

    lane.aws.clear();
    lane.aws.rule(Rule::every("ssm", "GetParameter", HttpFault::Stall));
    let child = extract(environment, &lane, "cli/config.csv", "SELECT 1").await;
    until("the call", async || !lane.aws.calls_of("ssm", "GetParameter").is_empty()).await;
    cancelled(environment, &lane, child, Signal::TERM, "config").await;
    lane.aws.clear();

    lane.aws.rule(Rule::every("s3", "UploadPart", HttpFault::Stall));
    let child = extract(environment, &lane, "cli/stalls.csv", MANY).await;
    // The last part is sent once the last row was read; the server has sent all rows before that.
    until("the parts", async || lane.aws.calls_of("s3", "UploadPart").len() == 3).await;
    cancelled(environment, &lane, child, Signal::HUP, "upload").await;
    lane.aws.clear();

    lane.database.fault_next(&[TcpFault::StallAfter(1_000_000)]);
    let child = extract(environment, &lane, "cli/rows.csv", MANY).await;
    until("the silence", async || lane.database.sent() == 1_000_000).await;
    cancelled(environment, &lane, child, Signal::INT, "rows").await;
}

#[tokio::test]
async fn a_signal_leaves_nothing_of_a_set() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let lane = Lane::start(environment, "lane-set-signals").await;

    // Some files have been sent, and one is on its way.
    lane.aws.rule(Rule::every("s3", "UploadPart", HttpFault::Stall).with_target("part-00001"));
    let child = extract_set(environment, &lane, "cli/sends").await;
    until("the parts", async || lane.aws.calls_of("s3", "UploadPart").len() == 4).await;
    cancelled(environment, &lane, child, Signal::INT, "upload").await;

    // All files are complete, and the manifest is not, or one of them is not.
    for target in ["_manifest.json", "part-00002"] {
        lane.aws.clear();
        lane.aws.rule(Rule::every("s3", "CompleteMultipartUpload", HttpFault::Stall).with_target(target));
        let child = extract_set(environment, &lane, "cli/completes").await;
        let reached = async || {
            let completions = lane.aws.calls_of("s3", "CompleteMultipartUpload");
            completions.iter().any(|call| call.target.contains(target))
        };
        until("the completion", reached).await;
        cancelled(environment, &lane, child, Signal::TERM, "upload").await;
    }
    lane.aws.clear();
}

#[tokio::test]
async fn the_second_signal_ends_at_once() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let lane = Lane::start(environment, "lane-impatient").await;
    lane.aws.rule(Rule::every("s3", "UploadPart", HttpFault::Stall));
    lane.aws.rule(Rule::every("s3", "AbortMultipartUpload", HttpFault::Stall));
    let child = extract(environment, &lane, "cli/twice.csv", MANY).await;
    until("a part", async || !lane.aws.calls_of("s3", "UploadPart").is_empty()).await;
    signal(&child, Signal::INT);
    until("the abort", async || !lane.aws.calls_of("s3", "AbortMultipartUpload").is_empty()).await;
    signal(&child, Signal::INT);
    let output = end(child).await;
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stdout.is_empty());
    let left = environment.leftovers(&lane.name).await;
    assert_eq!((left.objects.len(), left.sessions), (0, Vec::new()));
}
