//! The statement: what it reads, and its parameters.

use super::process::Process;
use crate::config;
use crate::database::statement::Statement;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{DEFAULT_QUERY, Extraction, Query, TableSelector};

/// The relation or query that the extraction reads.
pub(crate) enum Wanted {
    /// The result of a query.
    Query(extractor_sql::RewrittenQuery),
    /// A table of this name, which the server resolves.
    Table(String),
    /// Many tables in one snapshot.
    Tables(Vec<TableSelector>),
}

/// Returns what to read: the table, the query of the event, that of a parameter, or the default one.
pub(crate) async fn wanted(process: &Process, extraction: &Extraction) -> Result<Wanted> {
    let source = match &extraction.query {
        Query::Table(name) => return Ok(Wanted::Table(name.clone())),
        Query::Tables(selectors) => return Ok(Wanted::Tables(selectors.clone())),
        Query::Text(sql) => sql.clone(),
        Query::Parameter(name) => config::read_query(process.aws().await, name).await?,
        Query::DefaultTableList => DEFAULT_QUERY.to_owned(),
    };
    Ok(Wanted::Query(extractor_sql::rewrite(&source)?))
}

/// The error if many tables are taken for one statement.
pub(crate) fn not_one_statement() -> Error {
    Error::new(ErrorType::Internal, Stage::Query, "Many tables are more than one statement.")
}

/// The types json and jsonb, whose parameters take a JSON value unchanged.
const JSON_TYPES: [u32; 2] = [114, 3802];

/// Returns the values of `$1`, `$2` … in the server's text form.
pub(crate) fn parameters(statement: &Statement, extraction: &Extraction) -> Result<Vec<Option<String>>> {
    let (wanted, given) = (statement.parameter_types.len(), extraction.params.len());
    let refused = |message: String| Error::new(ErrorType::QueryInvalid, Stage::Query, message);
    if wanted != given {
        let message =
            format!("The query has {wanted} parameters ($1, $2 …), but params holds {given} values.");
        return Err(refused(message).with_hint("Give one value in params for each $n of the query."));
    }
    let values = extraction.params.iter().zip(&statement.parameter_types).enumerate();
    values
        .map(|(i, (param, type_oid))| {
            param
                .server_text(JSON_TYPES.contains(type_oid))
                .map_err(|what| refused(format!("The value of ${} in params {what}.", i + 1)))
        })
        .collect()
}
