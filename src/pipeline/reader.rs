//! One reader: encodes the rows of a session into chunks, until the server has confirmed that the result is
//! complete.

use std::sync::Arc;

use extractor_encode::Encoder;

use super::chunk_writer::ChunkWriter;
use crate::database::Session;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::progress::Meter;

/// The portal that a reader executes.
#[derive(Clone)]
pub(super) struct Portal {
    /// The values of `$1`, `$2` … in the server's text form.
    pub(super) parameters: Vec<Option<String>>,
    /// The wire format of each column.
    pub(super) formats: Vec<i16>,
}

/// Reads the rows of one session.
pub(super) struct Reader<E: Encoder> {
    pub(super) portal: Portal,
    pub(super) encoder: E,
    pub(super) writer: ChunkWriter<E::Unit>,
    pub(super) meter: Arc<Meter>,
    /// The bytes before the rows. They go through the same compressor, since some programs stop after the
    /// first frame.
    pub(super) head: Vec<u8>,
    /// Whether a result without rows makes a file of the head alone.
    pub(super) writes_empty: bool,
}

impl<E: Encoder> Reader<E> {
    /// Runs the statement that the session has parsed, and reads its result to the end.
    pub(super) async fn read(mut self, session: &mut Session) -> Result<()> {
        self.writer.block(self.head.len()).await.extend_from_slice(&self.head);
        self.writer.end_row().await?;
        self.meter.enter(Stage::Rows);
        let mut rows = session.execute(&self.portal.parameters, &self.portal.formats).await?;
        let (mut count, mut bytes) = (0, self.head.len() as u64);
        self.meter.publish(count, bytes);
        while rows.advance().await? {
            self.meter.enter(Stage::Encode);
            while let Some(row) = rows.next_arrived() {
                let block = self.writer.block(self.encoder.room(row.len())).await;
                let before = block.len();
                self.encoder.row(row, block).map_err(|error| {
                    let message = format!("A row cannot be written: {error}.");
                    Error::new(ErrorType::Internal, Stage::Encode, message)
                })?;
                bytes += (block.len() - before) as u64;
                count += 1;
                if self.encoder.unit_is_full() {
                    self.writer.end_unit(&mut self.encoder).await?;
                } else {
                    self.writer.end_row().await?;
                }
            }
            self.meter.publish(count, bytes);
            self.meter.enter(Stage::Rows);
        }
        if count > 0 || self.writes_empty {
            self.meter.enter(Stage::Encode);
            self.writer.end_unit(&mut self.encoder).await?;
            self.writer.finish().await?;
        }
        Ok(())
    }
}
