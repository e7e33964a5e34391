//! `action: diagnose`: the way of an extraction walked hop by hop, with what is wrong and what fixes it.
//!
//! ```text
//! event ─┬→ parameter → role → endpoint → dns → tcp → tls → login → read-only → query ─┬→ clock
//!        └→ bucket ────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Each hop has a few seconds at most, and the walk goes on where a later hop can still be tried. The stages of the
//! pipeline do the work; what is added here is what to say of it. Nothing is written that stays, and the query is
//! planned but never run.

mod address;
mod bucket;
mod clock;
mod endpoint;
mod estimate;
mod hops;
mod login;
mod network;
mod parameter;
mod query;
mod report;
mod role;
mod tls;
mod walk;
mod way;

pub use report::{Diagnosis, Hop, HopName, HopResult, State};
pub use walk::diagnose;
