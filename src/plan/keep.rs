//! Writes the list of a plan, which replaces nothing.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use bytes::Bytes;

use super::planned::Place;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::event::{self, PlannedEvent};
use crate::job::{Naming, Plan, PlanTarget, check_key};
use crate::pipeline::Process;
use crate::s3::{Content, Store};

/// The name of the list in the folder of a plan. Programs that read all objects of a folder pass over it.
const NAME: &str = "_plan.json";
/// The metadata entry with the id of the request that wrote the list.
const PLAN_ID: &str = "plan-id";

/// Writes the list, and returns where it is.
pub(super) async fn keep(
    process: &Process,
    plan: &Plan,
    events: &[PlannedEvent],
    naming: Naming<'_>,
) -> Result<Place> {
    let list = list(events);
    match &plan.target {
        PlanTarget::File(path) => {
            in_file(path, &list)?;
            Ok(Place::File(path.display().to_string()))
        }
        PlanTarget::Object { bucket, key } => {
            in_bucket(process, plan, bucket, key, list, naming.request_id).await
        }
        PlanTarget::Folder | PlanTarget::Estimate(_) => {
            let prefix = plan.key_prefix.as_ref();
            let prefix = prefix.map(|prefix| prefix.resolve(naming, plan.event_id.as_deref()));
            let key = format!("{}/{NAME}", event::folder(prefix.as_deref(), naming));
            in_bucket(process, plan, &plan.bucket, &key, list, naming.request_id).await
        }
    }
}

/// Returns the list as JSON, one event a line.
fn list(events: &[PlannedEvent]) -> String {
    let lines: Vec<_> = events.iter().map(|event| event.json.as_str()).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

async fn in_bucket(
    process: &Process,
    plan: &Plan,
    bucket: &str,
    key: &str,
    list: String,
    request_id: &str,
) -> Result<Place> {
    check_key(key).map_err(|what| {
        let message = format!("The key of the list {what}.");
        Error::new(ErrorType::InvalidRequest, Stage::Event, message)
    })?;
    let owner = plan.bucket_owner.clone().filter(|_| bucket == plan.bucket);
    let store = Store::new(process.s3().await.clone(), bucket, owner, plan.options.clone());
    let content = Content { content_type: "application/json", metadata: &[(PLAN_ID, request_id)] };
    if store.write(key, &Bytes::from(list), content, None).await?.is_none() {
        // The SDK sends again what got no answer.
        let standing = store.look(key).await?;
        let id = standing.as_ref().and_then(|standing| standing.metadata.get(PLAN_ID));
        if id.map(String::as_str) != Some(request_id) {
            let message = format!("s3://{bucket}/{key} exists and is not overwritten.");
            return Err(Error::new(ErrorType::ObjectExists, Stage::Upload, message).with_hint(
                "Another plan with this keyPrefix began in the same second: run it again, or give it a keyPrefix of its own.",
            ));
        }
    }
    Ok(Place::Object { bucket: bucket.to_owned(), key: key.to_owned() })
}

fn in_file(path: &Path, list: &str) -> Result<()> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(list.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| {
        let path = path.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            let message = format!("{path} exists and is not overwritten.");
            return Error::new(ErrorType::ObjectExists, Stage::Upload, message)
                .with_retryable(false)
                .with_hint("Choose another --output, or remove the file.");
        }
        let message = format!("{path} could not be written: {error}.");
        Error::new(ErrorType::OutputFailed, Stage::Upload, message)
    })
}
