//! Divides what the extraction reads among several readers: a table by its pages, or a query by the ranges of
//! a column.

use super::ranges::RangeType;
use super::shares::{self, Share};
use super::wanted::{Wanted, not_one_statement};
use crate::database::snapshot::unavailable;
use crate::database::statement::Statement;
use crate::database::table::{Kind, Leaf, Table, quoted};
use crate::database::{Node, Plan, Session};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::job::{Extraction, Readers, matches};

/// A statement that can be divided, and how.
pub(crate) struct Divisible {
    /// The statement that reads everything.
    whole: String,
    by: By,
}

enum By {
    Pages(Table),
    Column { query: String, column: String, range_type: RangeType },
}

/// The first version of PostgreSQL that reads ranges of pages without reading the whole table.
pub(super) const PAGE_RANGES: u32 = 140_000;
/// The number of ranges of a column for each reader.
const COLUMN_SHARES: usize = 4;
/// The maximum cost of all ranges together, as a multiple of the cost of the whole statement.
const DEARER: f64 = 2.0;
/// The cost up to which all ranges together are accepted, whatever the whole statement costs: half a second
/// of reading pages.
const CHEAP: f64 = 25_000.0;

/// The hint for a name that no table has.
pub(super) const NAME_HINT: &str = "Give the name as SQL has it: with its schema unless search_path finds it, and in double quotes \
     within the string if it has capitals or blanks.";

/// Returns the table with this name, if the operator allows it and its rows can be read.
pub(crate) async fn find_table(session: &mut Session, name: &str, extraction: &Extraction) -> Result<Table> {
    let found = match session.find_table(name).await {
        // The text is not a name in SQL, or is the name of a table in another database.
        Err(error)
            if error
                .server()
                .is_some_and(|server| ["42602", "42601", "0A000"].contains(&server.sqlstate.as_str())) =>
        {
            None
        }
        found => found?,
    };
    let Some(table) = found else {
        return Err(refused(format!("`table`: the database has no table {}.", form::shown(name)))
            .with_hint(NAME_HINT));
    };
    let qualified = table.qualified();
    if let Some(patterns) = &extraction.allowed_tables
        && !patterns.iter().any(|pattern| matches(pattern, &qualified))
    {
        let name = form::shown(&qualified);
        return Err(refused(format!("`table` {name} is not allowed here: see ALLOWED_TABLES.")));
    }
    let what = match table.kind {
        Kind::Table | Kind::Partitioned | Kind::MaterializedView => return Ok(table),
        Kind::View => "a view",
        Kind::Foreign => "a foreign table",
        Kind::Other => "no table",
    };
    let hint = if extraction.incremental.is_some() {
        "Export the tables whose rows it has, each as a stream of its own, or give a `query` without `incremental`."
    } else {
        "Give `query` instead of `table`; several readers divide it by the column in `splitBy`."
    };
    Err(refused(format!("`table` {} is {what}.", form::shown(&qualified))).with_hint(hint))
}

impl Divisible {
    /// Checks whether several readers can share what the extraction reads. Also returns the description of
    /// the whole statement.
    ///
    /// # Errors
    /// `InvalidRequest` if it cannot be divided, and the errors of the statement itself.
    pub(crate) async fn find(
        session: &mut Session,
        wanted: &Wanted,
        extraction: &Extraction,
    ) -> Result<(Self, Statement)> {
        match (wanted, &extraction.readers) {
            (Wanted::Query(query), Readers::ByColumn(_, column)) => {
                session.expect_query(query.clone());
                let statement = session.parse(query.text()).await?;
                let range_type = range_type(&statement, column)?;
                let (query, column) = (query.text().to_owned(), format!("q.{}", quoted(column)));
                let whole = format!("SELECT * FROM ({query}\n) AS q");
                // The statement can be run, but not as a subquery.
                session.parse(&whole).await.map_err(|error| match error.error_type {
                    ErrorType::QueryInvalid => refused(
                        "The query cannot be divided: it cannot stand in a FROM clause.",
                    )
                    .with_hint("Leave parallelism and splitBy out, or give a SELECT, VALUES, TABLE or WITH."),
                    _ => error,
                })?;
                Ok((Self { whole, by: By::Column { query, column, range_type } }, statement))
            }
            (Wanted::Table(name), _) => {
                let table = find_table(session, name, extraction).await?;
                page_ranges(session, &table).await?;
                let whole = table.select();
                let statement = session.parse(&whole).await?;
                Ok((Self { whole, by: By::Pages(table) }, statement))
            }
            (Wanted::Tables(_), _) => Err(not_one_statement()),
            (Wanted::Query(_), _) => Err(refused("`parallelism` above 1 needs `table` or `splitBy`.")),
        }
    }

