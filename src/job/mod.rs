//! Requests, checked and typed: they contain everything that the stages need.

mod compression;
mod discovery;
mod extraction;
mod file_name;
mod params;
mod pattern;
mod query;
mod request;
mod source;
mod survey;
mod target;

pub use compression::Compression;
pub use discovery::{Discovery, MAX_ROLES, Place};
pub use extraction::{Extraction, FileFormat, OnEmpty};
pub(crate) use file_name::check_key;
pub use file_name::{FileName, Naming, Template};
pub use params::{MAX_PARAMS, Param};
pub(crate) use pattern::matches;
pub use query::{DEFAULT_QUERY, Query};
pub use request::{Action, Request};
pub use source::{Configured, Role, Source};
pub use survey::{PageTarget, Survey, WatchedPrefix};
pub use target::{IfExists, LocalOutput, ObjectTarget, Target};
