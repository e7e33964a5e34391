//! `action: diagnose`: checks an extraction hop by hop, and reports what is wrong and how to fix it.
//!
//! ```text
//! event ─┬→ parameter → role → endpoint → dns → tcp → tls → login → read-only → query ─┬→ clock
//!        └→ bucket ────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Each hop takes at most a few seconds, and the diagnosis continues where a later hop can still be tried.
//! The stages of the pipeline do the work; this module explains their results. Nothing that is written
//! remains, and the query is planned but never run.

mod address;
mod ask;
mod bucket;
mod clock;
mod connectivity;
mod diagnosis;
mod endpoint;
mod estimate;
mod hops;
mod login;
mod means;
mod network;
mod parameter;
mod query;
mod readers;
mod role;
mod servers;
mod tables;
mod tls;
mod walk;
mod way;

pub use diagnosis::{Diagnosis, Hop, State};
#[cfg(test)]
pub use diagnosis::{HopName, HopResult};
pub(crate) use estimate::{Estimate, bytes_in_words, time_in_words};
pub use walk::diagnose;
