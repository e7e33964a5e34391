//! Incremental exports: each version of a row is in one object, whatever else happens.

mod chain;
mod changes;
mod clusters;
mod death;
mod forms;
mod nothing_new;
mod partitions;
mod refusal;
mod sources;
mod stream;
mod stress;
mod verdict;
mod workload;
mod wrap;
