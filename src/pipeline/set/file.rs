//! Writes files one after another, each from its head to its tail.

use std::sync::Arc;

use extractor_encode::{CellError, Encoder, FileEncoding, Placed};

use super::chunks::{FileChunks, Message};
use super::table::Tables;
use crate::error::{Error, Result};
use crate::part::sizes::MIN_PART;
use crate::part::{BLOCK, FileId};
use crate::pipeline::assembler::Unit;
use crate::pipeline::chunk_writer::{ChunkWriter, unwritable};
use crate::pipeline::format::of_table;
use crate::pipeline::row::{refused, write_large};

/// A file that goes on later.
pub(super) struct Suspended<U> {
    file: FileId,
    rows: u64,
    /// The bytes that were sent, and the number of parts.
    sent: u64,
    parts: u32,
    units: Vec<Placed<U>>,
    /// The bytes after them, which are too few for a part.
    held: Vec<u8>,
}

/// About what a unit takes for each column. Only row groups take anything.
const UNIT: usize = 512;

impl<U> Suspended<U> {
    /// Returns the memory that it takes.
    pub(super) fn memory(&self) -> usize {
        self.held.capacity() + if size_of::<U>() == 0 { 0 } else { self.units.len() * UNIT }
    }
}

/// The writer of one reader's files, of which one is written at a time.
pub(super) struct FileWriter<F: FileEncoding> {
    tables: Arc<Tables<F>>,
    /// The table whose rows are encoded, and its encoder.
    encoder: Option<(usize, F::Encoder)>,
    writer: ChunkWriter<Unit<F>, FileChunks<Unit<F>>>,
    /// The size at which a file ends.
    limit: u64,
    /// The rows of the file that is written; `None` if none is.
    rows: Option<u64>,
    /// The bytes of all files so far, before compression.
    bytes: u64,
}

impl<F: FileEncoding> FileWriter<F> {
    pub(super) fn new(
        tables: Arc<Tables<F>>,
        writer: ChunkWriter<Unit<F>, FileChunks<Unit<F>>>,
        limit: Option<u64>,
    ) -> Self {
        let limit = limit.unwrap_or(u64::MAX);
        Self { tables, encoder: None, writer, limit, rows: None, bytes: 0 }
    }

    /// Returns the bytes of all files so far, before compression.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns whether a file is being written.
    pub(super) fn is_open(&self) -> bool {
        self.rows.is_some()
    }

    /// Begins a file of a table in a folder of it, which is empty or ends with a slash.
    pub(super) async fn begin(&mut self, table: usize, folder: &str) -> Result<()> {
        let of = &self.tables.all[table];
        if self.encoder.as_ref().is_none_or(|(current, _)| *current != table) {
            self.encoder = Some((table, of.encoding.encoder()));
        }
        let (file, folder) = (self.tables.next_file(), format!("{}{folder}", of.folder));
        let mut head = Vec::new();
        of.encoding.head(&mut head);
        let chunks = &mut self.writer.chunks;
        (chunks.file, chunks.sent) = (file, 0);
        chunks.units.clear();
        chunks.tell(Message::Begin { file, table, folder }).await?;
        self.writer.parts.begin_file(0);
        self.writer.block(head.len()).await.extend_from_slice(&head);
        self.writer.end_row().await?;
        self.rows = Some(0);
        self.bytes += head.len() as u64;
        Ok(())
    }

    /// Writes a row of the file, which ends with it if it has its size. `number` is that of the row in errors.
    pub(super) async fn row(&mut self, row: &[u8], number: u64) -> Result<()> {
        let Some((table, encoder)) = &mut self.encoder else { return Ok(()) };
        let room = encoder.room(row.len());
        if room > BLOCK {
            self.bytes += write_large(row, encoder, &mut self.writer).await?;
        } else {
            let block = self.writer.block(room).await;
            let before = block.len();
            let result = encoder.row(row, block);
            self.bytes += (block.len() - before) as u64;
            result.map_err(|error| in_statement(&self.tables, *table, error, number))?;
        }
        if let Some(rows) = &mut self.rows {
            *rows += 1;
        }
        if encoder.unit_is_full() {
            self.bytes += self.writer.end_unit(encoder).await?;
        } else {
            self.writer.end_row().await?;
        }
        if self.size() >= self.limit {
            self.end().await?;
        }
        Ok(())
    }

