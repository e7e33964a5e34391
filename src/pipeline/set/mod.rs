//! Writes the rows into several files that appear as one.
//!
//! ```text
//! rows ──► reader ──► file ──► chunks ──► hub ──► set in S3 or on this machine
//!           └─ partitions: rows wait here until there are enough for their file
//! ```
//!
//! One reader writes a file from its head to its tail (`file`), so that each file is a sequence, compressed as one
//! frame; it begins another when the file has its size. The hub alone names the files and knows the set. Rows of
//! partitions are kept as they came until there are enough to encode, within a bound for all of them.

mod chunks;
mod export;
mod file;
mod hub;
mod manifest;
mod names;
mod outcome;
mod partition;
mod reader;
mod sink;
mod table;
mod tables;

pub(super) use outcome::{delivered, skipped, stands};
pub(super) use sink::{Destination, Existing, Preflight, SetSink};
pub(super) use table::Table;
