//! The encoder for Miri.

#[allow(dead_code, unused_imports)]
#[path = "../../src/csv/mod.rs"]
mod csv;
