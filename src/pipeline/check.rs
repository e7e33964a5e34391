//! Checks that a statement can be written, without running it.

use super::format::{Format, JsonLines, columns, of_table, prepare};
use super::set::Table;
use crate::database::Session;
use crate::database::catalog::Found;
use crate::database::statement::{ResultColumn, Statement};
use crate::error::Result;
use crate::job::{Extraction, FileFormat, SetOptions};

/// Checks that the statement that the session has parsed can be written in the extraction's format.
///
/// # Errors
/// `QueryInvalid` if the server would have to convert a column and cannot, or the format has no file with such columns;
/// `InvalidRequest` if a column of partitions is not in the result; the errors of asking the server.
pub(crate) async fn check_format(
    session: &mut Session,
    sql: &str,
    statement: &Statement,
    extraction: &Extraction,
) -> Result<()> {
    match (&extraction.format, extraction.layout.set()) {
        // Its casts are not required.
        (FileFormat::Csv(_), None) => Ok(()),
        (FileFormat::JsonLines, None) => prepare(JsonLines, sql, statement, session).await.map(|_| ()),
        (FileFormat::Parquet(options), None) => {
            options.encoding(&columns(&statement.columns), &[]).map(|_| ())
        }
        (FileFormat::Csv(options), Some(set)) => in_set(options, session, sql, statement, set).await,
        (FileFormat::JsonLines, Some(set)) => in_set(JsonLines, session, sql, statement, set).await,
        (FileFormat::Parquet(options), Some(set)) => in_set(options, session, sql, statement, set).await,
    }
}

/// Checks that tables with these columns can be written in the extraction's format.
///
/// # Errors
/// `QueryInvalid` if the format has no file with the columns of a table.
pub(crate) fn check_tables(
    tables: &[Found],
    of_each: &[Vec<ResultColumn>],
    extraction: &Extraction,
) -> Result<()> {
    let FileFormat::Parquet(options) = &extraction.format else { return Ok(()) };
    for (found, of_table_columns) in tables.iter().zip(of_each) {
        let encoding = options.encoding(&columns(of_table_columns), &[]);
        encoding.map_err(|error| of_table(error, &found.table.qualified()))?;
    }
    Ok(())
}

async fn in_set(
    format: impl Format,
    session: &mut Session,
    sql: &str,
    statement: &Statement,
    set: &SetOptions,
) -> Result<()> {
    let table = Table::prepare(format, statement, &set.partition_by, session).await?;
    table.parse(sql, statement, session).await
}
