//! The checks after every row, whatever the fault was.

use bytes::Bytes;
use devstack::{Invocation, Leftovers, Method};
use serde_json::Value;

use crate::matrix::contents::{as_csv, in_order};
use crate::matrix::environment::{Environment, RIVAL, SECRET};
use crate::matrix::lane::Lane;
use crate::matrix::row::{Expected, Object, Output, Query, Row};
use crate::matrix::sets;

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
    let wanted = row.output.key(prefix);
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
    if rivals != usize::from(matches!(row.object, Object::Rivals | Object::Both)) {
        problems.push(format!("{rivals} objects of a rival: {:?}", left.objects));
    }
    let body = invocation.result.as_ref().map_or(&Value::Null, |answer| &answer["body"]);
    let folder = format!("s3://{bucket}/{prefix}/{}", row.output.file_name());
    let checked = match row.output {
        Output::Csv | Output::Parquet => of_one(environment, row, bucket, &ours, body),
        Output::Set => sets::check(environment, row, &folder, &ours, body),
    };
    problems.extend(checked.err());
    let error = body["error"].as_str().unwrap_or_default();
    let uploads = left.uploads;
    let as_expected = match (row.names_upload, &uploads[..]) {
        (false, uploads) => uploads.is_empty(),
        (true, uploads) if row.output == Output::Set => sets::are_named(&folder, uploads, error),
        (true, [upload]) => [bucket, &upload.key, &upload.id].iter().all(|part| error.contains(*part)),
        (true, _) => false,
    };
    if !as_expected {
        problems.push(format!("open uploads: {uploads:?}, answered {body}"));
    }
    for upload in uploads {
        let target = format!("/{bucket}/{}?uploadId={}", upload.key, upload.id);
        account.s3(Method::DELETE, &target, b"").await.expect("an answer");
    }
}

/// Checks our object, if there must be one.
fn of_one(
    environment: &Environment,
    row: &Row,
    bucket: &str,
    ours: &[(String, Bytes)],
    body: &Value,
) -> Result<(), String> {
    let [(key, bytes)] = ours else {
        let keys: Vec<_> = ours.iter().map(|(key, bytes)| (key, bytes.len())).collect();
        let as_expected = ours.is_empty() && matches!(row.object, Object::None | Object::Rivals);
        return if as_expected { Ok(()) } else { Err(format!("objects: {keys:?}")) };
    };
    if !matches!(row.object, Object::Complete | Object::Both) {
        return Err(format!("there is {key}, {} bytes", bytes.len()));
    }
    let complete = match row.query {
        Query::Small => &environment.small,
        Query::Many | Query::Table => &environment.many,
        Query::Parted | Query::Tables | Query::Sql(_) => &Vec::new(),
    };
    let csv = as_csv(key, bytes);
    let is_complete = match row.query {
        Query::Table => in_order(&csv) == in_order(complete),
        _ => csv == *complete,
    };
    if !is_complete {
        return Err(format!("{key} is not the complete file: {} bytes", bytes.len()));
    }
    if body["s3Location"] != format!("s3://{bucket}/{key}") || body["bytesWritten"] != bytes.len() {
        return Err(format!("{key} is not what the answer says: {body}"));
    }
    Ok(())
}
