//! The CSV format, without I/O. Types are looked up once per statement, and only rare cells allocate memory.
//!
//! ```text
//! columns + options ──► CsvEncoding ──► formats   requested in Bind, for each column
//!                            │    └───► head      appended to a buffer
//!                            ▼
//! DataRow bodies ──────► RowEncoder ──► row       appended to a buffer
//! ```
//!
//! The modules in the order to read them: `options` has the options of a file. `columns` has one line for
//! each type, with the format to request and the function of `crate::types` that prints it in each dialect. `quoting` decides which fields need quotes, once per column
//! where it can. `encoder` splits a row into cells and writes the record.
//!
//! A new type needs a function in `crate::types` and a line in `columns`. Other types print as the server's text,
//! among them the types of extensions, which have no fixed object ids.

mod columns;
mod encoder;
mod options;
mod quoting;

#[cfg(test)]
mod tests;

pub(crate) use columns::printer;
pub use encoder::{CsvEncoding, RowEncoder};
pub use options::{CsvOptions, Dialect, LineEnding, OptionProblem, Quote};
