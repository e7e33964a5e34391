//! Sessions that ask about databases, without reading their rows.

use std::time::Duration;

use crate::database::{Session, SessionSettings, Snapshot};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::job::Extraction;
use crate::pipeline::{self, Process, Run};

/// The longest that a question may take on the server.
const LIMIT: Duration = Duration::from_secs(30);

/// Logs in to the database of an extraction and begins a READ ONLY transaction. Returns warnings for the caller too.
pub(super) async fn begin(
    process: &Process,
    extraction: &Extraction,
    run: &Run,
    deadline: &Deadline,
) -> Result<(Session, Vec<String>)> {
    let (mut session, warnings) = pipeline::log_in(process, extraction, run, deadline).await?;
    let settings = SessionSettings {
        writable: false,
        lossless: true,
        statement_timeout: Some(run.deadline.remaining().map_or(LIMIT, |left| left.min(LIMIT))),
        snapshot: Snapshot::Own,
        lock: None,
    };
    session.begin(settings).await?;
    Ok((session, warnings))
}
