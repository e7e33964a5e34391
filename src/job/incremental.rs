//! An export that goes on where the last one ended.

use super::file_name::Template;
use super::target::ObjectTarget;

/// An export of what was inserted or updated since the last one of the same stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incremental {
    /// The name of the stream, a folder below the prefix of the key.
    pub stream: String,
    /// What tells when a row was written.
    pub watermark: Watermark,
    /// Whether the export goes on if the table has other columns than in the last window; otherwise it fails.
    pub continues_with_other_columns: bool,
    /// Whether the export begins anew, in a folder of its own.
    pub restart: bool,
}

impl Incremental {
    /// Returns the key of the stream's folder, without the slash behind it.
    pub fn folder(&self, object: &ObjectTarget) -> String {
        let prefix = object.key_prefix.as_ref().and_then(Template::as_constant);
        prefix.map_or_else(|| self.stream.clone(), |prefix| format!("{prefix}/{}", self.stream))
    }
}

/// What tells which transaction wrote a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watermark {
    /// The system column `xmin`, which every table has. The whole table is scanned.
    Xmin,
    /// A column of type `xid8` or `bigint`, which a trigger sets to the id of the transaction.
    Column(String),
}
