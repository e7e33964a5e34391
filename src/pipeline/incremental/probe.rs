//! What the next window of a stream would be, for a diagnosis. Nothing is written.

use super::errors::no_table;
use super::outcome::nothing_new;
use super::stream::Stream;
use super::table;
use crate::database::Session;
use crate::error::Result;
use crate::form;
use crate::job::{Extraction, Incremental, Query};
use crate::pipeline::process::Process;
use crate::watermark::{Cluster, check_identity, check_request, check_table};

/// Says what the next window of the stream is, in sentences.
///
/// # Errors
/// `WatermarkInvalid` and others with which an export would fail.
pub(crate) async fn probe(
    process: &Process,
    (extraction, incremental): (&Extraction, &Incremental),
    session: &mut Session,
    (resource, delivery): (Option<String>, &str),
) -> Result<String> {
    let Query::Table(name) = &extraction.query else { return Err(no_table()) };
    let mut stream = Stream::peek(process, &extraction.target, &incremental.stream, delivery).await?;
    let identity = session.server_identity().await?;
    let found = table::find(session, name, extraction).await?;
    // Planning locks every table that stores rows of it.
    session.explain_nodes(&found.select(), &[]).await?;
    let leaves = session.locked_leaves(&found).await?;
    let described = table::describe(session, (&found, &leaves), &incremental.watermark).await?;
    let horizon = identity.horizon;
    let shown = form::shown(&incremental.stream);
    let held = match horizon.held_back_by() {
        0 => String::new(),
        held => format!(" Running transactions hold {held} ids back."),
    };
    let Some(state) = stream.read().await?.filter(|state| !state.is_to_restart(incremental, delivery)) else {
        return Ok(format!(
            "The stream {shown} would begin: its first object has all rows of transactions before {}.{held}",
            horizon.upper
        ));
    };
    check_request(&state, extraction, incremental)?;
    check_identity(&state, &Cluster { resource, ..identity.cluster }, horizon)?;
    check_table(&state, &described.facts, incremental)?;
    if state.lower.is_some_and(|lower| horizon.upper <= lower) {
        let nothing = nothing_new(&state, horizon, stream.location(), Vec::new());
        return Ok(format!("{}.", nothing.message));
    }
    Ok(format!(
        "The next window of stream {shown}, number {}, has the transactions from {} up to {}.{held}",
        state.sequence,
        state.lower.unwrap_or(0),
        horizon.upper
    ))
}
