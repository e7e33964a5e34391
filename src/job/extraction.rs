//! One extraction.

use std::fmt;

use extractor_encode::csv::CsvOptions;

use super::compression::Compression;
use super::file_name::{self, FileName, Naming};
use super::params::Param;
use crate::error::{Error, ErrorType, Result, Stage};

/// The query of an event without one: the tables and views of schema `public` that the user can see.
pub const DEFAULT_QUERY: &str = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name LIMIT 100";

/// The role of account B.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What its trust policy asks for.
    pub external_id: Option<String>,
}

impl fmt::Debug for Role {
    /// Without the external id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role")
            .field("arn", &self.arn)
            .field("has_external_id", &self.external_id.is_some())
            .finish_non_exhaustive()
    }
}

/// Where the SQL comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum Query {
    /// The SQL itself, as it was written.
    Text(String),
    /// The name of a parameter of type String with the SQL. It must be read without decryption.
    Parameter(String),
    /// Nobody asked for anything: [`DEFAULT_QUERY`].
    DefaultTableList,
}

impl fmt::Debug for Query {
    /// Without the SQL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(sql) => write!(f, "Text({} bytes)", sql.len()),
            Self::Parameter(name) => write!(f, "Parameter({name:?})"),
            Self::DefaultTableList => f.write_str("DefaultTableList"),
        }
    }
}

/// What happens if the key is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// The name gets a suffix from the request id.
    Suffix,
    /// The extraction fails as `ObjectExists`.
    Fail,
    /// The object that is there is the answer.
    Skip,
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
    /// The parameter with the database configuration; a path if it ends in `/`.
    pub db_config_param: String,
    /// The role to assume; without one the function's own credentials are used.
    pub role: Option<Role>,
    /// Where the SQL comes from.
    pub query: Query,
    /// The values of `$1`, `$2` …
    pub params: Vec<Param>,
    /// The bucket; empty where the result stays on this machine.
    pub bucket: String,
    /// The account that the bucket must belong to.
    pub bucket_owner: Option<String>,
    /// What the key begins with, without the slash after it; `None`: the root of the bucket.
    pub key_prefix: Option<String>,
    /// How the file is named.
    pub file_name: FileName,
    /// How the file is written: the event's `csv`.
    pub csv: CsvOptions,
    /// How the file is packed.
    pub compression: Compression,
    /// How hard to pack; `None`: as hard as the library does by default.
    pub compression_level: Option<i32>,
    /// What happens if the key is taken.
    pub if_exists: IfExists,
    /// What happens if the query returns no row.
    pub on_empty: OnEmpty,
    /// Whether the operator lets statements change the database.
    pub allow_writes: bool,
    /// The event's own id, the same when it is delivered again.
    pub event_id: Option<String>,
}

impl Extraction {
    /// The key of the object, without what `ifExists: suffix` may add.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` if what fills the placeholders makes a key that S3 does not take.
    pub fn object_key(&self, naming: Naming<'_>) -> Result<String> {
        let mut key = match &self.key_prefix {
            Some(prefix) => format!("{prefix}/"),
            None => String::new(),
        };
        key.push_str(&self.file_name.resolve(naming, self.event_id.as_deref(), self.compression));
        file_name::check_key(&key).map_err(|what| {
            Error::new(ErrorType::InvalidRequest, Stage::Event, format!("`fileName` {what}."))
        })?;
        Ok(key)
    }
}
