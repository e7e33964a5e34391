//! What must be undone on the way out: the statement cancelled, the transaction rolled back, the upload aborted.

use std::time::Duration;

use super::export::DONE;
use super::shared::Run;
use super::sink::{Sink, Written};
use crate::database::Session;
use crate::error::{Error, Result};
use crate::response::Outcome;

/// What must be undone if the work does not come to its end.
#[derive(Default)]
pub(super) struct Held {
    pub(super) session: Option<Session>,
    pub(super) sink: Option<Sink>,
    pub(super) commit: Commit,
}

/// How far a writing run has come with its changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Commit {
    /// They go with the transaction.
    #[default]
    No,
    /// Only the server knows.
    Asked,
    /// They stay.
    Done,
}

impl Held {
    pub(super) async fn close_session(&mut self) {
        if let Some(session) = &mut self.session {
            close(session).await;
        }
    }

    /// Cancels and aborts. An object that stands all the same, since its answer was all that was missing, is success.
    pub(super) async fn clean_up(self, mut error: Error, run: &Run) -> Result<Outcome> {
        let time = run.deadline.until_answer().unwrap_or(LONG);
        let Self { session, sink, commit } = self;
        let close = async {
            if let Some(mut session) = session {
                session.close(time.min(CLOSE)).await;
            }
        };
        let abort = async {
            match sink {
                Some(sink) => sink.abort(time).await,
                None => Ok(None),
            }
        };
        let changes = match commit {
            Commit::No => None,
            Commit::Asked => Some(" This was during COMMIT: the changes may be committed."),
            Commit::Done => Some(" The query's changes are committed."),
        };
        if let Some(changes) = changes {
            error.message.push_str(changes);
            error.retryable = false;
        }
        match tokio::join!(close, abort).1 {
            Ok(Some(written)) => Ok(stands(written, run)),
            Ok(None) => Err(error),
            Err(left) => {
                error.message = format!("{} Besides: {}", error.message, left.message);
                error.hint = left.hint;
                Err(error)
            }
        }
    }
}

/// Ends a session that has nothing more to do.
pub(super) async fn close(session: &mut Session) {
    session.close(GOODBYE).await;
}

/// How long a session that is done may take to end.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long a session may take to end whose statement has to be stopped.
const CLOSE: Duration = Duration::from_secs(5);
/// How long an abort may be tried where there is no deadline.
const LONG: Duration = Duration::from_secs(30);

fn stands(written: Written, run: &Run) -> Outcome {
    Outcome {
        message: DONE.to_owned(),
        records_processed: run.progress.rows(),
        s3_location: written.s3_location,
        file: written.file,
        bytes_written: written.bytes,
        bytes_uncompressed: run.progress.bytes(),
        columns: 0,
        warnings: vec!["S3's answer was late; the object was found complete.".to_owned()],
    }
}
