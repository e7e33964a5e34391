//! How the formats encode the columns of a statement.

use extractor_encode::csv::{CsvEncoding, CsvOptions, Dialect};
use extractor_encode::json::{self, JsonEncoding};
use extractor_encode::parquet::{ParquetEncoding, ParquetOptions};
use extractor_encode::{Column, FileEncoding};

use crate::database::Session;
use crate::database::statement::{ResultColumn, Statement};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;

/// A format of files.
pub(super) trait Format: Copy + Send + Sync {
    type Encoding: FileEncoding + Send + Sync + 'static;

    /// Whether the server's text must represent every value without loss.
    fn is_lossless(self) -> bool;

    /// Returns the types of which only the database knows whether they are strings.
    fn unknown_types(self, _: &[Column]) -> Vec<u32> {
        Vec::new()
    }

    /// Returns the encoding of a result with these columns. `strings` are those of the unknown types that are strings.
    ///
    /// # Errors
    /// `QueryInvalid` if the format has no file with these columns.
    fn encoding(self, columns: &[Column], strings: &[u32]) -> Result<Self::Encoding>;
}

/// Returns the encoding of these columns. If it asks the database about types, the statement that the session has parsed is
/// another one then.
pub(super) async fn encoding_of<F: Format>(
    format: F,
    columns: &[Column],
    session: &mut Session,
) -> Result<F::Encoding> {
    format.encoding(columns, &strings_of(format, columns, session).await?)
}

/// Returns the types of these columns that are strings although only the database knows so.
pub(super) async fn strings_of(
    format: impl Format,
    columns: &[Column],
    session: &mut Session,
) -> Result<Vec<u32>> {
    let mut unknown = format.unknown_types(columns);
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() { Ok(unknown) } else { session.strings_in_json(&unknown).await }
}

/// Returns the encoding of the statement that the session has parsed, and has the session parse it with the casts that the
/// encoding needs.
pub(super) async fn prepare<F: Format>(
    format: F,
    sql: &str,
    statement: &Statement,
    session: &mut Session,
) -> Result<F::Encoding> {
    let columns = columns(&statement.columns);
    let encoding = encoding_of(format, &columns, session).await?;
    if !encoding.casts().is_empty() {
        session.parse_with_casts(sql, &statement.columns, encoding.casts()).await?;
    } else if !format.unknown_types(&columns).is_empty() {
        session.parse(sql).await?;
    }
    Ok(encoding)
}

impl Format for &CsvOptions {
    type Encoding = CsvEncoding;

    fn is_lossless(self) -> bool {
        self.dialect == Dialect::Postgres
    }

    fn encoding(self, columns: &[Column], _: &[u32]) -> Result<CsvEncoding> {
        Ok(CsvEncoding::new(columns, self))
    }
}

/// JSON lines.
#[derive(Clone, Copy)]
pub(super) struct JsonLines;

impl Format for JsonLines {
    type Encoding = JsonEncoding;

    fn is_lossless(self) -> bool {
        true
    }

    fn unknown_types(self, columns: &[Column]) -> Vec<u32> {
        json::unknown_types(columns)
    }

    fn encoding(self, columns: &[Column], strings: &[u32]) -> Result<JsonEncoding> {
        Ok(JsonEncoding::new(columns, strings))
    }
}

impl Format for &ParquetOptions {
    type Encoding = ParquetEncoding;

    fn is_lossless(self) -> bool {
        true
    }

    fn encoding(self, columns: &[Column], _: &[u32]) -> Result<ParquetEncoding> {
        ParquetEncoding::new(columns, self).map_err(|what| {
            Error::new(ErrorType::QueryInvalid, Stage::Query, format!("{what}.")).with_hint(match columns {
                [] => "Select at least one column.",
                _ => "Give each column its own alias (AS) in the query.",
            })
        })
    }
}

/// Adds the name of the table to an error of one of several.
pub(super) fn of_table(mut error: Error, name: &str) -> Error {
    error.message = format!("Table {}: {}", form::shown(name), error.message);
    error
}

/// Returns the columns of a result.
pub(super) fn columns(columns: &[ResultColumn]) -> Vec<Column> {
    let column = |column: &ResultColumn| Column {
        name: column.name.clone().into_bytes(),
        type_oid: column.type_oid,
        type_modifier: column.type_modifier,
    };
    columns.iter().map(column).collect()
}
