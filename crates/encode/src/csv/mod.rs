//! CSV: no I/O, no allocation for a cell except for rare ones, no look at a type once rows come.
//!
//! ```text
//! columns + options ──► CsvEncoding ──► formats   what Bind asks of the server, for each column
//!                            │    └───► head      appended to a block of bytes
//!                            ▼
//! DataRow bodies ──────► RowEncoder ──► row       appended to a block of bytes
//! ```
//!
//! The files in the order to read them: `options` says what a file can look like; `columns` has one line for each
//! type, with the format to ask for and the function that prints it in each dialect; `types` has those functions, one
//! file for each family of types; `quoting` decides, once for a column where it can, which fields need quotes; `encoder`
//! takes a row apart and puts the record together.
//!
//! A new type is one file in `types` (or a function in one) and one line in `columns`. Until then, and for types
//! of extensions, whose ids no table can know, it prints as the server's text.

mod columns;
mod encoder;
mod options;
mod quoting;
mod types;

#[cfg(test)]
mod tests;

pub use encoder::{CsvEncoding, RowEncoder};
pub use options::{CsvOptions, Dialect, LineEnding, OptionProblem, Quote};
