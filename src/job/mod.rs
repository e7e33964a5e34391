//! What a request asks for, checked and typed: nothing that a stage needs is left open, and nothing is read here.

mod compression;
mod discovery;
mod extraction;
mod file_name;
mod params;
mod pattern;
mod request;
mod survey;

pub use compression::Compression;
pub use discovery::{Discovery, MAX_ROLES, Place};
pub use extraction::{DEFAULT_QUERY, Extraction, IfExists, OnEmpty, Query, Role};
pub(crate) use file_name::check_key;
pub use file_name::{FileName, Naming, Template};
pub use params::{MAX_PARAMS, Param};
pub(crate) use pattern::matches;
pub use request::{Action, Request};
pub use survey::{Survey, Target, WatchedPrefix};