    /// Ends the file, if one is written.
    pub(super) async fn end(&mut self) -> Result<()> {
        let (Some(rows), Some((table, encoder))) = (self.rows.take(), &mut self.encoder) else {
            return Ok(());
        };
        let table = &self.tables.all[*table];
        self.bytes += self.writer.end_unit(encoder).await?;
        self.writer.end_frame().await?;
        let units = std::mem::take(&mut self.writer.units);
        let chunks = &mut self.writer.chunks;
        chunks.place(units);
        let mut tail = Vec::new();
        let units = std::mem::take(&mut chunks.units);
        table.encoding.tail(units, &mut tail).map_err(|error| unwritable(&error))?;
        self.writer.append(&tail).await?;
        self.writer.end_part().await?;
        table.count(rows);
        let file = self.writer.chunks.file;
        self.writer.chunks.tell(Message::End { file, rows }).await
    }

    /// Sets the file aside, if one is written, so that another one can be written. A unit and a frame end here.
    pub(super) async fn suspend(&mut self) -> Result<Option<Suspended<Unit<F>>>> {
        let (Some(rows), Some((_, encoder))) = (self.rows.take(), &mut self.encoder) else {
            return Ok(None);
        };
        self.bytes += self.writer.end_unit(encoder).await?;
        self.writer.end_frame().await?;
        let mut held = Vec::new();
        if self.writer.parts.len() >= MIN_PART {
            self.writer.end_part().await?;
        } else {
            let units = std::mem::take(&mut self.writer.units);
            self.writer.chunks.place(units);
            if let Some(part) = self.writer.parts.end_part() {
                held = part.blocks().concat();
            }
        }
        let parts = self.writer.parts.begun() - u32::from(!held.is_empty());
        let FileChunks { file, sent, units, .. } = &mut self.writer.chunks;
        Ok(Some(Suspended { file: *file, rows, sent: *sent, parts, units: std::mem::take(units), held }))
    }

    /// Goes on with a file that was set aside.
    pub(super) async fn resume(&mut self, suspended: Suspended<Unit<F>>) -> Result<()> {
        let Suspended { file, rows, sent, parts, units, held } = suspended;
        let chunks = &mut self.writer.chunks;
        (chunks.file, chunks.sent, chunks.units) = (file, sent, units);
        self.writer.parts.begin_file(parts);
        self.rows = Some(rows);
        self.writer.append(&held).await
    }

    /// Writes a file without rows for each table that has none.
    pub(super) async fn write_empty(mut self) -> Result<()> {
        for table in 0..self.tables.all.len() {
            if self.tables.all[table].rows() == 0 {
                self.begin(table, "").await?;
                self.end().await?;
            }
        }
        Ok(())
    }

    /// Returns how many bytes the file has, and of what is not compressed yet, could have.
    fn size(&self) -> u64 {
        self.writer.chunks.sent + self.writer.unsent()
    }
}

/// The error of a row of which a column of the file cannot be encoded, with the column's number in the statement.
#[cold]
fn in_statement<F: FileEncoding>(tables: &Tables<F>, table: usize, error: CellError, row: u64) -> Error {
    let table = &tables.all[table];
    let index = error.column.checked_sub(1).and_then(|column| table.partitions.index_of(column));
    let error = refused(&CellError { column: index.map_or(error.column, |index| index + 1), ..error }, row);
    match &table.name {
        None => error,
        Some(name) => of_table(error, name),
    }
}
