//! The table of an incremental export, as the snapshot has it.

use super::errors::refused;
use super::window::Column;
use crate::database::Session;
use crate::database::table::{Kind, Leaf, Table};
use crate::error::{Error, Result};
use crate::form;
use crate::job::Extraction;
use crate::job::Watermark;
use crate::pipeline::find_table;
use crate::watermark::TableFacts;

const XID8: u32 = 5069;
const BIGINT: u32 = 20;

/// A table and what it has at the moment of the snapshot.
pub(super) struct Described {
    pub(super) facts: TableFacts,
    /// The column with the ids of transactions; none for `xmin`.
    pub(super) column: Option<Column>,
}

/// Returns the table with this name.
///
/// # Errors
/// `InvalidRequest` if there is none, or if it is not a table of which rows are written by transactions of this server.
pub(super) async fn find(session: &mut Session, name: &str, extraction: &Extraction) -> Result<Table> {
    let table = find_table(session, name, extraction).await?;
    if table.kind == Kind::MaterializedView {
        return Err(refused(format!(
            "`table` {} is a materialized view, of which a refresh writes all rows anew.",
            form::shown(&table.qualified())
        ))
        .with_hint("Export the tables from which it is made, or the whole view without `incremental`."));
    }
    if !table.has_pages {
        return Err(foreign_rows(&table.qualified()));
    }
    Ok(table)
}

/// Describes the table, whose rows these tables store, and checks that the watermark can be read.
///
/// # Errors
/// `InvalidRequest` if not.
pub(super) async fn describe(
    session: &mut Session,
    (table, leaves): (&Table, &[Leaf]),
    watermark: &Watermark,
) -> Result<Described> {
    if let Some(leaf) = leaves.iter().find(|leaf| leaf.kind != Kind::Table || !leaf.has_pages) {
        return Err(foreign_rows(&leaf.name));
    }
    let columns = session.columns_of(table, leaves).await?;
    let column = match watermark {
        Watermark::Xmin => None,
        Watermark::Column(name) => {
            let shown = form::shown(name);
            let Some(found) = columns.iter().find(|column| column.column.name == *name) else {
                return Err(wrong_column(format!("The table has no column {shown}.")));
            };
            let type_name = match found.type_oid {
                XID8 => "xid8",
                BIGINT => "bigint",
                _ => {
                    let is = &found.column.type_name;
                    return Err(wrong_column(format!(
                        "The column {shown} is of type {is}, not xid8 or bigint."
                    )));
                }
            };
            if !found.is_not_null {
                return Err(wrong_column(format!(
                    "The column {shown} may be NULL, and a row without the id of its transaction is in no window."
                )));
            }
            if session.is_subscribed(leaves).await? {
                return Err(refused(
                    "The table receives its rows by logical replication, so that the column has ids of the publisher's transactions.",
                )
                .with_hint("Leave `watermark` out, since `xmin` has the ids of this server, or export from the publisher."));
            }
            Some(Column { name: name.clone(), type_name })
        }
    };
    let mut oids: Vec<u32> = leaves.iter().map(|leaf| leaf.oid).collect();
    oids.sort_unstable();
    let columns = columns.into_iter().map(|column| column.column).collect();
    let facts = TableFacts { name: table.qualified(), oid: table.oid, columns, leaves: oids };
    Ok(Described { facts, column })
}

fn foreign_rows(name: &str) -> Error {
    refused(format!(
        "{} is a foreign table or has another access method, so that its rows do not have the ids of this server's transactions.",
        form::shown(name)
    ))
    .with_hint("Export it without `incremental`, or from the server that stores it.")
}

fn wrong_column(message: String) -> Error {
    refused(message).with_hint(
        "Add the column as docs/incremental.md shows: xid8 NOT NULL, set by a default and a trigger, with an index. Or leave \
         `watermark` out for `xmin`, which needs no column.",
    )
}
