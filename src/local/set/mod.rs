//! A set on this machine: a folder that appears as a whole, or not at all.
//!
//! The files are written and synchronized in a temporary folder beside the wanted one, under a name that begins
//! with a dot. Renaming that folder is the commit. In every other case it is removed.

mod commit;
mod existing;
mod preflight;
mod target;
mod temporary;
mod upload;
mod writer;

pub use preflight::SetPreflight;
pub use target::SetTarget;
pub use upload::{LocalSet, SetFinished};
