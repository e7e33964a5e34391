//! Partitions: rows go to the folder of their columns' values, and wait until there are enough of them for their file.
//!
//! A waiting row is the body of its message without the columns of the partition (`split`). A folder is named as Hive names
//! it (`folder`). What waits is bounded for all partitions of a reader (`waiting`); `writer` hands it on.

mod folder;
mod split;
mod waiting;
mod writer;

pub(super) use writer::PartitionWriter;