    /// Returns the statement that reads everything.
    pub(crate) fn whole(&self) -> &str {
        &self.whole
    }

    /// Returns the OID of the table that is read by pages; `None` if ranges of a column are read.
    pub(crate) fn table(&self) -> Option<u32> {
        match &self.by {
            By::Pages(table) => Some(table.oid),
            By::Column { .. } => None,
        }
    }

    /// Returns the tables that are read by pages, which the session has locked by planning the whole
    /// statement; none if ranges of a column are read.
    ///
    /// # Errors
    /// `SnapshotUnavailable` if the statement has locked another table, `InvalidRequest` if the rows of one of them
    /// are not stored in pages.
    pub(crate) async fn leaves(&self, session: &mut Session) -> Result<Vec<Leaf>> {
        let By::Pages(table) = &self.by else { return Ok(Vec::new()) };
        if !session.has_locked([table.oid]).await? {
            return Err(renamed(&table.qualified()));
        }
        let leaves = session.locked_leaves(table).await?;
        let strange =
            |leaf: &&Leaf| !leaf.has_pages || !matches!(leaf.kind, Kind::Table | Kind::MaterializedView);
        match leaves.iter().find(strange) {
            None => Ok(leaves),
            Some(leaf) => Err(without_pages(&leaf.name)),
        }
    }

    /// Returns the statements of the shares. The parameters for the bounds follow those of the whole
    /// statement.
    pub(crate) fn texts(&self, leaves: &[Leaf], parameters: usize) -> Vec<String> {
        match &self.by {
            By::Pages(table) => vec![table.select_pages(leaves)],
            By::Column { column, .. } => {
                let (a, b) = (parameters + 1, parameters + 2);
                let share = |condition: String| format!("{} WHERE {condition}", self.whole);
                // In the order of the indexes in `shares`.
                vec![
                    share(format!("{column} >= ${a} AND {column} < ${b}")),
                    share(format!("{column} < ${a} OR {column} IS NULL")),
                    share(format!("{column} >= ${a}")),
                    self.whole.clone(),
                ]
            }
        }
    }

    /// Returns the shares for this many readers. `whole` is the plan of the whole statement.
    ///
    /// # Errors
    /// `InvalidRequest` if every share would run the whole query.
    pub(crate) async fn shares(
        &self,
        session: &mut Session,
        leaves: &[Leaf],
        parameters: &[Option<String>],
        whole: Option<&(Plan, Vec<Node>)>,
        readers: usize,
    ) -> Result<Vec<Share>> {
        let By::Column { query, column, range_type } = &self.by else {
            let pages = leaves.iter().map(|leaf| leaf.pages).max().unwrap_or(0);
            return Ok(shares::by_pages(pages, readers));
        };
        let ranges = COLUMN_SHARES * readers;
        let values = range_type.bounds(session, (query, column), parameters, ranges).await?;
        let shares = shares::by_values(&values);
        if let (Some(middle), Some((plan, nodes))) = (shares.get(shares.len() / 2), whole) {
            let text = &self.texts(leaves, parameters.len())[middle.text];
            let share = session.explain_nodes(text, &middle.parameters(parameters)).await?;
            if let Some((share, share_nodes)) = share
                && middle.text != shares::WHOLE
            {
                check_share(plan, nodes, &share, &share_nodes, shares.len())?;
            }
        }
        Ok(shares)
    }
}

/// Refuses a plan of the whole statement if the shares together would not return the same result.
pub(crate) fn check_plan(nodes: &[Node]) -> Result<()> {
    const REFUSED: [(&str, &str); 5] = [
        ("Limit", "a LIMIT, of which each share would have its own"),
        ("LockRows", "a lock on rows, which a snapshot that is shared does not allow"),
        ("ModifyTable", "a change, which a snapshot that is shared does not allow"),
        ("Foreign Scan", "a foreign table, whose rows lie in another server's snapshot"),
        ("Sample Scan", "a TABLESAMPLE, of which each share would have its own"),
    ];
    match REFUSED.iter().find(|(kind, _)| nodes.iter().any(|node| node.kind == *kind)) {
        None => Ok(()),
        Some((_, what)) => Err(refused(format!("It cannot be divided among readers: it has {what}."))
            .with_hint("Leave parallelism out, or leave that out of the query.")),
    }
}

/// Refuses shares if each of them would run the whole query.
fn check_share(whole: &Plan, nodes: &[Node], share: &Plan, of_share: &[Node], shares: usize) -> Result<()> {
    let all = share.cost * shares as f64;
    let is_cheap = all <= DEARER * whole.cost || all <= CHEAP;
    if is_cheap && reaches_scans(nodes, of_share) {
        return Ok(());
    }
    Err(refused("It cannot be divided by `splitBy`: every reader would run the whole query.").with_hint(
        "The condition on the column must reach the scan of a table: split by a column that has an index and is selected as \
         it is, not one that is computed, aggregated or numbered; or leave parallelism out. EXPLAIN shows where a WHERE on it \
         ends up.",
    ))
}

