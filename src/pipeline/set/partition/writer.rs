//! Hands rows on to the files of their partitions.

use extractor_encode::{CellError, CellErrorKind, FileEncoding};

use super::folder::folder;
use super::split::Splitter;
use super::waiting::{Partitions, rows};
use crate::error::{Error, Result};
use crate::pipeline::assembler::Unit;
use crate::pipeline::chunk_writer::unwritable;
use crate::pipeline::row::refused;
use crate::pipeline::set::file::FileWriter;
use crate::pipeline::set::table::PartitionColumn;

/// The memory that all partitions take, and the least that those of one of several readers may.
const MEMORY: usize = 32 << 20;
const LEAST: usize = 8 << 20;

/// The partitions of one reader.
pub(in crate::pipeline::set) struct PartitionWriter<F: FileEncoding> {
    columns: Vec<PartitionColumn>,
    splitter: Splitter,
    partitions: Partitions<Unit<F>>,
    /// The memory beyond which the partition that was not written for the longest time ends its file.
    memory: usize,
    /// The length of waiting rows at which they are encoded.
    enough: usize,
    /// The partition of the last row, and its index.
    last: (Vec<u8>, Option<usize>),
    key: Vec<u8>,
}

impl<F: FileEncoding> PartitionWriter<F> {
    /// Creates the partitions of one of `readers`. The statement has `width` columns.
    pub(in crate::pipeline::set) fn new(columns: &[PartitionColumn], width: usize, readers: usize) -> Self {
        let memory = (MEMORY / readers.max(1)).max(LEAST);
        Self {
            columns: columns.to_vec(),
            splitter: Splitter::new(width, columns.iter().map(|column| column.index)),
            partitions: Partitions::new(),
            memory,
            enough: memory / 4,
            last: (Vec::new(), None),
            key: Vec::new(),
        }
    }

    /// Takes a row of the statement. `number` is that of the row in errors.
    pub(in crate::pipeline::set) async fn row(
        &mut self,
        row: &[u8],
        number: u64,
        files: &mut FileWriter<F>,
    ) -> Result<()> {
        self.splitter.split(row).map_err(|error| unwritable(&error))?;
        self.splitter.key(row, &mut self.key);
        let index = match self.last {
            (ref key, Some(index)) if *key == self.key => index,
            _ => self.find(number)?,
        };
        let (splitter, length) = (&self.splitter, self.splitter.rest_len());
        let waiting = self.partitions.push(index, number, length, |rows| splitter.push_rest(row, rows));
        if waiting >= self.enough {
            self.hand_on(index, files).await?;
        }
        while self.partitions.memory() > self.memory
            && let Some(oldest) = self.partitions.oldest()
        {
            self.end(oldest, files).await?;
        }
        Ok(())
    }

    /// Ends the files of all partitions.
    pub(in crate::pipeline::set) async fn finish(&mut self, files: &mut FileWriter<F>) -> Result<()> {
        while let Some(oldest) = self.partitions.oldest() {
            self.end(oldest, files).await?;
        }
        Ok(())
    }

    /// Returns the index of the partition with the key, which is a new one if there is none.
    fn find(&mut self, number: u64) -> Result<usize> {
        let index = if let Some(index) = self.partitions.find(&self.key) {
            index
        } else {
            let folder = folder(&self.columns, &self.key)
                .map_err(|(column, reason)| self.misfit(column, reason, number))?;
            self.partitions.add(&self.key, folder)
        };
        self.last.0.clone_from(&self.key);
        self.last.1 = Some(index);
        Ok(index)
    }

    /// Encodes the rows of a partition, whose file goes on afterwards.
    async fn hand_on(&mut self, index: usize, files: &mut FileWriter<F>) -> Result<()> {
        let Some(mut waiting) = self.partitions.take(index) else { return Ok(()) };
        let taken = waiting.take_rows();
        if let Some(file) = waiting.file.take() {
            files.resume(file).await?;
        }
        write(&taken, &waiting.folder, files).await?;
        waiting.file = files.suspend().await?;
        self.partitions.put_back(index, waiting);
        Ok(())
    }

    /// Encodes the rows of a partition, ends its file and forgets it.
    async fn end(&mut self, index: usize, files: &mut FileWriter<F>) -> Result<()> {
        let Some(mut waiting) = self.partitions.take(index) else { return Ok(()) };
        if self.last.1 == Some(index) {
            self.last.1 = None;
        }
        let taken = waiting.take_rows();
        if let Some(file) = waiting.file.take() {
            files.resume(file).await?;
        }
        write(&taken, &waiting.folder, files).await?;
        files.end().await?;
        self.partitions.forget(index, &waiting);
        Ok(())
    }

    /// The error of a value for which there is no folder. It never contains the value.
    #[cold]
    fn misfit(&self, column: usize, reason: &'static str, row: u64) -> Error {
        let PartitionColumn { name, index, .. } = &self.columns[column];
        let kind = CellErrorKind::Unrepresentable;
        refused(&CellError { column: index + 1, label: name.clone(), kind, reason }, row)
            .with_hint("Give the rows another value in the query, such as nullif(column, ''), or partition by another column.")
    }
}

/// Writes waiting rows into the file that is open, and into those that follow it.
async fn write<F: FileEncoding>(waiting: &[u8], folder: &str, files: &mut FileWriter<F>) -> Result<()> {
    for (number, row) in rows(waiting) {
        if !files.is_open() {
            // A set with partitions has one table.
            files.begin(0, folder).await?;
        }
        files.row(row, number).await?;
    }
    Ok(())
}
