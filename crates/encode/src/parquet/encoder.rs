//! Splits rows into cells, and ends row groups.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::basic::LogicalType;
use ::parquet::basic::{Compression as Codec, Repetition, Type as Physical};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type, TypePtr};

use super::codec::{self, PageCompressor};
use super::column::{Column as ColumnOfGroup, Properties};
use super::footer::{self, MAGIC, RowGroup};
use super::mapping::Mapping;
use super::misfit::Misfit;
use super::options::{Compression, ParquetOptions, Unrepresentable};
use crate::row::{self, cells, next_cell};
use crate::{CellError, CellErrorKind, Column, Encoder, FileEncoding, Placed, WireFormat};

/// How many rows, or bytes of rows, are collected before they are encoded.
const BATCH_ROWS: u64 = 1_024;
const BATCH_BYTES: usize = 1 << 20;
/// The number of rows at which a row group ends, as in DuckDB.
const GROUP_ROWS: u64 = 120 * BATCH_ROWS;
/// The bytes of the pages, and of the dictionaries, that are not written yet: of all columns, of one at the most, and at
/// the least.
const OPEN: usize = 8 << 20;
const LARGEST_PAGE: usize = 1 << 20;
const SMALLEST_PAGE: usize = 8 << 10;

/// The Parquet encoding of one statement's result.
///
/// ```
/// use extractor_encode::parquet::{ParquetEncoding, ParquetOptions};
/// use extractor_encode::{Column, Encoder, FileEncoding, Placed};
///
/// let column = |name: &[u8], type_oid| Column { name: name.to_vec(), type_oid, type_modifier: -1 };
/// let encoding = ParquetEncoding::new(&[column(b"id", 20), column(b"name", 25)], &ParquetOptions::default())?;
/// let mut file = Vec::new();
/// encoding.head(&mut file);
/// let mut encoder = encoding.encoder();
/// encoder.row(b"\0\x02\0\0\0\x08\0\0\0\0\0\0\0\x07\0\0\0\x02ab", &mut file)?;
///
/// // The rows follow when the row group ends, and the footer has to know where they are.
/// let offset = file.len() as u64;
/// let unit = encoder.end_unit()?.expect("a row");
/// while !encoder.drain(&mut file) {
///     file.reserve(1 << 20);
/// }
/// encoding.tail(vec![Placed { offset, unit }], &mut file)?;
/// assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ParquetEncoding {
    formats: Vec<WireFormat>,
    mappings: Vec<Mapping>,
    warnings: Vec<String>,
    shared: Arc<Shared>,
}

/// What the encoders of all readers share.
struct Shared {
    labels: Vec<Vec<u8>>,
    schema: SchemaDescPtr,
    properties: Properties,
    compression: Compression,
    codec: Codec,
    group_size: u64,
    on_misfit: Unrepresentable,
    /// How many values of each column became NULL because its type cannot represent them.
    nulled: Mutex<Vec<u64>>,
}

/// Encodes rows as row groups.
pub struct RowGroupEncoder {
    shared: Arc<Shared>,
    columns: Vec<ColumnOfGroup>,
    /// The rows of the group that the columns have, and those of them that are encoded.
    rows: u64,
    encoded: u64,
    /// The bytes of the rows that are not encoded yet.
    bytes: usize,
    is_full: bool,
    /// The pages of the group that has ended, and how many bytes of the first one have been taken.
    pages: VecDeque<Vec<u8>>,
    taken: usize,
}

impl ParquetEncoding {
    /// Chooses a format and a type for every column.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the columns, and names them.
    pub fn new(columns: &[Column], options: &ParquetOptions) -> Result<Self, String> {
        if columns.is_empty() {
            return Err(
                "The result has no columns, and few programs read a Parquet file without any".to_owned()
            );
        }
        let labels: Vec<_> = columns.iter().map(|column| String::from_utf8_lossy(&column.name)).collect();
        let equal = same(&labels, str::to_owned);
        if !equal.is_empty() {
            return Err(format!(
                "Several columns have the same name ({}), of which programs that read Parquet take one silently",
                equal.join(", ")
            ));
        }
        let mappings: Vec<_> = columns.iter().map(|column| Mapping::of(column, options)).collect();
        let internal = |error: ParquetError| format!("The columns make no schema of Parquet: {error}");
        let schema = schema(&labels, &mappings).map_err(internal)?;
        let warnings = same(&labels, str::to_lowercase);
        let warning = |labels: String| {
            format!(
                "columns {labels} differ only in the case of letters, which Athena, Redshift, Spark and DuckDB do not tell \
                 apart: give each its own alias (AS)"
            )
        };
        Ok(Self {
            formats: mappings.iter().map(|mapping| mapping.format).collect(),
            warnings: warnings.into_iter().map(warning).collect(),
            shared: Arc::new(Shared {
                labels: columns.iter().map(|column| column.name.clone()).collect(),
                schema: Arc::new(SchemaDescriptor::new(schema)),
                properties: properties(columns.len()),
                compression: options.compression,
                codec: codec::of_footer(options.compression).map_err(internal)?,
                group_size: options.row_group_size.get(),
                on_misfit: options.unrepresentable,
                nulled: Mutex::new(vec![0; columns.len()]),
            }),
            mappings,
        })
    }
}

