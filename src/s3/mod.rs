//! The upload stage: parts become one object in S3, or none.
//!
//! ```text
//! Part ──► Upload ──► one PutObject, or a multipart upload
//! ```
//!
//! The object appears only when [`Upload::finish`] is called. An existing object is never overwritten.

mod abort;
mod abort_upload;
mod body;
mod bucket;
mod claim;
mod client;
mod complete;
mod completion;
mod create;
mod destination;
mod errors;
mod key;
mod multipart;
mod payload;
mod preflight;
mod properties;
mod put;
mod rehearsal;
mod rivals;
mod set;
mod standing;
mod state;
mod store;
mod throttling;
mod upload;
mod write_options;

pub(crate) use bucket::Existing;
pub use client::S3;
pub use destination::Destination;
pub use preflight::Preflight;
pub(crate) use rehearsal::belongs_to_another;
pub use rehearsal::{Rehearsed, rehearse};
pub use set::{OpenUploads, SetClaim, SetDestination, SetFinished, SetPreflight, SetUpload};
pub(crate) use store::{Content, Listed, Store, Stored};
pub use upload::{Finished, Upload, Uploaded};
