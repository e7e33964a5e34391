//! One extraction, from the checked event to the object. Only this module knows every stage.
//!
//! ```text
//! config → credentials → endpoint → connection ─┐
//!                           check the bucket ───┴→ query ─► reader ──► assembler ──► object or file
//!                                             rows → encode → (compress) → parts
//! ```
//!
//! The rows go to one object or file, or to a set of them (`set`).
//!
//! A reader has a session, encodes its rows and sends finished parts over a bounded channel; the assembler
//! joins them and alone knows their offsets. Several readers share one snapshot (`several`) and take ranges
//! of the rows from one queue (`shares`). What must be undone after a failure is kept outside of the work
//! itself, so that an error, the deadline and an interruption end in the same place: statements are
//! cancelled, transactions are rolled back and the upload is aborted.

mod assembler;
mod check;
mod chunk;
mod chunk_writer;
mod context;
mod destination;
mod divide;
mod export;
mod format;
mod incremental;
mod login;
mod outcome;
mod process;
mod ranges;
mod reader;
mod readers;
mod row;
mod run;
mod selection;
mod set;
mod several;
mod shares;
mod sink;
mod tables;
mod undo;
mod wanted;
mod work;

use std::time::Duration;

use futures_util::FutureExt;

use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::Extraction;
use crate::response::Outcome;
pub(crate) use check::{check_format, check_tables};
use context::{Context, Exported};
pub(crate) use destination::object_destination;
pub(crate) use divide::{Divisible, check_plan, find_table};
pub(crate) use incremental::{Change, Changed, change_state, probe, show_state};
pub(crate) use login::application_name;
use login::find_login;
pub(crate) use login::log_in;
pub use process::Process;
pub(crate) use run::Run;
pub(crate) use selection::select_tables;
use sink::{Destination, Preflight};
use undo::Undo;
pub(crate) use wanted::{Wanted, not_one_statement, parameters, wanted};

/// Runs one extraction to its end, or leaves nothing behind.
///
/// # Errors
/// Any error type, with the stage in which the run was.
pub(crate) async fn extract(process: &Process, extraction: &Extraction, run: &Run) -> Result<Outcome> {
    let mut undo = Undo::default();
    let result = tokio::select! {
        biased;
        () = run.deadline.expired() => Err(deadline_exceeded(run)),
        () = run.interruption() => Err(Error::new(
            ErrorType::Cancelled,
            run.progress.stage(),
            format!("The extraction was interrupted after {} rows.", run.progress.rows()),
        )),
        result = work(process, extraction, run, &mut undo) => result,
    };
    match result {
        Ok(outcome) => Ok(outcome),
        Err(error) => undo.undo(prefer_own_deadline(error, run), run, extraction).await,
    }
}

/// Replaces the server's timeout by our own deadline if that has passed. The server's limit is derived from
/// ours and expires a little later; after a stalled write both have passed, and the server's error may be
/// read first.
fn prefer_own_deadline(error: Error, run: &Run) -> Error {
    let ours =
        error.error_type == ErrorType::QueryTimeout && run.deadline.remaining() == Some(Duration::ZERO);
    if ours { deadline_exceeded(run) } else { error }
}

fn deadline_exceeded(run: &Run) -> Error {
    let stage = run.progress.stage();
    let message = format!(
        "The time ran out after {:.1} seconds in stage {stage}, with {} rows read.",
        run.deadline.elapsed().as_secs_f64(),
        run.progress.rows(),
    );
    run.out_of_time(message, "split the query")
}

async fn work(process: &Process, extraction: &Extraction, run: &Run, undo: &mut Undo) -> Result<Outcome> {
    run.progress.enter(Stage::Config);
    if let Some(incremental) = &extraction.incremental {
        return incremental::work(process, (extraction, incremental), run, undo).boxed().await;
    }
    let wanted = wanted(process, extraction).await?;
    let (login, warnings) = find_login(process, &extraction.source, run).await?;

    let mut destination = Destination::new(extraction, run)?;
    let mut tried_before = false;
    loop {
        run.progress.enter(Stage::Connection);
        let (session, preflight) = tokio::join!(
            async {
                let session = login.connect(&run.deadline).await;
                // From now on, the run waits for S3.
                run.progress.enter(Stage::Upload);
                session
            },
            destination.preflight(process, &mut undo.claim, &mut undo.sets)
        );
        let mut session = session?;
        let sink = match preflight {
            Ok(Preflight::Ready(sink)) => Some(sink),
            Ok(Preflight::Claimed) => None,
            Ok(Preflight::SkipSet(existing)) => {
                session.close_idle().await;
                return Ok(set::skipped(existing, warnings));
            }
            Ok(Preflight::DeliveredSet(existing)) => {
                session.close_idle().await;
                return Ok(set::delivered(existing, warnings));
            }
            Ok(Preflight::Skip(existing)) => {
                session.close_idle().await;
                return Ok(outcome::skipped(existing, warnings));
            }
            Ok(Preflight::Delivered(existing)) => {
                session.close_idle().await;
                return Ok(outcome::delivered(existing, warnings));
            }
            Err(error) => {
                undo.hold(session);
                return Err(error);
            }
        };
        run.progress.enter(Stage::Connection);
        let context = Context { process, extraction, run };
        let exported = match (sink, extraction.layout.set()) {
            // Boxed, so that an extraction of one file does not need room for it.
            (None, Some(options)) => context.export_set(&wanted, options, session, undo).boxed().await,
            (None, None) => Err(context::no_session()),
            (Some(sink), _) => context.export(&wanted, session, sink, undo).await,
        };
        match exported? {
            Exported::Done(mut outcome) => {
                *undo = Undo::default();
                outcome.warnings.splice(0..0, warnings);
                return Ok(outcome);
            }
            // A statement that writes must not run twice; any other is tried once more.
            Exported::Refused { error, .. } if tried_before || extraction.allow_writes => return Err(error),
            Exported::Refused { error, again } => {
                tracing::warn!(%error, "another object took the name, extracting again under another");
                *undo = Undo::default();
                (destination, tried_before) = (*again, true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;

    #[tokio::test]
    async fn the_server_s_limit_is_ours_once_ours_has_passed() {
        let (_sender, interrupted) = watch::channel(false);
        let run = |limit| Run::by_hand("r".to_owned(), Some(limit), interrupted.clone());
        let told = |error_type, run: &Run| {
            prefer_own_deadline(Error::new(error_type, Stage::Rows, ""), run).error_type
        };
        let (passed, left) = (run(Duration::ZERO), run(Duration::from_mins(1)));
        assert_eq!(told(ErrorType::QueryTimeout, &passed), ErrorType::DeadlineExceeded);
        assert_eq!(told(ErrorType::QueryTimeout, &left), ErrorType::QueryTimeout);
        assert_eq!(told(ErrorType::ConnectionLost, &passed), ErrorType::ConnectionLost);
    }
}
