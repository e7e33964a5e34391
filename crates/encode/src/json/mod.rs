//! JSON lines, without I/O: one object a line, byte for byte what `SELECT row_to_json(q) FROM (query) q`
//! returns, except that a line break between the tokens of a json value becomes a blank.
//!
//! The modules in the order to read them: `columns` has one line for each type that is printed here. Others
//! are strings, or what only the server can convert; which of the two the database knows ([`unknown_types`]).
//! `escape` writes strings. `encoder` splits a row into cells and writes the object.

mod columns;
mod encoder;
mod escape;

#[cfg(test)]
mod tests;

pub use columns::unknown_types;
pub use encoder::{JsonEncoding, ObjectEncoder};
