//! The checked request of `action: extract`.

use super::compression::Compression;
use super::file_name::{Naming, check_key};
use super::format::FileFormat;
use super::incremental::Incremental;
use super::layout::Layout;
use super::params::Param;
use super::query::Query;
use super::readers::Readers;
use super::source::Source;
use super::target::{ObjectTarget, Target};
use crate::error::{Error, ErrorType, Result, Stage};

/// What happens if the query returns no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnEmpty {
    /// A file without rows: of CSV the column labels, of JSON lines nothing, of Parquet the schema.
    Header,
    /// The extraction fails with `NoData`.
    Fail,
    /// No file is written.
    Skip,
}

/// A checked extraction: it is complete and consistent.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// Where the rows come from.
    pub source: Source,
    /// Where the SQL comes from.
    pub query: Query,
    /// The values of `$1`, `$2` …
    pub params: Vec<Param>,
    /// How many sessions read, and how the rows are divided among them.
    pub readers: Readers,
    /// The patterns of `schema.table` that the operator allows; `None` allows all.
    pub allowed_tables: Option<Vec<String>>,
    /// Whether the operator allows statements to change the database. Several readers never do.
    pub allow_writes: bool,
    /// The format of the file.
    pub format: FileFormat,
    /// The compression of the file as a whole, which Parquet does not have.
    pub compression: Compression,
    /// The compression level; `None` for the default of the library.
    pub compression_level: Option<i32>,
    /// Whether the rows become one file or a set.
    pub layout: Layout,
    /// Where the file goes.
    pub target: Target,
    /// What happens if the query returns no rows.
    pub on_empty: OnEmpty,
    /// The event's own id, which stays the same when it is delivered again.
    pub event_id: Option<String>,
    /// How an export goes on where the last one ended, if it does.
    pub incremental: Option<Incremental>,
}

impl Extraction {
    /// Returns whether the extraction calls AWS: for a configuration, a query in Parameter Store or an object.
    pub fn calls_aws(&self) -> bool {
        matches!(self.source, Source::Configured(_))
            || matches!(self.query, Query::Parameter(_))
            || matches!(self.target, Target::Object(_))
    }

    /// Returns the location of the object, as the event names it; of a set, or of the stream of an incremental export, that of
    /// the folder. `None` for an output on this machine, and for a name that S3 does not accept.
    pub fn wanted_location(&self, naming: Naming<'_>) -> Option<String> {
        let Target::Object(object) = &self.target else { return None };
        let key = match &self.incremental {
            Some(incremental) => incremental.folder(object),
            None => self.object_key(object, naming).ok()?,
        };
        Some(format!("s3://{}/{key}", object.bucket))
    }

    /// Returns the key of the object, or of the folder of a set without the slash behind it, and without the suffix that
    /// `ifExists: suffix` may add.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` if the values of the placeholders make a key that S3 does not accept.
    pub fn object_key(&self, object: &ObjectTarget, naming: Naming<'_>) -> Result<String> {
        if let Some(incremental) = &self.incremental {
            // What its objects are called follows from the state.
            let extension = self.format.extension(self.compression);
            return Ok(format!("{}/next{extension}", incremental.folder(object)));
        }
        let mut key = match &object.key_prefix {
            Some(prefix) => format!("{}/", prefix.resolve(naming, self.event_id.as_deref())),
            None => String::new(),
        };
        let is_set = self.layout.set().is_some();
        let extension = if is_set { String::new() } else { self.format.extension(self.compression) };
        key.push_str(&object.file_name.resolve(naming, self.event_id.as_deref(), &extension));
        if is_set {
            key.truncate(key.trim_end_matches('/').len());
        }
        check_key(&key).map_err(|what| {
            let message = format!("The object's name, with its placeholders filled in, {what}.");
            Error::new(ErrorType::InvalidRequest, Stage::Event, message)
        })?;
        Ok(key)
    }
}
