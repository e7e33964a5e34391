//! One column of a row group: collects values, and gives them to the column writer of the crate parquet, which encodes
//! pages.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, RandomState};
use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use ::parquet::column::writer::{ColumnWriter, get_column_writer};
use ::parquet::data_type::{ByteArray, FixedLenByteArray};
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::metadata::ColumnChunkMetaData;
use ::parquet::file::properties::WriterPropertiesPtr;
use ::parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use ::parquet::schema::types::ColumnDescPtr;

use super::codec::PageCompressor;
use super::list::Elements;
use super::mapping::Mapping;
use super::misfit::Misfit;
use super::options::Unrepresentable;
use super::values::{Bytes, Convert, Values};
use crate::types::Memo;

/// How the pages of all columns are written.
#[derive(Debug, Clone)]
pub struct Properties {
    /// With a dictionary of the distinct values, as long as that is small.
    pub dictionary: WriterPropertiesPtr,
    /// Without.
    pub plain: WriterPropertiesPtr,
}

/// A column of the row group.
pub struct Column {
    convert: Convert,
    is_list: bool,
    description: ColumnDescPtr,
    on_misfit: Unrepresentable,
    compressor: PageCompressor,
    memo: Memo,
    /// How many values of this row group became NULL because the type cannot represent them.
    pub nulled: u64,
    values: Values,
    /// 0 for NULL and otherwise 1. In a list 0 for NULL, 1 for no element, 2 for an element that is NULL, 3 for an element.
    definitions: Vec<i16>,
    /// In a list 0 for the first element and otherwise 1.
    repetitions: Vec<i16>,
    /// Begins with the first values of the row group.
    chunk: Option<Chunk>,
}

/// The definition level of a value.
const VALUE: i16 = 1;
/// The definition levels of a list.
const EMPTY: i16 = 1;
const NULL_ELEMENT: i16 = 2;
const ELEMENT: i16 = 3;

impl Column {
    /// Creates an empty column.
    pub fn new(
        mapping: &Mapping,
        description: ColumnDescPtr,
        on_misfit: Unrepresentable,
        compressor: PageCompressor,
    ) -> Self {
        let convert = mapping.leaf.convert;
        Self {
            convert,
            is_list: mapping.is_list,
            description,
            on_misfit,
            compressor,
            memo: Memo::new(),
            nulled: 0,
            values: Values::new(convert),
            definitions: Vec::new(),
            repetitions: Vec::new(),
            chunk: None,
        }
    }

    /// Appends the value of a cell.
    #[inline]
    pub fn push(&mut self, cell: Option<&[u8]>) -> Result<(), Misfit> {
        if self.is_list {
            return self.push_list(cell);
        }
        let level = match cell {
            None => 0,
            Some(cell) => match self.values.push(cell, self.convert, &mut self.memo) {
                Ok(()) => VALUE,
                Err(misfit) => self.null_for(misfit)?,
            },
        };
        self.definitions.push(level);
        Ok(())
    }

    /// Appends an array. An element that the type cannot represent becomes NULL, not the whole list.
    fn push_list(&mut self, cell: Option<&[u8]>) -> Result<(), Misfit> {
        let without_elements = match cell.map(Elements::of) {
            None => 0,
            Some(Err(misfit)) => self.null_for(misfit)?,
            Some(Ok(elements)) if elements.is_empty() => EMPTY,
            Some(Ok(elements)) => return self.push_elements(elements),
        };
        self.definitions.push(without_elements);
        self.repetitions.push(0);
        Ok(())
    }

    fn push_elements(&mut self, elements: Elements<'_>) -> Result<(), Misfit> {
        let mut repetition = 0;
        for element in elements {
            let level = match element? {
                None => NULL_ELEMENT,
                Some(element) => match self.values.push(element, self.convert, &mut self.memo) {
                    Ok(()) => ELEMENT,
                    Err(misfit) => NULL_ELEMENT + self.null_for(misfit)?,
                },
            };
            self.definitions.push(level);
            self.repetitions.push(std::mem::replace(&mut repetition, 1));
        }
        Ok(())
    }

    /// Returns the definition level of a NULL in place of a value that the type cannot represent.
    #[cold]
    fn null_for(&mut self, misfit: Misfit) -> Result<i16, Misfit> {
        match (misfit, self.on_misfit) {
            (Misfit::Unrepresentable(_), Unrepresentable::Null) => {
                self.nulled += 1;
                Ok(0)
            }
            _ => Err(misfit),
        }
    }

    /// Gives the values to the column writer.
    pub fn flush(&mut self, properties: &Properties) -> Result<()> {
        if self.definitions.is_empty() {
            return Ok(());
        }
        let chunk = self.chunk.get_or_insert_with(|| {
            let has_dictionary = repeats(&self.values);
            Chunk::new(self.description.clone(), self.compressor.clone(), has_dictionary, properties)
        });
        let definitions = Some(&self.definitions[..]);
        let repetitions = self.is_list.then_some(&self.repetitions[..]);
        chunk.write(&mut self.values, definitions, repetitions)?;
        self.definitions.clear();
        self.repetitions.clear();
        Ok(())
    }

    /// Returns about how many bytes the column has in the row group.
    pub fn size(&self) -> u64 {
        self.chunk.as_ref().map_or(0, Chunk::size)
    }

    /// Ends the row group, whose values have all been given to the column writer: returns its pages and what the footer says
    /// of them, with offsets from the first page.
    pub fn close(&mut self) -> Result<(Vec<Vec<u8>>, ColumnChunkMetaData)> {
        let Chunk { writer, pages, .. } =
            self.chunk.take().ok_or_else(|| ParquetError::General("a column without values".to_owned()))?;
        let closed = writer.close()?;
        Ok((pages.take(), closed.metadata))
    }
}

