//! The readers of one extraction, each in a task of its own.

use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::database::Session;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::progress::Meter;
use crate::telemetry;

/// A reader that has not begun.
pub(super) trait Read: Send + 'static {
    /// Returns the counters of the reader.
    fn meter(&self) -> &Arc<Meter>;

    /// Reads its share of the result from the session to the end.
    fn read(self, session: &mut Session) -> impl Future<Output = Result<()>> + Send;
}

/// The running readers. A session always comes back, even if its reader fails, so that its statement can be
/// cancelled.
#[derive(Default)]
pub(super) struct Readers {
    tasks: JoinSet<(Session, Result<()>)>,
    stop: watch::Sender<bool>,
}

impl Readers {
    /// Starts a reader on a session that has parsed the reader's statement.
    ///
    /// `number` identifies one of several readers in the log.
    pub(super) fn start(&mut self, mut session: Session, reader: impl Read, number: Option<usize>) {
        let mut stop = self.stop.subscribe();
        let read = async move {
            let meter = Arc::clone(reader.meter());
            let result = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => Err(stopped()),
                result = reader.read(&mut session) => result,
            };
            meter.stop();
            if let (Some(reader), Ok(())) = (number, &result) {
                let (rows, bytes) = meter.published();
                tracing::info!(reader, rows, bytes, milliseconds = meter.milliseconds(), "a reader is done");
            }
            (session, result)
        };
        self.tasks.spawn(telemetry::for_current(read));
    }

    /// Waits for all readers and adds their sessions to `sessions`.
    ///
    /// # Errors
    /// The error of the first reader that fails; others may still be running then.
    pub(super) async fn finish(&mut self, sessions: &mut Vec<Session>) -> Result<()> {
        while let Some((session, result)) = self.next().await {
            sessions.push(session);
            result?;
        }
        Ok(())
    }

    /// Stops the readers where they are and returns their sessions, in which statements may still run.
    pub(super) async fn stop(&mut self) -> Vec<Session> {
        self.stop.send_replace(true);
        let mut sessions = Vec::new();
        while let Some((session, _)) = self.next().await {
            sessions.push(session);
        }
        sessions
    }

    async fn next(&mut self) -> Option<(Session, Result<()>)> {
        let ended = self.tasks.join_next().await?;
        // A task fails only by a panic, which continues in the request.
        Some(ended.unwrap_or_else(|error| resume_unwind(error.into_panic())))
    }
}

fn stopped() -> Error {
    Error::new(ErrorType::Cancelled, Stage::Rows, "Reading was stopped.")
}
