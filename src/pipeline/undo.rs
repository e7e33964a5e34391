//! The cleanup after a failure: statements are cancelled, transactions rolled back and the upload aborted.

use std::time::Duration;

use futures_util::future::join_all;

use super::outcome;
use super::readers::Readers;
use super::run::Run;
use super::set::{self, SetSink};
use super::sink::Sink;
use crate::database::Session;
use crate::error::{Error, Result};
use crate::job::Extraction;
use crate::response::Outcome;
use crate::s3::SetClaim;

/// What must be undone if a run fails.
#[derive(Default)]
pub(super) struct Undo {
    /// Sessions that no reader uses.
    pub(super) sessions: Vec<Session>,
    pub(super) readers: Readers,
    pub(super) sinks: Vec<Sink>,
    /// The claim of a set's name that is under way.
    pub(super) claim: SetClaim,
    /// Sets whose names are claimed.
    pub(super) sets: Vec<SetSink>,
    pub(super) commit: Commit,
    /// The outcome, once the object or file is complete: what fails later does not make a failure of it.
    pub(super) stands: Option<Outcome>,
}

/// The state of the changes of a run that writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Commit {
    /// Not committed: they are rolled back with the transaction.
    #[default]
    No,
    /// COMMIT was sent, but not confirmed.
    Asked,
    /// Committed.
    Done,
}

impl Commit {
    /// Commits the changes of the sessions.
    pub(super) async fn ask(&mut self, sessions: &mut [Session]) -> Result<()> {
        for session in sessions {
            *self = Self::Asked;
            let committed = session.commit().await;
            *self = if committed.is_ok() { Self::Done } else { Self::No };
            committed?;
        }
        Ok(())
    }
}

impl Undo {
    /// Keeps a session that must be closed.
    pub(super) fn hold(&mut self, session: Session) -> &mut Session {
        keep(&mut self.sessions, session)
    }

    /// Cancels statements and aborts the upload. If the object is complete nevertheless, because only S3's
    /// response is missing, the run has succeeded.
    pub(super) async fn undo(self, mut error: Error, run: &Run, extraction: &Extraction) -> Result<Outcome> {
        let time = run.deadline.until_answer().unwrap_or(LONG);
        let Self { mut sessions, mut readers, sinks, mut claim, mut sets, commit, stands } = self;
        let close = async {
            sessions.append(&mut readers.stop().await);
            join_all(sessions.iter_mut().map(|session| session.close(time.min(CLOSE)))).await;
        };
        let abort = join_all(sinks.into_iter().map(|sink| sink.abort(time)));
        let abort_sets = join_all(sets.iter_mut().map(|set| set.abort(time)));
        let changes = match commit {
            Commit::No => None,
            Commit::Asked => Some(" This was during COMMIT: the changes may be committed."),
            Commit::Done => Some(" The query's changes are committed."),
        };
        if let Some(changes) = changes {
            error.message.push_str(changes);
            error.retryable = false;
        }
        let (mut complete, mut is_left): (Vec<_>, _) = (stands.into_iter().collect(), false);
        let ((), files, claim, sets) = tokio::join!(close, abort, claim.abort(time), abort_sets);
        let of_file = |written| outcome::stands(written, run, extraction);
        let of_set = |written| set::stands(written, run, extraction);
        let files = files.into_iter().map(|aborted| aborted.map(|written| written.map(of_file)));
        let sets = sets.into_iter().map(|aborted| aborted.map(|written| written.map(of_set)));
        for aborted in files.chain([claim.map(|()| None)]).chain(sets) {
            match aborted {
                Ok(outcome) => complete.extend(outcome),
                Err(left) => {
                    error.message = format!("{} Besides: {}", error.message, left.message);
                    error.hint = left.hint;
                    is_left = true;
                }
            }
        }
        match complete.pop() {
            Some(outcome) if !is_left => Ok(outcome),
            _ => Err(error),
        }
    }
}

/// Appends an item to a list and returns a reference to it.
pub(super) fn keep<T>(list: &mut Vec<T>, item: T) -> &mut T {
    let index = list.len();
    list.push(item);
    &mut list[index]
}

/// Closes sessions without a running statement.
pub(super) async fn close_idle(sessions: &mut [Session]) {
    join_all(sessions.iter_mut().map(Session::close_idle)).await;
}

/// The time limit for closing a session whose statement must be cancelled.
const CLOSE: Duration = Duration::from_secs(5);
/// The time limit for an abort if there is no deadline.
pub(super) const LONG: Duration = Duration::from_secs(30);