/// Returns the labels that are the same by `key`, each group of them in quotes.
fn same(labels: &[impl AsRef<str>], key: impl Fn(&str) -> String) -> Vec<String> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for label in labels {
        let label = label.as_ref();
        let place = *places.entry(key(label)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(label),
            None => groups.push(vec![label]),
        }
    }
    let quoted = |group: &Vec<&str>| {
        let mut group = group.clone();
        group.dedup();
        group.iter().map(|label| format!("\"{label}\"")).collect::<Vec<_>>().join(" and ")
    };
    groups.iter().filter(|group| group.len() > 1).map(quoted).collect()
}

/// Returns how pages are written. Page indexes would be kept until the end of the file, so there are none. Pages are
/// compressed behind the column writer, which would need a context for each column.
fn properties(columns: usize) -> Properties {
    let page = (OPEN / columns.max(1)).clamp(SMALLEST_PAGE, LARGEST_PAGE);
    let with = |dictionary| {
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(dictionary)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_data_page_row_count_limit(GROUP_ROWS as usize)
            .set_data_page_size_limit(page)
            .set_dictionary_page_size_limit(page);
        Arc::new(properties.build())
    };
    Properties { dictionary: with(true), plain: with(false) }
}

/// Returns the schema. Every column is optional, since a result does not say which of them have no NULL.
fn schema(labels: &[impl AsRef<str>], mappings: &[Mapping]) -> Result<TypePtr, ParquetError> {
    let field = |(label, mapping): (_, &Mapping)| {
        let label = AsRef::<str>::as_ref(label);
        if !mapping.is_list {
            return primitive(label, mapping);
        }
        let repeated = Type::group_type_builder("list")
            .with_repetition(Repetition::REPEATED)
            .with_fields(vec![primitive("element", mapping)?])
            .build()?;
        let list = Type::group_type_builder(label)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(Some(LogicalType::List))
            .with_fields(vec![Arc::new(repeated)]);
        list.build().map(Arc::new)
    };
    let fields = labels.iter().zip(mappings).map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("schema").with_fields(fields).build().map(Arc::new)
}

fn primitive(label: &str, Mapping { leaf, .. }: &Mapping) -> Result<TypePtr, ParquetError> {
    let mut builder = Type::primitive_type_builder(label, leaf.physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(leaf.logical.clone());
    if leaf.physical == Physical::FIXED_LEN_BYTE_ARRAY {
        builder = builder.with_length(16);
    }
    if let Some(decimal) = leaf.convert.decimal() {
        builder =
            builder.with_precision(i32::from(decimal.precision())).with_scale(i32::from(decimal.scale()));
    }
    builder.build().map(Arc::new)
}

impl FileEncoding for ParquetEncoding {
    type Encoder = RowGroupEncoder;

    fn formats(&self) -> &[WireFormat] {
        &self.formats
    }

    fn types(&self) -> Vec<String> {
        self.mappings.iter().map(Mapping::name).collect()
    }

    fn warnings(&self) -> Vec<String> {
        let nulled = self.shared.nulled.lock().unwrap_or_else(PoisonError::into_inner);
        let nulled = self.shared.labels.iter().zip(nulled.iter()).filter(|(_, count)| **count > 0);
        let warning = |(label, count): (&Vec<u8>, &u64)| {
            let (values, are) = if *count == 1 { ("value", "is") } else { ("values", "are") };
            format!(
                "{count} {values} of column \"{}\" {are} NULL in the file, because its Parquet type cannot represent them",
                String::from_utf8_lossy(label),
            )
        };
        self.warnings.iter().cloned().chain(nulled.map(warning)).collect()
    }

    fn encoder(&self) -> RowGroupEncoder {
        let Shared { schema, on_misfit, compression, .. } = &*self.shared;
        let compressor = PageCompressor::new(*compression);
        let column = |(mapping, description): (_, &Arc<_>)| {
            ColumnOfGroup::new(mapping, Arc::clone(description), *on_misfit, compressor.clone())
        };
        RowGroupEncoder {
            columns: self.mappings.iter().zip(schema.columns()).map(column).collect(),
            shared: Arc::clone(&self.shared),
            rows: 0,
            encoded: 0,
            bytes: 0,
            is_full: false,
            pages: VecDeque::new(),
            taken: 0,
        }
    }

    fn head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(MAGIC);
    }

    fn tail(&self, units: Vec<Placed<RowGroup>>, out: &mut Vec<u8>) -> Result<(), CellError> {
        footer::push(&self.shared.schema, units, out).map_err(|error| library(&error))
    }
}

