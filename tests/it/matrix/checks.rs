//! The checks after every row, whatever the fault was.

use devstack::{Invocation, Leftovers, Method};
use serde_json::Value;

use crate::matrix::environment::{Environment, RIVAL, SECRET};
use crate::matrix::lane::Lane;
use crate::matrix::row::{Expected, Object, Query, Row};

/// Returns what is wrong after a row.
pub async fn after(
    environment: &Environment,
    lane: &Lane,
    row: &Row,
    prefix: &str,
    invocation: &Invocation,
) -> Vec<String> {
    let mut problems = Vec::new();
    match &invocation.result {
        Ok(answer) => says(row, answer, &invocation.logs, &mut problems),
        Err(error) => problems.push(format!("no answer: {error:?}")),
    }
    if invocation.duration >= row.limit {
        problems.push(format!("answered after {:?}", invocation.duration));
    }
    shows_no_secret(invocation, &mut problems);
    let left = environment.leftovers(&lane.name).await;
    if !left.sessions.is_empty() {
        problems.push(format!("sessions: {:?}", left.sessions));
    }
    in_bucket(environment, lane, row, prefix, invocation, left, &mut problems).await;
    problems
}

/// Checks that the answer and the metrics are those that the row expects.
fn says(row: &Row, answer: &Value, logs: &[String], problems: &mut Vec<String>) {
    let body = &answer["body"];
    let stage = match row.expected {
        Expected::Fails { stage, .. } => Some(stage),
        _ => None,
    };
    let as_expected = if row.succeeds() {
        answer["statusCode"] == 200
    } else {
        body["errorType"] == row.error_type()
            && stage.is_none_or(|stage| body["stage"] == stage)
            && body["hint"].as_str().is_some_and(|hint| hint.len() > 10)
            && body["retryable"].is_boolean()
    };
    if !as_expected || !body["requestId"].is_string() {
        problems.push(format!("answered {answer}"));
    }
    let records: Vec<Value> = logs.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let outcomes: Vec<_> = records
        .iter()
        .filter(|record| record.get("_aws").is_some())
        .map(|record| &record["outcome"])
        .collect();
    if outcomes != [row.error_type()] {
        problems.push(format!("the metrics say {outcomes:?}"));
    }
}

fn shows_no_secret(invocation: &Invocation, problems: &mut Vec<String>) {
    for line in invocation.shown().lines() {
        if line.contains(SECRET) || line.contains("X-Amz-") {
            problems.push(format!("shows a secret or a cell: {line}"));
        }
    }
}

/// Checks the objects and the uploads, and removes them for the next row.
async fn in_bucket(
    environment: &Environment,
    lane: &Lane,
    row: &Row,
    prefix: &str,
    invocation: &Invocation,
    left: Leftovers,
    problems: &mut Vec<String>,
) {
    let bucket = &lane.name;
    let wanted = format!("{prefix}/data.csv");
    let account = environment.fixture.stack.account_a();
    let mut ours = Vec::new();
    let mut rivals = 0;
    for object in &left.objects {
        let bytes = account.get_object(bucket, &object.key).await.expect("an object");
        if bytes == RIVAL && object.key == wanted {
            rivals += 1;
        } else {
            ours.push((object.key.clone(), bytes));
        }
        let target = format!("/{bucket}/{}", object.key);
        account.s3(Method::DELETE, &target, b"").await.expect("an answer");
    }
    let (expected_ours, expected_rivals) = match row.object {
        Object::None => (0, 0),
        Object::Complete => (1, 0),
        Object::Rivals => (0, 1),
        Object::Both => (1, 1),
    };
    if (ours.len(), rivals) != (expected_ours, expected_rivals) {
        let keys: Vec<_> = left.objects.iter().map(|object| (&object.key, object.size)).collect();
        problems.push(format!("objects: {keys:?}"));
    }
    let complete = match row.query {
        Query::Small => &environment.small,
        Query::Many | Query::Table => &environment.many,
        Query::Sql(_) => &Vec::new(),
    };
    let body = invocation.result.as_ref().map_or(&Value::Null, |answer| &answer["body"]);
    for (key, bytes) in &ours {
        let is_complete = match row.query {
            Query::Table => in_order(bytes) == in_order(complete),
            _ => bytes == complete,
        };
        if !is_complete {
            problems.push(format!("{key} is not the complete file: {} bytes", bytes.len()));
        }
        if body["s3Location"] != format!("s3://{bucket}/{key}") || body["bytesWritten"] != bytes.len() {
            problems.push(format!("{key} is not what the answer says: {body}"));
        }
    }
    let uploads = left.uploads;
    let named = uploads.iter().filter(|upload| {
        let error = body["error"].as_str().unwrap_or_default();
        [bucket, &upload.key, &upload.id].iter().all(|part| error.contains(*part))
    });
    if (uploads.len(), named.count()) != (usize::from(row.names_upload), usize::from(row.names_upload)) {
        problems.push(format!("open uploads: {uploads:?}, answered {body}"));
    }
    for upload in uploads {
        let target = format!("/{bucket}/{}?uploadId={}", upload.key, upload.id);
        account.s3(Method::DELETE, &target, b"").await.expect("an answer");
    }
}

/// The header, and the rows in their order, since several readers write them in none.
fn in_order(file: &[u8]) -> (Option<&[u8]>, Vec<&[u8]>) {
    let mut lines = file.split_inclusive(|byte| *byte == b'\n');
    let header = lines.next();
    let mut rows: Vec<_> = lines.collect();
    rows.sort_unstable();
    (header, rows)
}
