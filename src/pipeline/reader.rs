//! One reader: encodes the rows of a session into chunks, until the server has confirmed that the result is
//! complete.

use std::sync::Arc;

use extractor_encode::{CellError, CellErrorKind, Cursor, Encoder, PIECE};

use super::chunk_writer::{ChunkWriter, unwritable};
use super::shares::Shares;
use crate::database::Session;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::part::BLOCK;
use crate::progress::Meter;

/// The portal that a reader executes.
#[derive(Clone)]
pub(super) struct Portal {
    /// The values of `$1`, `$2` … in the server's text form.
    pub(super) parameters: Vec<Option<String>>,
    /// The wire format of each column.
    pub(super) formats: Vec<i16>,
}

/// What a reader reads.
#[derive(Clone)]
pub(super) enum Work {
    /// The whole result of the statement that its session has parsed.
    Whole(Portal),
    /// Shares of the result, until none is left. The session has parsed the statement with this index.
    Shares(Arc<Shares>, usize),
    /// Nothing more.
    Done,
}

impl Work {
    /// Returns the next portal to execute, after the session has parsed its statement.
    async fn next(&mut self, session: &mut Session) -> Result<Option<Portal>> {
        match std::mem::replace(self, Self::Done) {
            Self::Whole(portal) => Ok(Some(portal)),
            Self::Done => Ok(None),
            Self::Shares(shares, parsed) => {
                let Some((text, parameters)) = shares.take() else { return Ok(None) };
                if text != parsed {
                    session.parse(&shares.texts[text]).await?;
                }
                let formats = shares.formats.clone();
                *self = Self::Shares(shares, text);
                Ok(Some(Portal { parameters, formats }))
            }
        }
    }
}

/// Reads the rows of one session.
pub(super) struct Reader<E: Encoder> {
    pub(super) work: Work,
    pub(super) encoder: E,
    pub(super) writer: ChunkWriter<E::Unit>,
    pub(super) meter: Arc<Meter>,
    /// The bytes before the rows. They go through the same compressor, since some programs stop after the
    /// first frame.
    pub(super) head: Vec<u8>,
    /// Whether a result without rows makes a file of the head alone.
    pub(super) writes_empty: bool,
    /// The bytes of the file before the rows, which are counted with the first row of this reader.
    pub(super) bytes_before: u64,
}

impl<E: Encoder> Reader<E> {
    /// Runs the statement that the session has parsed, or that of each share taken, and reads the result to
    /// the end.
    pub(super) async fn read(mut self, session: &mut Session) -> Result<()> {
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

/// Writes a row that does not fit into a block, in pieces; returns its length in the file.
#[cold]
async fn write_large<E: Encoder>(
    row: &[u8],
    encoder: &mut E,
    writer: &mut ChunkWriter<E::Unit>,
) -> Result<u64> {
    let (mut cursor, mut bytes) = (Cursor::default(), 0);
    loop {
        let block = writer.block(PIECE).await;
        let before = block.len();
        let ends = encoder.piece(row, &mut cursor, block).map_err(|error| unwritable(&error))?;
        bytes += (block.len() - before) as u64;
        if ends {
            return Ok(bytes);
        }
        writer.end_piece().await?;
    }
}

/// The error of a row that cannot be encoded. `row` counts from 1 what this reader has read.
#[cold]
fn refused(error: &CellError, row: u64) -> Error {
    match error.kind {
        CellErrorKind::Malformed => unwritable(error),
        CellErrorKind::Unrepresentable => Error::new(
            ErrorType::ValueUnrepresentable,
            Stage::Encode,
            format!(
                "Row {row}, column {} ({}): the value is {}.",
                error.column,
                form::shown(&error.label),
                error.reason
            ),
        ),
    }
}
