//! The event as it comes, and the checked request that it becomes.
//!
//! [`parse_envelope`] takes what the function was invoked with apart, [`Extraction::check`] reads one event over the
//! environment's variables over the defaults. Both are pure: no I/O, no clock, and the [`Environment`] is passed
//! in. Every mistake of an event is found here, before any call to AWS, and one answer names them all.
//!
//! ```
//! use rds_data_extractor::event::{Envelope, Environment, Extraction, Query, parse_envelope};
//!
//! let environment: Environment = [("S3_BUCKET_NAME", "data-extraction-bucket")].into_iter().collect();
//! let Envelope::One(event) = parse_envelope(br#"{"query": "SELECT 1"}"#)? else { unreachable!() };
//! let extraction = Extraction::check(&event, &environment)?;
//! assert_eq!(extraction.bucket, "data-extraction-bucket");
//! assert_eq!(extraction.query, Query::Text("SELECT 1".to_owned()));
//! # Ok::<(), rds_data_extractor::error::Error>(())
//! ```

mod check;
mod compression;
mod discovery;
mod envelope;
mod environment;
mod extraction;
mod fields;
mod file_name;
mod json;
mod later;
mod limits;
mod mistakes;
mod params;
#[cfg(test)]
mod tests;
mod values;

pub use check::{DEFAULT_CONFIG_PARAM, asked_action, raises_on_error};
pub use compression::Compression;
pub use discovery::{Discovery, MAX_ROLES, Place};
pub use envelope::{Envelope, Message, RawEvent, parse_envelope};
pub use environment::Environment;
pub use extraction::{Action, DEFAULT_QUERY, Extraction, IfExists, OnEmpty, Query, Role};
pub use file_name::{FileName, Naming, Template};
pub(crate) use mistakes::nearest;
pub use params::{MAX_PARAMS, Param};
