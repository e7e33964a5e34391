//! The end of the file, which says what is where.

use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::errors::Result;
use ::parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData,
};
use ::parquet::schema::types::SchemaDescPtr;

use crate::Placed;

/// The first and the last bytes of a file.
pub const MAGIC: &[u8] = b"PAR1";

/// The version of the format: that which every program reads.
const VERSION: i32 = 1;

/// What the footer says of a row group: the offsets of its columns are from its first byte.
#[derive(Debug, Clone)]
pub struct RowGroup {
    rows: u64,
    columns: Vec<ColumnChunkMetaData>,
    /// Its bytes.
    length: i64,
}

impl RowGroup {
    /// Creates a row group without columns.
    pub(super) fn new(rows: u64) -> Self {
        Self { rows, columns: Vec::new(), length: 0 }
    }

    /// Adds a column behind the others, whose offsets are from its own first byte, and whose pages are compressed.
    pub(super) fn push(&mut self, column: ColumnChunkMetaData, compression: Compression) -> Result<()> {
        let column = column.into_builder().set_compression(compression).build()?;
        let length = column.compressed_size();
        self.columns.push(moved(column, self.length)?);
        self.length += length;
        Ok(())
    }

    fn placed(self, offset: i64, ordinal: usize, schema: &SchemaDescPtr) -> Result<RowGroupMetaData> {
        let size = self.columns.iter().map(ColumnChunkMetaData::uncompressed_size).sum();
        let columns = self.columns.into_iter().map(|column| moved(column, offset)).collect::<Result<_>>()?;
        let mut group = RowGroupMetaData::builder(Arc::clone(schema))
            .set_num_rows(self.rows as i64)
            .set_column_metadata(columns)
            .set_total_byte_size(size)
            .set_file_offset(offset);
        // The ordinal has 16 bits. It may be left out.
        if let Ok(ordinal) = i16::try_from(ordinal) {
            group = group.set_ordinal(ordinal.into());
        }
        group.build()
    }
}

/// Returns the column with its offsets moved.
fn moved(column: ColumnChunkMetaData, by: i64) -> Result<ColumnChunkMetaData> {
    let data = column.data_page_offset() + by;
    let dictionary = column.dictionary_page_offset().map(|offset| offset + by);
    column.into_builder().set_data_page_offset(data).set_dictionary_page_offset(dictionary).build()
}

/// Appends the footer of a file with these row groups.
pub fn push(schema: &SchemaDescPtr, groups: Vec<Placed<RowGroup>>, out: &mut Vec<u8>) -> Result<()> {
    let rows = groups.iter().map(|group| group.unit.rows as i64).sum();
    let groups = groups
        .into_iter()
        .enumerate()
        .map(|(ordinal, Placed { offset, unit })| unit.placed(offset as i64, ordinal, schema))
        .collect::<Result<_>>()?;
    let writer = concat!("rds-data-extractor version ", env!("CARGO_PKG_VERSION"));
    let file = FileMetaData::new(VERSION, rows, Some(writer.to_owned()), None, Arc::clone(schema), None);
    ParquetMetaDataWriter::new(out, &ParquetMetaData::new(file, groups)).finish()
}
