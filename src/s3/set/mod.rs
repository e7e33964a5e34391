//! The upload stage of a set: several objects that appear as one, or none.
//!
//! ```text
//! Part ──► SetUpload ──► a multipart upload a file ──► complete all ──► _manifest.json ──► _SUCCESS
//! ```
//!
//! The set's name is claimed by a multipart upload of `_manifest.json`, and completing that upload is the
//! commit. Until then no file is complete but for the moment in which all of them are being completed.

mod abort;
mod commit;
mod delete;
mod destination;
mod errors;
mod existing;
mod file;
mod files;
mod folder;
mod keepalive;
mod open_uploads;
mod preflight;
mod success;
mod take_back;
mod undo;
mod upload;

pub use destination::SetDestination;
pub use open_uploads::OpenUploads;
pub use preflight::{SetClaim, SetPreflight};
pub use upload::{SetFinished, SetUpload};
