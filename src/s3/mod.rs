//! The stages parts and upload: CSV bytes become one object in S3, or none.
//!
//! ```text
//! PartWriter ──Part──► Upload ──► one PutObject, or a multipart upload
//!      ▲                 │
//!      └── PartBuffers ◄─┘  blocks come back when S3 has them
//! ```
//!
//! Blocks of memory are bounded and reused ([`parts`]), parts grow so slowly that 10,000 always do ([`schedule`]),
//! and the object appears only when [`Upload::finish`] is called. An object that exists is never overwritten.

mod abort;
mod bucket;
mod claim;
mod client;
mod complete;
mod create;
mod destination;
mod errors;
mod look;
mod multipart;
pub mod parts;
mod put;
mod rehearsal;
mod rivals;
pub mod schedule;
mod upload;

pub use bucket::Existing;
pub use client::S3;
pub(crate) use destination::suffix;
pub use destination::{Destination, ObjectKey};
pub use look::Looked;
pub use parts::{Part, PartBuffers, PartWriter, Parts};
pub use rehearsal::{Rehearsed, belongs_to_another, rehearse};
pub use schedule::PartSizes;
pub use upload::{Finished, Upload, Uploaded};
