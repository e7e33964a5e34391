//! Requests, checked and typed: they contain everything that the stages need.

mod compression;
mod delivery;
mod discovery;
mod ending;
mod extraction;
mod file_name;
mod format;
mod params;
mod pattern;
mod query;
mod readers;
mod request;
mod source;
mod survey;
mod target;
mod write_options;

pub(crate) use compression::Compression;
pub(crate) use discovery::{Discovery, MAX_ROLES, Place};
pub(crate) use ending::{CompressionEnding, Ending, FormatEnding};
pub(crate) use extraction::{Extraction, OnEmpty};
pub use file_name::Naming;
pub(crate) use file_name::check_key;
pub(crate) use file_name::{FileName, Template};
pub(crate) use format::{FileFormat, Format};
pub(crate) use params::{MAX_PARAMS, Param};
pub(crate) use pattern::matches;
pub(crate) use query::{DEFAULT_QUERY, Query};
pub(crate) use readers::Readers;
pub use request::Action;
pub(crate) use request::Request;
pub use source::Role;
pub(crate) use source::{Configured, Source};
pub(crate) use survey::{PageTarget, Survey, WatchedPrefix};
pub use target::{IfExists, IfFileExists, Target};
pub(crate) use target::{LocalOutput, ObjectTarget};
pub use write_options::{Encryption, WriteOptions};