/// Returns whether the conditions that only the plan of the share has are conditions of table scans.
fn reaches_scans(whole: &[Node], share: &[Node]) -> bool {
    const SCANS: [&str; 7] = [
        "Seq Scan",
        "Index Scan",
        "Index Only Scan",
        "Bitmap Heap Scan",
        "Bitmap Index Scan",
        "Tid Scan",
        "Tid Range Scan",
    ];
    let is_scan = |node: &Node| SCANS.contains(&node.kind.as_str());
    let mut before: Vec<&String> = whole.iter().flat_map(|node| &node.conditions).collect();
    let mut reached = false;
    for node in share {
        for condition in &node.conditions {
            match before.iter().position(|known| *known == condition) {
                Some(known) => drop(before.swap_remove(known)),
                None if is_scan(node) => reached = true,
                None => return false,
            }
        }
    }
    // A share that the planner knows to be empty has no scan.
    reached || !share.iter().any(is_scan)
}

/// Refuses a server that cannot read ranges of pages, and a table whose rows are not stored in pages.
async fn page_ranges(session: &mut Session, table: &Table) -> Result<()> {
    if session.version().await?.is_some_and(|version| version < PAGE_RANGES) {
        return Err(refused(
            "The server is older than PostgreSQL 14, which is the first to read ranges of pages.",
        )
        .with_hint("Leave parallelism out, or give `query` and `splitBy` instead of `table`."));
    }
    if table.has_pages { Ok(()) } else { Err(without_pages(&table.qualified())) }
}

fn without_pages(name: &str) -> Error {
    refused(format!("It cannot be divided by pages: {} is not a plain table of the server.", form::shown(name)))
        .with_hint("It is a foreign table or has another access method: give `query` and `splitBy`, or leave parallelism out.")
}

/// Returns the type of the column by which a statement is divided.
fn range_type(statement: &Statement, name: &str) -> Result<RangeType> {
    let shown = form::shown(name);
    let mut columns = statement.columns.iter().filter(|column| column.name == name);
    let Some(column) = columns.next() else {
        return Err(refused(format!("`splitBy`: the query's result has no column {shown}."))
            .with_hint("Give the column's name as the header has it: without quotes, and in lower case unless it is quoted in the query."));
    };
    if columns.next().is_some() {
        return Err(refused(format!("`splitBy`: the query's result has several columns {shown}."))
            .with_hint("Name the columns differently, with AS."));
    }
    RangeType::of(column.type_oid).ok_or_else(|| {
        refused(format!("`splitBy`: the type of column {shown} has no ranges of equal width."))
            .with_hint("Split by a column of type smallint, integer, bigint, numeric, date, timestamp, timestamptz or uuid.")
    })
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Query, message)
}

/// Returns the error if another table has the name now.
pub(super) fn renamed(name: &str) -> Error {
    let message =
        format!("{} was renamed, or its schema was, while the readers joined or read.", form::shown(name));
    unavailable(message, "Run it again after the migration that does so.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(kind: &str, conditions: &[&str]) -> Node {
        Node { kind: kind.to_owned(), conditions: conditions.iter().map(|text| (*text).to_owned()).collect() }
    }

    #[test]
    fn a_condition_must_reach_the_scan() {
        let seq = node("Seq Scan", &["(a = 1)"]);
        let whole = [node("WindowAgg", &[]), seq.clone()];
        assert!(reaches_scans(&whole, &[node("Index Scan", &["(k < 5)", "(a = 1)"])]));
        assert!(reaches_scans(&whole, &[node("Seq Scan", &["((k < 5) AND (a = 1))"])]));
        let above = [node("Subquery Scan", &["(q.k < 5)"]), node("WindowAgg", &[]), seq.clone()];
        assert!(!reaches_scans(&whole, &above));
        assert!(!reaches_scans(&whole, &[node("Function Scan", &["(k < 5)"])]));
        assert!(!reaches_scans(&whole, &[node("Nested Loop", &[]), seq]), "a condition of a join");
        assert!(reaches_scans(&whole, &[node("Result", &[])]), "a range without rows");
    }

    #[test]
    fn all_shares_together_must_not_cost_much_more_than_the_whole() {
        let plan = |cost| Plan { rows: 1.0, width: 1.0, cost, writes: false };
        let index = [node("Index Scan", &["(k < 5)"])];
        let of = |whole, share| check_share(&plan(whole), &[], &plan(share), &index, 8).is_ok();
        assert!(of(1e6, 1.2e5));
        assert!(!of(1e6, 1e6));
        assert!(of(100.0, 100.0), "what costs next to nothing");
    }
}
