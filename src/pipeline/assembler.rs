//! Assembles the file; only this module knows the offsets in it.

use extractor_encode::{Encoder, FileEncoding, Placed};
use tokio::sync::mpsc;

use super::chunk::Chunk;
use super::chunk_writer::unwritable;
use super::sink::Sink;
use crate::error::Result;
use crate::part::{Part, PartWriter};

/// The unit of a format.
pub(super) type Unit<F> = <<F as FileEncoding>::Encoder as Encoder>::Unit;

/// The part before the rows of several readers, which is a frame of its own if the file is compressed.
pub(super) struct Lead {
    /// The head, which is empty, but perhaps a frame, if the format has none.
    pub(super) part: Part,
    /// Whether the file has a head.
    pub(super) has_head: bool,
    /// Whether a file without rows is written.
    pub(super) writes_empty: bool,
}

/// Receives the chunks of all readers, in the order in which they come.
pub(super) struct Assembler<'a, F: FileEncoding> {
    encoding: &'a F,
    sink: &'a mut Sink,
    /// Bytes of the file so far.
    length: u64,
    units: Vec<Placed<Unit<F>>>,
    /// Held back until the first chunk, since without a chunk there may be nothing to write.
    lead: Option<Lead>,
}

impl<'a, F: FileEncoding> Assembler<'a, F> {
    pub(super) fn new(encoding: &'a F, sink: &'a mut Sink, lead: Option<Lead>) -> Self {
        Self { encoding, sink, length: 0, units: Vec::new(), lead }
    }

    /// Forwards chunks until all readers are done, then writes the tail of the file into `tail` and sends it.
    pub(super) async fn assemble(
        mut self,
        chunks: &mut mpsc::Receiver<Chunk<Unit<F>>>,
        mut tail: PartWriter,
    ) -> Result<()> {
        while let Some(Chunk { part, units }) = chunks.recv().await {
            let head = self.lead.take().filter(|lead| lead.has_head).map(|lead| lead.part);
            let here = self.length + head.as_ref().map_or(0, Part::len);
            self.units.extend(
                units.into_iter().map(|Placed { offset, unit }| Placed { offset: here + offset, unit }),
            );
            self.push(match head {
                None => part,
                Some(head) => head.join(&part),
            })
            .await?;
        }
        if let Some(lead) = self.lead.take().filter(|lead| lead.writes_empty) {
            self.push(lead.part).await?;
        }
        // Without a head there is no file.
        let mut bytes = Vec::new();
        if self.length > 0 {
            self.encoding.tail(self.units, &mut bytes).map_err(|error| unwritable(&error))?;
        }
        if !bytes.is_empty() {
            tail.block(bytes.len()).await.extend_from_slice(&bytes);
            if let Some(part) = tail.end_part() {
                self.sink.push(part).await?;
            }
        }
        Ok(())
    }

    async fn push(&mut self, part: Part) -> Result<()> {
        self.length += part.len();
        self.sink.push(part).await
    }
}
