//! Asks the planner what the events of a plan read.

use std::time::Duration;

use super::estimates::{Estimated, Estimates};
use super::session;
use crate::database::Session;
use crate::deadline::Deadline;
use crate::diagnose::Estimate;
use crate::error::{Error, Result, Stage};
use crate::event::PlannedEvent;
use crate::job::{Extraction, Source};
use crate::pipeline::{self, Process, Run};

/// The time from which follows how often connecting is tried.
const CONNECT: Duration = Duration::from_secs(20);

/// The session with the database of the event before, if it can be used further.
struct Open {
    source: Source,
    session: Result<Session>,
}

/// Estimates all events, one after another. An event that cannot be planned is no failure of the others.
pub(super) async fn estimate(
    process: &Process,
    events: &[PlannedEvent],
    at_once: usize,
    run: &Run,
) -> Result<Estimates> {
    let mut open: Option<Open> = None;
    let mut of_events = Vec::with_capacity(events.len());
    for PlannedEvent { extraction, .. } in events {
        let mut session = match open.take() {
            Some(open) if open.source == extraction.source => open.session,
            other => {
                close(other).await;
                // A database that does not answer is left out; there may be many others.
                let limit = run.deadline.remaining().map_or(CONNECT, |left| left.min(CONNECT));
                let begun = session::begin(process, extraction, run, &Deadline::within(limit)).await;
                begun.map(|(session, _)| session)
            }
        };
        run.progress.enter(Stage::Query);
        let estimated = match &mut session {
            Ok(session) => of_event(process, session, extraction).await,
            Err(error) => Err(error.clone()),
        };
        let source = extraction.source.clone();
        open = match session {
            // A failure has ended the transaction.
            Ok(mut session) if estimated.is_err() => {
                session.close_idle().await;
                None
            }
            // Of a database that does not answer, too: the next event would wait as long.
            session => Some(Open { source, session }),
        };
        of_events.push(estimated.map_err(|error| reason(&error)));
    }
    close(open).await;
    Ok(Estimates { of_events, at_once })
}

async fn close(open: Option<Open>) {
    if let Some(Open { session: Ok(mut session), .. }) = open {
        session.close_idle().await;
    }
}

fn reason(error: &Error) -> String {
    format!("{}: {}", error.error_type, error.message)
}

async fn of_event(process: &Process, session: &mut Session, extraction: &Extraction) -> Result<Estimated> {
    let wanted = pipeline::wanted(process, extraction).await?;
    let Estimate { rows, bytes, time, .. } = Estimate::ask(session, wanted, extraction).await?;
    Ok(Estimated { rows, bytes, time })
}
