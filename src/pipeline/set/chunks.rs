//! What the readers send to the hub.

use extractor_encode::Placed;
use tokio::sync::mpsc;

use crate::error::Result;
use crate::part::{FileId, Part};
use crate::pipeline::chunk::{Chunk, Chunks, nobody_takes_parts};

/// A message of a reader to the hub.
pub(super) enum Message {
    /// A file of this table begins, in this folder of the set: empty, or with a slash at the end.
    Begin { file: FileId, table: usize, folder: String },
    /// The next part of the file.
    Part { file: FileId, part: Part },
    /// The file has all its parts, and this many rows.
    End { file: FileId, rows: u64 },
}

/// The chunks of one file at a time.
pub(super) struct FileChunks<U> {
    pub(super) hub: mpsc::Sender<Message>,
    pub(super) file: FileId,
    /// The bytes of the file before the next chunk.
    pub(super) sent: u64,
    /// The units of the file so far, at their offsets in it.
    pub(super) units: Vec<Placed<U>>,
}

impl<U> FileChunks<U> {
    pub(super) fn new(hub: mpsc::Sender<Message>) -> Self {
        Self { hub, file: 0, sent: 0, units: Vec::new() }
    }

    /// Adds units of the part that follows what was sent.
    pub(super) fn place(&mut self, units: Vec<Placed<U>>) {
        let sent = self.sent;
        self.units
            .extend(units.into_iter().map(|Placed { offset, unit }| Placed { offset: sent + offset, unit }));
    }

    pub(super) async fn tell(&mut self, message: Message) -> Result<()> {
        self.hub.send(message).await.map_err(|_| nobody_takes_parts())
    }
}

impl<U: Send> Chunks<U> for FileChunks<U> {
    async fn take(&mut self, Chunk { part, units }: Chunk<U>) -> Result<()> {
        self.place(units);
        self.sent += part.len();
        if part.is_empty() {
            return Ok(());
        }
        self.tell(Message::Part { file: self.file, part }).await
    }
}
