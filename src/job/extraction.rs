//! One extraction.

use extractor_encode::csv::CsvOptions;

use super::compression::Compression;
use super::file_name::{Naming, check_key};
use super::params::Param;
use super::query::Query;
use super::source::Source;
use super::target::{IfExists, ObjectTarget, Target};
use crate::error::{Error, ErrorType, Result, Stage};

/// How rows become a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFormat {
    /// CSV: the event's `csv`.
    Csv(CsvOptions),
}

/// What happens if the query returns no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEmpty {
    /// A file with the labels only.
    Header,
    /// The extraction fails as `NoData`.
    Fail,
    /// No file.
    Skip,
}

/// One extraction, checked: everything is there and nothing contradicts.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// Where the rows come from.
    pub source: Source,
    /// Where the SQL comes from.
    pub query: Query,
    /// The values of `$1`, `$2` …
    pub params: Vec<Param>,
    /// Whether the operator lets statements change the database.
    pub allow_writes: bool,
    /// How rows become a file.
    pub format: FileFormat,
    /// How the file is packed.
    pub compression: Compression,
    /// How hard to pack; `None`: as hard as the library does by default.
    pub compression_level: Option<i32>,
    /// Where the file goes.
    pub target: Target,
    /// What happens if its name is taken.
    pub if_exists: IfExists,
    /// What happens if the query returns no row.
    pub on_empty: OnEmpty,
    /// The event's own id, the same when it is delivered again.
    pub event_id: Option<String>,
}

impl Extraction {
    /// The key of the object, without what `ifExists: suffix` may add.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` if what fills the placeholders makes a key that S3 does not take.
    pub fn object_key(&self, object: &ObjectTarget, naming: Naming<'_>) -> Result<String> {
        let mut key = match &object.key_prefix {
            Some(prefix) => format!("{prefix}/"),
            None => String::new(),
        };
        key.push_str(&object.file_name.resolve(naming, self.event_id.as_deref(), self.compression));
        check_key(&key).map_err(|what| {
            Error::new(ErrorType::InvalidRequest, Stage::Event, format!("`fileName` {what}."))
        })?;
        Ok(key)
    }
}
