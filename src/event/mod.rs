//! Events: their envelopes, their fields and the checks of both.
//!
//! [`parse_envelope`] parses the payload of an invocation and [`read`] reads one event; its fields take
//! precedence over environment variables, and those over defaults. Both are pure: they do no I/O and read no
//! clock, and the [`Environment`](crate::environment::Environment) is passed in. Every mistake in an event is
//! found here, before any call to AWS, and one response names them all.
//!
//! ```
//! use rds_data_extractor::environment::Environment;
//! use rds_data_extractor::event::{Envelope, parse_envelope, read};
//! use rds_data_extractor::job::{Action, Target};
//!
//! let environment: Environment = [("S3_BUCKET_NAME", "data-extraction-bucket")].into_iter().collect();
//! let Envelope::One(event) = parse_envelope(br#"{"query": "SELECT 1"}"#)? else { unreachable!() };
//! let Action::Extract(extraction) = read(&event, &environment).action else { unreachable!() };
//! let extraction = extraction?;
//! assert!(matches!(extraction.target, Target::Object(object) if object.bucket == "data-extraction-bucket"));
//! # Ok::<(), rds_data_extractor::error::Error>(())
//! ```

mod compression;
mod csv;
mod csv_preset;
mod discovery;
mod envelope;
mod extraction;
mod fields;
mod foreign;
mod format;
mod given;
mod if_exists;
mod incremental;
mod invalid;
mod layout;
mod limits;
mod name;
mod named;
mod operators_options;
mod operators_role;
mod overview;
mod parquet;
mod plan;
mod raw_event;
mod readers;
mod request;
mod role;
mod size;
mod tables;
#[cfg(test)]
mod tests;
mod values;
mod write_options;

pub use envelope::{Batch, Envelope, HttpBody, Message, Refusal, parse_envelope};
pub(crate) use extraction::DEFAULT_CONFIG_PARAM;
pub(crate) use given::Given;
pub(crate) use operators_options::operators_options;
pub(crate) use operators_role::operators_role;
pub(crate) use plan::{PlannedEvent, folder, make_events, of_parameter, of_table, sample};
pub use raw_event::RawEvent;
pub use request::read;
pub(crate) use request::{read_http, read_with, refused};
