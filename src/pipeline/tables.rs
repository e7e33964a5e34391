//! Many tables in one snapshot, by the protocol of [`several`](super::several): the guard locks all tables before the
//! leader takes the snapshot, also if there is only one reader.

use std::collections::{HashMap, HashSet};

use extractor_encode::Cast;
use futures_util::future::try_join_all;

use super::divide::PAGE_RANGES;
use super::selection::{Selection, select_tables};
use super::several::{connect, in_time, nobody, of_lock, of_reader};
use super::shares::{self, Share};
use crate::database::catalog::{Found, Part};
use crate::database::snapshot::unavailable;
use crate::database::statement::{ResultColumn, with_casts};
use crate::database::table::{Kind, Leaf, Table};
use crate::database::{Exported, Session, SessionSettings, Snapshot};
use crate::error::{Error, Result};
use crate::job::{Extraction, TableSelector};

/// How often the snapshot is taken anew, if tables come or go just before it.
const ATTEMPTS: usize = 5;

/// The tables that the readers share once they have joined.
pub(super) struct JoinedTables {
    /// The tables, in the order of their schemas and names.
    pub(super) tables: Vec<JoinedTable>,
    /// How many rows the planner expects; `None` if it does not know.
    pub(super) rows: Option<f64>,
    /// What the caller should know of tables that are left out.
    pub(super) warnings: Vec<String>,
}

/// A table in the snapshot.
pub(super) struct JoinedTable {
    pub(super) table: Table,
    pub(super) columns: Vec<ResultColumn>,
    leaves: Vec<Leaf>,
    /// The shares of its rows, without the index of the statement.
    shares: Vec<Vec<String>>,
}

/// The tables at the moment of the snapshot, which is exported.
struct Cut {
    selection: Selection,
    parts: Vec<Part>,
    exported: Exported,
}

impl Cut {
    /// Returns the OIDs of everything that has to be locked.
    fn relations(&self) -> impl Iterator<Item = u32> {
        relations(&self.selection.tables, &self.parts)
    }
}

fn relations(tables: &[Found], parts: &[Part]) -> impl Iterator<Item = u32> {
    tables.iter().map(|found| found.table.oid).chain(parts.iter().map(|part| part.leaf.oid))
}

/// Takes a snapshot of the selected tables in the first session, connects the sessions that are missing and has them
/// join it, with locks on all tables.
pub(super) async fn join(
    sessions: &mut Vec<Session>,
    settings: SessionSettings,
    selectors: &[TableSelector],
    extraction: &Extraction,
    readers: usize,
) -> Result<JoinedTables> {
    let Some((leader, others)) = sessions.split_first_mut() else { return Err(nobody()) };
    let Some(guard) = others.first_mut() else { return Err(nobody()) };
    let mut cut = None;
    for _ in 0..ATTEMPTS {
        cut = in_time(take(leader, guard, &settings, selectors, extraction)).await.map_err(of_lock)?;
        if cut.is_some() {
            break;
        }
        leader.release().await?;
        guard.release().await?;
    }
    let Some(cut) = cut else {
        return Err(unavailable(
            "Tables are created, dropped or renamed all the time, so that no snapshot has all of them."
                .to_owned(),
            "Run it again after the migration that does so.",
        ));
    };
    guard.release().await?;
    if readers < sessions.len() {
        for session in &mut sessions[readers..] {
            session.close_idle().await;
        }
        sessions.truncate(readers);
    } else {
        connect(sessions, readers - sessions.len(), readers).await?;
    }

    let Some((leader, others)) = sessions.split_first_mut() else { return Err(nobody()) };
    let joining = others.iter_mut().enumerate().map(async |(index, session)| {
        let joined = in_time(join_cut(session, &settings, &cut)).await;
        joined.map_err(|error| of_reader(of_lock(error), index + 2, readers))
    });
    try_join_all(joining).await?;
    let has_page_ranges = leader.version().await?.is_some_and(|version| version >= PAGE_RANGES);
    let statements: Vec<_> = cut.selection.tables.iter().map(|found| found.table.select()).collect();
    let columns = leader.describe_all(&statements).await?;
    Ok(joined(cut, columns, readers, has_page_ranges))
}

/// Takes the snapshot, unless tables come or go meanwhile.
async fn take(
    leader: &mut Session,
    guard: &mut Session,
    settings: &SessionSettings,
    selectors: &[TableSelector],
    extraction: &Extraction,
) -> Result<Option<Cut>> {
    guard.begin(SessionSettings { snapshot: Snapshot::Guard, ..settings.clone() }).await?;
    let before = select_tables(guard, "tables", selectors, extraction).await?;
    if is_gone(guard.lock_tables(&before.tables).await)? {
        return Ok(None);
    }
    leader.begin(SessionSettings { snapshot: Snapshot::Shared, ..settings.clone() }).await?;
    let selection = select_tables(leader, "tables", selectors, extraction).await?;
    // A table that was created after the guard has looked may have got the rows of another.
    if selection.tables != before.tables || is_gone(leader.lock_tables(&selection.tables).await)? {
        return Ok(None);
    }
    let parts = leader.parts_of(&selection.tables).await?;
    let relations = relations(&selection.tables, &parts);
    if !guard.has_locked(relations).await? {
        return Ok(None);
    }
    let exported = leader.export_snapshot().await?;
    Ok(Some(Cut { selection, parts, exported }))
}

