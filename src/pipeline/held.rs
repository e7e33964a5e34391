//! What must be undone on the way out: the statement cancelled, the upload aborted.

use std::time::Duration;

use super::export::DONE;
use super::shared::Run;
use super::sink::{Sink, Written};
use crate::database::CancelHandle;
use crate::error::{Error, Result};
use crate::response::Outcome;

/// What must be undone if the work does not come to its end.
#[derive(Default)]
pub(super) struct Held {
    pub(super) statement: Option<CancelHandle>,
    pub(super) sink: Option<Sink>,
}

impl Held {
    /// Cancels and aborts. An object that stands all the same, since its answer was all that was missing, is success.
    pub(super) async fn clean_up(self, mut error: Error, run: &Run) -> Result<Outcome> {
        let time = run.deadline.until_answer().unwrap_or(LONG);
        let cancel = async {
            if let Some(statement) = &self.statement
                && let Err(reason) = statement.cancel(time.min(CANCEL)).await
            {
                tracing::warn!(reason, "the statement could not be cancelled");
            }
        };
        let abort = async {
            match self.sink {
                Some(sink) => sink.abort(time).await,
                None => Ok(None),
            }
        };
        match tokio::join!(cancel, abort).1 {
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

/// How long a cancel request may take: the end of the connection stops the statement as well, a little later.
const CANCEL: Duration = Duration::from_millis(1_500);
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
