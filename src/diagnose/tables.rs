//! Checks whether many tables can be exported together, without reading them.

use super::diagnosis::HopResult;
use super::estimate::{Estimate, bytes_in_words, time_in_words};
use super::means::{Means, weigh};
use super::readers::{connections_left, warn_of_connections};
use crate::database::{Plan, Session};
use crate::error::Result;
use crate::job::{Extraction, TableSelector};
use crate::pipeline;

/// The size in bytes of a page.
const PAGE: f64 = 8_192.0;
/// Selects how many locks all sessions of the server can hold together.
const LOCKS: &str = "SELECT pg_catalog.current_setting('max_locks_per_transaction')::bigint * \
     (pg_catalog.current_setting('max_connections')::bigint + pg_catalog.current_setting('max_prepared_transactions')::bigint)";

/// Selects and describes the tables, and estimates their rows from the statistics of the catalog.
pub(super) async fn plan(
    session: &mut Session,
    selectors: &[TableSelector],
    extraction: &Extraction,
    means: Means,
) -> Result<HopResult> {
    let left = connections_left(session).await?;
    let locks: Option<i64> =
        session.ask(LOCKS).await?.into_iter().flatten().flatten().find_map(|text| text.parse().ok());
    let selection = pipeline::select_tables(session, "tables", selectors, extraction).await?;
    let statements: Vec<_> = selection.tables.iter().map(|found| found.table.select()).collect();
    let columns = session.describe_all(&statements).await?;
    pipeline::check_tables(&selection.tables, &columns, extraction)?;
    let parts = session.parts_of(&selection.tables).await?;

    let rows: Option<f64> = parts.iter().map(|part| part.rows).sum();
    let pages =
        |pages: u64| Plan { rows: 1.0, width: pages as f64 * PAGE, cost: pages as f64, writes: false };
    let all = Estimate::of(pages(parts.iter().map(|part| part.leaf.pages).sum()), 0.0, means.memory);
    // Files end with their table.
    let largest = parts.iter().map(|part| part.leaf.pages).max().unwrap_or(0);
    let estimate = Estimate { memory: Estimate::of(pages(largest), 0.0, means.memory).memory, ..all };
    let rows = rows.map_or_else(
        || "rows that no ANALYZE has counted".to_owned(),
        |rows| format!("about {rows:.0} rows"),
    );
    let noun = if selection.tables.len() == 1 { "table" } else { "tables" };
    let mut result = HopResult::ok(format!(
        "{} {noun} with {} columns and {rows} on {} of pages, {}.",
        selection.tables.len(),
        columns.iter().map(Vec::len).sum::<usize>(),
        bytes_in_words(estimate.bytes),
        time_in_words(estimate.time),
    ));
    for warning in selection.warnings {
        result = result.warn(warning, "Name the tables, or grant, fill or allow what is left out.");
    }
    let readers = extraction.readers.several().unwrap_or(1);
    // The only reader needs a second session until it has its snapshot.
    result = warn_of_connections(result, left, readers.max(2), readers);
    let needed = (readers * (selection.tables.len() + parts.len())) as i64;
    if let Some(locks) = locks.filter(|locks| needed > *locks) {
        result = result.warn(
            format!("{readers} readers lock up to {needed} tables and partitions, and the server has {locks} locks."),
            "Raise max_locks_per_transaction on the server, choose a smaller parallelism, or select fewer tables.",
        );
    }
    Ok(weigh(result, estimate, extraction, means))
}
