//! The chunks that readers make of rows.

use extractor_encode::Placed;
use tokio::sync::mpsc;

use crate::error::{Error, ErrorType, Result, Stage};
use crate::part::Part;

/// A part of a file and the units that end in it.
pub(super) struct Chunk<U> {
    pub(super) part: Part,
    /// Offsets are relative to the part. They mean nothing in a compressed file: formats that need them are
    /// not compressed as a whole.
    pub(super) units: Vec<Placed<U>>,
}

/// Takes the chunks of a reader.
pub(super) trait Chunks<U> {
    /// Takes the next chunk, and waits while those before it wait.
    ///
    /// # Errors
    /// If nobody takes chunks any more.
    fn take(&mut self, chunk: Chunk<U>) -> impl Future<Output = Result<()>> + Send;
}

impl<U: Send> Chunks<U> for mpsc::Sender<Chunk<U>> {
    async fn take(&mut self, chunk: Chunk<U>) -> Result<()> {
        self.send(chunk).await.map_err(|_| nobody_takes_parts())
    }
}

/// The error of a reader whose chunks nobody takes. Whoever took them ends early only if it fails, and its error is the one
/// that counts.
pub(super) fn nobody_takes_parts() -> Error {
    Error::new(ErrorType::Internal, Stage::Upload, "Nobody takes parts any more.")
}
