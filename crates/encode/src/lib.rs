//! Encodes rows of PostgreSQL's wire protocol as the bytes of a file, without I/O.
//!
//! A [`FileEncoding`] is created once per statement from the result's [`Column`]s and the options of the
//! file. It returns the [`WireFormat`] to request for each column, and an [`Encoder`] for each reader, which
//! takes the bodies of the `DataRow` messages one by one and appends the encoded rows to a buffer of the
//! caller, or keeps them until a row group is full. A row that does not have the form that the server announced
//! is a [`CellError`], which never contains the value.
//!
//! Each file format is a module: [`csv`], [`json`], [`parquet`].
//!
//! ```
//! use extractor_encode::csv::{CsvEncoding, CsvOptions, Dialect};
//! use extractor_encode::{Column, Encoder, FileEncoding, WireFormat};
//!
//! let column = |name: &[u8], type_oid| Column { name: name.to_vec(), type_oid, type_modifier: -1 };
//! let columns = [column(b"id", 20), column(b"name", 25)];
//! let encoding = CsvEncoding::new(&columns, &CsvOptions::for_dialect(Dialect::Postgres));
//! assert_eq!(encoding.formats(), [WireFormat::Binary, WireFormat::Text]);
//!
//! let mut file = Vec::new();
//! encoding.head(&mut file);
//! let mut encoder = encoding.encoder();
//! // Two cells: eight bytes of an int8, then a text of two bytes.
//! encoder.row(b"\0\x02\0\0\0\x08\0\0\0\0\0\0\0\x07\0\0\0\x02ab", &mut file)?;
//! assert_eq!(file, b"id,name\n7,ab\n");
//! # Ok::<(), extractor_encode::CellError>(())
//! ```

mod cell_error;
mod column;
pub mod csv;
mod encoding;
#[cfg(test)]
mod in_pieces;
pub mod json;
pub mod parquet;
mod row;
mod scan;
mod types;

pub use cell_error::{CellError, CellErrorKind};
pub use column::{Column, WireFormat};
pub use encoding::{Cast, CastTo, Cursor, Encoder, FileEncoding, PIECE, Placed};
