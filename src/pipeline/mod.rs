//! One extraction, from the checked event to the object: the only place that knows every stage.
//!
//! ```text
//! config → credentials → endpoint → connection ─┐
//!                         look at the bucket ───┴→ query → rows → encode → (compress) → parts → upload
//! ```
//!
//! Whatever has to be undone on the way out is kept in `Held`, outside of the work itself, so that an error, the
//! deadline and an interruption end in the same place: statement cancelled, transaction rolled back, upload aborted.

mod export;
mod held;
mod login;
mod sender;
mod shared;
mod sink;
mod stream;

use std::time::Duration;

use crate::database;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Compression, Extraction, Naming};
use crate::response::Outcome;
use crate::s3::Destination;
pub(crate) use export::parameters;
use export::{Exported, export};
use held::Held;
use login::find_login;
pub(crate) use login::{application_name, statement_text};
pub use shared::{Instead, Run, Shared};
use sink::{Looked, Target};

/// Runs one extraction to its end, or leaves nothing behind.
///
/// # Errors
/// Any of the closed list, with the stage in which the run was.
pub async fn extract(shared: &Shared, extraction: &Extraction, run: &Run) -> Result<Outcome> {
    let mut held = Held::default();
    let result = tokio::select! {
        // First of all the ways out: a busy reader uses up the task's budget, and a timer polled after it is put off.
        biased;
        () = run.deadline.expired() => Err(deadline_exceeded(run)),
        () = run.interruption() => Err(Error::new(
            ErrorType::Cancelled,
            run.progress.stage(),
            format!("The extraction was interrupted after {} rows.", run.progress.rows()),
        )),
        result = work(shared, extraction, run, &mut held) => result,
    };
    match result {
        Ok(outcome) => Ok(outcome),
        Err(error) => held.clean_up(told_apart(error, run), run).await,
    }
}

/// The server's limit on the statement follows from ours and strikes a little later; after a held-up write both have
/// passed, and the server's word may be read first.
fn told_apart(error: Error, run: &Run) -> Error {
    let ours =
        error.error_type == ErrorType::QueryTimeout && run.deadline.remaining() == Some(Duration::ZERO);
    if ours { deadline_exceeded(run) } else { error }
}

fn deadline_exceeded(run: &Run) -> Error {
    let stage = run.progress.stage();
    Error::new(
        ErrorType::DeadlineExceeded,
        stage,
        format!(
            "The time ran out after {:.1} seconds in stage {stage}, with {} rows read.",
            run.deadline.elapsed().as_secs_f64(),
            run.progress.rows(),
        ),
    )
}

async fn work(shared: &Shared, extraction: &Extraction, run: &Run, held: &mut Held) -> Result<Outcome> {
    run.progress.enter(Stage::Config);
    let sql = statement_text(shared, extraction).await?;
    let (login, warnings) = find_login(shared, extraction, run).await?;

    let mut target = Target::new(shared, extraction, run)?;
    for retry in 0.. {
        run.progress.enter(Stage::Connection);
        let (session, looked) = tokio::join!(
            async {
                let session = database::connect(&login, &run.deadline).await;
                // What is waited for from now on is S3.
                run.progress.enter(Stage::Upload);
                session
            },
            target.look_first(shared)
        );
        held.session = Some(session?);
        let looked = looked?;
        run.progress.enter(Stage::Connection);
        match looked {
            Looked::Skip(existing) => {
                held.close_session().await;
                return Ok(Outcome {
                    message: format!("The {} exists already; nothing was extracted", existing.noun()),
                    records_processed: 0,
                    s3_location: existing.s3_location,
                    file: existing.file,
                    bytes_written: existing.bytes,
                    bytes_uncompressed: 0,
                    columns: 0,
                    warnings,
                });
            }
            Looked::Ready(sink) => held.sink = Some(sink),
        }
        match export(shared, extraction, run, &sql, held).await? {
            Exported::Done(mut outcome) => {
                *held = Held::default();
                outcome.warnings.splice(0..0, warnings);
                return Ok(outcome);
            }
            // Writing twice is nobody's wish; one more try is what product and patience allow.
            Exported::Refused { error, .. } if retry > 0 || extraction.allow_writes => return Err(error),
            Exported::Refused { error, again } => {
                tracing::warn!(%error, "another object took the name, extracting again under another");
                *held = Held::default();
                target = *again;
            }
        }
    }
    unreachable!("the loop returns")
}

/// Where the object of this run goes.
pub(crate) fn destination(shared: &Shared, extraction: &Extraction, run: &Run) -> Result<Destination> {
    let key = extraction.object_key(Naming { request_id: &run.request_id, started: run.started })?;
    let id = extraction.event_id.as_deref().unwrap_or(&run.request_id);
    let mut destination = Destination::csv(&extraction.bucket, &key, id);
    destination.bucket_owner.clone_from(&extraction.bucket_owner);
    destination.if_exists = extraction.if_exists;
    destination.kms_key_id = shared.environment.get("S3_KMS_KEY_ID").map(str::to_owned);
    let compression = extraction.compression;
    if compression != Compression::None {
        // Where the name says what the file is, nothing on its way may undo it; where it does not, a header must.
        if key.ends_with(compression.extension()) {
            destination.content_type = format!("application/{}", compression.as_str());
        } else {
            destination.content_encoding = Some(compression.as_str().to_owned());
        }
    }
    Ok(destination)
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;

    #[tokio::test]
    async fn the_server_s_limit_is_ours_once_ours_has_passed() {
        let (_sender, interrupted) = watch::channel(false);
        let run = |limit| Run::by_hand("r".to_owned(), Some(limit), interrupted.clone());
        let told =
            |error_type, run: &Run| told_apart(Error::new(error_type, Stage::Rows, ""), run).error_type;
        let (passed, left) = (run(Duration::ZERO), run(Duration::from_mins(1)));
        assert_eq!(told(ErrorType::QueryTimeout, &passed), ErrorType::DeadlineExceeded);
        assert_eq!(told(ErrorType::QueryTimeout, &left), ErrorType::QueryTimeout);
        assert_eq!(told(ErrorType::ConnectionLost, &passed), ErrorType::ConnectionLost);
    }
}
