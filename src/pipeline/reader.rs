//! One reader: encodes the rows of a session into chunks, until the server has confirmed that the result is
//! complete.

use std::sync::Arc;

use extractor_encode::Encoder;
use tokio::sync::mpsc;

use super::chunk::Chunk;
use super::chunk_writer::ChunkWriter;
use super::readers::Read;
use super::row::{refused, write_large};
use super::work::Work;
use crate::database::Session;
use crate::error::{Result, Stage};
use crate::part::BLOCK;
use crate::progress::Meter;

/// Reads the rows of one session.
pub(super) struct Reader<E: Encoder> {
    pub(super) work: Work,
    pub(super) encoder: E,
    pub(super) writer: ChunkWriter<E::Unit, mpsc::Sender<Chunk<E::Unit>>>,
    pub(super) meter: Arc<Meter>,
    /// The bytes before the rows. They go through the same compressor, since some programs stop after the
    /// first frame.
    pub(super) head: Vec<u8>,
    /// Whether a result without rows makes a file of the head alone.
    pub(super) writes_empty: bool,
    /// The bytes of the file before the rows, which are counted with the first row of this reader.
    pub(super) bytes_before: u64,
}

impl<E: Encoder> Read for Reader<E> {
    fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Runs the statement that the session has parsed, or that of each share taken, and reads the result to
    /// the end.
    async fn read(mut self, session: &mut Session) -> Result<()> {
        self.writer.block(self.head.len()).await.extend_from_slice(&self.head);
        self.writer.end_row().await?;
        self.meter.enter(Stage::Rows);
        let (mut count, mut bytes) = (0, self.head.len() as u64 + self.bytes_before);
        while let Some(portal) = self.work.next(session).await? {
            let mut rows = session.execute(&portal.parameters, &portal.formats).await?;
            self.meter.publish(count, bytes);
            while rows.advance().await? {
                self.meter.enter(Stage::Encode);
                while let Some(row) = rows.next_arrived() {
                    let room = self.encoder.room(row.len());
                    if room > BLOCK {
                        bytes += write_large(row, &mut self.encoder, &mut self.writer).await?;
                    } else {
                        let block = self.writer.block(room).await;
                        let before = block.len();
                        self.encoder.row(row, block).map_err(|error| refused(&error, count + 1))?;
                        bytes += (block.len() - before) as u64;
                    }
                    count += 1;
                    if self.encoder.unit_is_full() {
                        bytes += self.writer.end_unit(&mut self.encoder).await?;
                    } else {
                        self.writer.end_row().await?;
                    }
                }
                self.meter.publish(count, bytes);
                self.meter.enter(Stage::Rows);
            }
        }
        if count > 0 || self.writes_empty {
            self.meter.enter(Stage::Encode);
            bytes += self.writer.end_unit(&mut self.encoder).await?;
            self.meter.publish(count, bytes);
            self.writer.finish().await?;
        }
        Ok(())
    }
}
