//! Parquet, without I/O: rows are kept until a row group is full, and then written column by column.
//!
//! The modules in the order to read them: `options` and `mapping` say what a type becomes, with one line for each
//! type. `values` converts cells, `decimal` numerics and `list` arrays. A `column` collects values and gives them to
//! the column writer of the crate parquet, `codec` compresses its pages. `encoder` splits rows into cells and ends row
//! groups; `footer` is the part of the file behind them, made once their places in the file are known.

mod codec;
mod column;
mod decimal;
mod encoder;
mod footer;
mod list;
mod mapping;
mod misfit;
mod options;
mod values;

#[cfg(test)]
mod tests;

pub use encoder::{ParquetEncoding, RowGroupEncoder};
pub use footer::RowGroup;
pub use options::{Arrays, Compression, Decimal, Json, ParquetOptions, Unrepresentable, Uuids};