/// Returns whether a table to be locked is no longer there.
fn is_gone(locked: Result<()>) -> Result<bool> {
    // XX000: a table that was dropped while the lock on it was awaited.
    const GONE: [&str; 3] = ["42P01", "3F000", "XX000"];
    match locked {
        Ok(()) => Ok(false),
        Err(error) if error.server().is_some_and(|server| GONE.contains(&server.sqlstate.as_str())) => {
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

/// Has a session join the snapshot and lock all tables.
async fn join_cut(session: &mut Session, settings: &SessionSettings, cut: &Cut) -> Result<()> {
    session.join(settings.clone(), &cut.exported).await?;
    // The leader holds all tables, but not their schemas.
    let has_all = !is_gone(session.lock_tables(&cut.selection.tables).await)?
        && session.has_locked(cut.relations()).await?;
    if has_all { Ok(()) } else { Err(moved()) }
}

fn moved() -> Error {
    let message = "A partition or a schema was detached or renamed while the readers joined.";
    unavailable(message.to_owned(), "Run it again.")
}

/// Divides the tables among the readers.
fn joined(
    Cut { selection, parts, .. }: Cut,
    columns: Vec<Vec<ResultColumn>>,
    readers: usize,
    has_page_ranges: bool,
) -> JoinedTables {
    let rows = parts.iter().map(|part| part.rows).sum();
    let mut of: HashMap<u32, Vec<Leaf>> = HashMap::new();
    let mut seen = HashSet::new();
    for part in parts {
        // A table that inherits from two of the tables belongs to one of them.
        if seen.insert(part.leaf.oid) {
            of.entry(part.root).or_default().push(part.leaf);
        }
    }
    let tables = selection.tables.into_iter().zip(columns).map(|(Found { table, .. }, columns)| {
        let leaves = of.remove(&table.oid).unwrap_or_default();
        let in_pages =
            |leaf: &Leaf| leaf.has_pages && matches!(leaf.kind, Kind::Table | Kind::MaterializedView);
        let is_divided = readers > 1 && has_page_ranges && leaves.iter().all(in_pages);
        let most = leaves.iter().map(|leaf| leaf.pages).max().unwrap_or(0);
        let mut shares = vec![Vec::new()];
        if is_divided {
            let ranges = shares::by_pages(most, readers);
            if ranges.len() > 1 {
                shares = ranges.into_iter().map(|share| share.bounds).collect();
            }
        }
        JoinedTable { table, columns, leaves, shares }
    });
    JoinedTables { tables: tables.collect(), rows, warnings: selection.warnings }
}

impl JoinedTable {
    /// Returns the statement of the table's shares.
    pub(super) fn text(&self, casts: &[Cast]) -> String {
        let sql = match self.shares.len() {
            0 | 1 => self.table.select_only(&self.leaves),
            _ => self.table.select_pages(&self.leaves),
        };
        if casts.is_empty() { sql } else { with_casts(&sql, self.columns.len(), casts) }
    }

    fn pages(&self) -> u64 {
        self.leaves.iter().map(|leaf| leaf.pages).sum()
    }
}

/// Returns the shares of all tables, those of the largest table first. The index of a share's statement is that of its
/// table.
pub(super) fn shares_of(tables: &[JoinedTable]) -> Vec<Share> {
    let mut order: Vec<_> = (0..tables.len()).collect();
    order.sort_by_key(|&table| std::cmp::Reverse(tables[table].pages()));
    let shares = order.into_iter().flat_map(|text| {
        tables[text].shares.iter().map(move |bounds| Share { text, bounds: bounds.clone() })
    });
    shares.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined_table(oid: u32, pages: u64, shares: usize) -> JoinedTable {
        let table = Table {
            oid,
            schema: "s".to_owned(),
            name: format!("t{oid}"),
            kind: Kind::Table,
            has_pages: true,
        };
        let leaf = Leaf { oid, name: "s.t".to_owned(), kind: Kind::Table, has_pages: true, pages };
        JoinedTable { table, columns: Vec::new(), leaves: vec![leaf], shares: vec![Vec::new(); shares] }
    }

    #[test]
    fn the_largest_table_comes_first() {
        let tables = [joined_table(1, 5, 1), joined_table(2, 900, 3), joined_table(3, 0, 1)];
        let texts: Vec<_> = shares_of(&tables).into_iter().map(|share| share.text).collect();
        assert_eq!(texts, [1, 1, 1, 0, 2]);
        assert!(tables[1].text(&[]).ends_with("WHERE ctid >= $1 AND ctid < $2"));
        assert_eq!(tables[0].text(&[]), r#"SELECT * FROM ONLY "s"."t1""#);
    }
}