impl Encoder for RowGroupEncoder {
    type Unit = RowGroup;

    /// Rows are kept, and do not go to the buffer.
    #[inline]
    fn room(&self, _: usize) -> usize {
        0
    }

    fn row(&mut self, body: &[u8], _: &mut Vec<u8>) -> Result<(), CellError> {
        self.split(body).map_err(|(column, misfit)| {
            let (kind, reason) = match misfit {
                Misfit::Malformed(reason) => (CellErrorKind::Malformed, reason),
                Misfit::Unrepresentable(reason) => (CellErrorKind::Unrepresentable, reason),
            };
            CellError { kind, ..row::error((column, reason), |column| self.shared.labels.get(column)) }
        })?;
        self.rows += 1;
        self.bytes += body.len();
        if self.rows - self.encoded == BATCH_ROWS || self.bytes >= BATCH_BYTES {
            self.encode().map_err(|error| library(&error))?;
        }
        Ok(())
    }

    #[inline]
    fn unit_is_full(&self) -> bool {
        self.is_full
    }

    fn end_unit(&mut self) -> Result<Option<RowGroup>, CellError> {
        self.close().map_err(|error| library(&error))
    }

    fn drain(&mut self, out: &mut Vec<u8>) -> bool {
        while let Some(page) = self.pages.front() {
            let rest = &page[self.taken..];
            let room = out.capacity() - out.len();
            if room < rest.len() {
                out.extend_from_slice(&rest[..room]);
                self.taken += room;
                return false;
            }
            out.extend_from_slice(rest);
            self.taken = 0;
            self.pages.pop_front();
        }
        true
    }
}

impl RowGroupEncoder {
    #[inline]
    fn split(&mut self, body: &[u8]) -> Result<(), (usize, Misfit)> {
        let malformed = |(column, reason): row::Fault| (column, Misfit::Malformed(reason));
        let mut rest = cells(body, self.columns.len()).map_err(malformed)?;
        for (i, column) in self.columns.iter_mut().enumerate() {
            let cell = next_cell(&mut rest).map_err(|reason| malformed((i, reason)))?;
            column.push(cell).map_err(|misfit| (i, misfit))?;
        }
        row::end(rest).map_err(malformed)
    }

    fn encode(&mut self) -> Result<(), ParquetError> {
        for column in &mut self.columns {
            column.flush(&self.shared.properties)?;
        }
        (self.encoded, self.bytes) = (self.rows, 0);
        let size: u64 = self.columns.iter().map(ColumnOfGroup::size).sum();
        self.is_full = self.rows >= GROUP_ROWS || size >= self.shared.group_size;
        Ok(())
    }

    fn close(&mut self) -> Result<Option<RowGroup>, ParquetError> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.encode()?;
        let mut group = RowGroup::new(self.rows);
        for column in &mut self.columns {
            let (pages, metadata) = column.close()?;
            group.push(metadata, self.shared.codec)?;
            self.pages.extend(pages);
        }
        let mut nulled = self.shared.nulled.lock().unwrap_or_else(PoisonError::into_inner);
        for (column, nulled) in self.columns.iter_mut().zip(nulled.iter_mut()) {
            *nulled += std::mem::take(&mut column.nulled);
        }
        drop(nulled);
        (self.rows, self.encoded, self.is_full) = (0, 0, false);
        Ok(Some(group))
    }
}

/// The error of the crate parquet, whose words may contain values.
#[cold]
fn library(_: &ParquetError) -> CellError {
    row::error((row::ROW, "the library for Parquet refuses it"), |_| None)
}