/// What has been written of a column in this row group.
struct Chunk {
    writer: ColumnWriter<'static>,
    pages: Pages,
    has_dictionary: bool,
    rows: u64,
    /// The size of the values so far, and of those in the pages that the column writer has ended.
    given: u64,
    ended: u64,
    /// The size of the pages.
    written: u64,
}

impl Chunk {
    fn new(
        description: ColumnDescPtr,
        compressor: PageCompressor,
        has_dictionary: bool,
        properties: &Properties,
    ) -> Self {
        let pages = Pages::default();
        let properties = if has_dictionary { &properties.dictionary } else { &properties.plain };
        let sink = PageSink { compressor, out: TrackedWrite::new(pages.clone()) };
        let writer = get_column_writer(description, properties.clone(), Box::new(sink));
        Self { writer, pages, has_dictionary, rows: 0, given: 0, ended: 0, written: 0 }
    }

    fn write(
        &mut self,
        values: &mut Values,
        definitions: Option<&[i16]>,
        repetitions: Option<&[i16]>,
    ) -> Result<()> {
        self.rows += definitions.map_or(0, <[i16]>::len) as u64;
        self.given += values.size() as u64;
        match (&mut self.writer, values) {
            (ColumnWriter::BoolColumnWriter(writer), Values::Boolean(values)) => {
                writer.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            (ColumnWriter::Int32ColumnWriter(writer), Values::Int32(values)) => {
                writer.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            (ColumnWriter::Int64ColumnWriter(writer), Values::Int64(values)) => {
                writer.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            (ColumnWriter::FloatColumnWriter(writer), Values::Float(values)) => {
                writer.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            (ColumnWriter::DoubleColumnWriter(writer), Values::Double(values)) => {
                writer.write_batch(values, definitions, repetitions)?;
                values.clear();
            }
            (ColumnWriter::ByteArrayColumnWriter(writer), Values::Bytes(bytes)) => {
                let values = byte_arrays(bytes, self.has_dictionary);
                writer.write_batch(&values, definitions, repetitions)?;
            }
            (ColumnWriter::FixedLenByteArrayColumnWriter(writer), Values::Bytes(bytes)) => {
                let values: Vec<_> = byte_arrays(bytes, self.has_dictionary)
                    .into_iter()
                    .map(FixedLenByteArray::from)
                    .collect();
                writer.write_batch(&values, definitions, repetitions)?;
            }
            _ => return Err(ParquetError::General("values of another type".to_owned())),
        }
        let written = self.pages.len();
        if written > self.written {
            (self.ended, self.written) = (self.given, written);
        }
        Ok(())
    }

    /// The values in the page that has not ended count as those before them did. A dictionary and the pages that refer to it
    /// are not written before the end.
    fn size(&self) -> u64 {
        let open = self.given - self.ended;
        match (self.written, self.ended) {
            (0, _) | (_, 0) if self.has_dictionary => open.min(2 * self.rows + DICTIONARY),
            (0, _) | (_, 0) => open,
            (written, ended) => written + (open as f64 * written as f64 / ended as f64) as u64,
        }
    }
}

/// The size of a dictionary of which nothing is known.
const DICTIONARY: u64 = 64 << 10;

/// Returns the values, which are empty then. A dictionary keeps some of them, which must not keep the others in memory.
fn byte_arrays(bytes: &mut Bytes, has_dictionary: bool) -> Vec<ByteArray> {
    if has_dictionary {
        let values = bytes.iter().map(|value| ByteArray::from(value.to_vec())).collect();
        bytes.data.clear();
        bytes.ends.clear();
        return values;
    }
    let size = bytes.data.len();
    let data = ByteArray::from(std::mem::replace(&mut bytes.data, Vec::with_capacity(size)));
    let mut start = 0;
    let values =
        bytes.ends.iter().map(|end| data.slice(start, *end - std::mem::replace(&mut start, *end))).collect();
    bytes.ends.clear();
    values
}

/// Returns whether so many of the first values are equal that a dictionary pays.
fn repeats(values: &Values) -> bool {
    let hasher = RandomState::new();
    match values {
        Values::Boolean(_) => false,
        Values::Int32(values) => repeat(values.iter().map(|value| hasher.hash_one(value))),
        Values::Int64(values) => repeat(values.iter().map(|value| hasher.hash_one(value))),
        Values::Float(values) => repeat(values.iter().map(|value| hasher.hash_one(value.to_bits()))),
        Values::Double(values) => repeat(values.iter().map(|value| hasher.hash_one(value.to_bits()))),
        Values::Bytes(values) => repeat(values.iter().map(|value| hasher.hash_one(value))),
    }
}

fn repeat<T: Eq + Hash>(values: impl ExactSizeIterator<Item = T>) -> bool {
    let count = values.len();
    let distinct = values.collect::<HashSet<_>>().len();
    // Of 1,024 values this many are distinct if there are 25,000 of them.
    distinct < count - count / 50
}

/// The bytes of pages, in order.
#[derive(Debug, Clone, Default)]
struct Pages(Arc<Mutex<(Vec<Vec<u8>>, u64)>>);

impl Pages {
    fn len(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn take(&self) -> Vec<Vec<u8>> {
        take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).0)
    }
}

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.0.push(bytes.to_vec());
        pages.1 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compresses pages, and writes them as the crate's own writer does, which only borrows what it writes to.
struct PageSink {
    compressor: PageCompressor,
    out: TrackedWrite<Pages>,
}

impl PageWriter for PageSink {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec> {
        let page = self.compressor.compress(page)?;
        SerializedPageWriter::new(&mut self.out).write_page(page)
    }

    fn close(&mut self) -> Result<()> {
        self.out.flush().map_err(ParquetError::from)
    }
}
