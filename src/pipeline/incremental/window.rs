//! The rows of a window, in SQL, as one statement or divided among readers.

use crate::database::Session;
use crate::database::table::{IN_PAGES, Leaf, Table, quoted};
use crate::error::Result;
use crate::pipeline::shares::{self, Share};

/// The smallest id that a transaction of its own has; smaller ones mark rows of the server's own.
const FIRST_ID: u64 = 3;
/// The number of ranges of a column for each reader.
const COLUMN_SHARES: u64 = 4;

/// The rows whose writers' ids lie in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// The lower bound, which belongs to the window; none if it is the first.
    pub(super) lower: Option<u64>,
    /// The upper bound, which does not belong to it.
    pub(super) upper: u64,
    /// The column with the ids; none for `xmin`.
    pub(super) column: Option<Column>,
    /// The tables, by OID, that are read as in a first window.
    pub(super) whole: Vec<u32>,
}

/// The column with the ids of transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// `xid8` or `bigint`.
    pub(super) type_name: &'static str,
}

impl Window {
    /// Returns the statement that reads the window.
    pub(super) fn statement(&self, table: &Table, leaves: &[Leaf]) -> String {
        table.select_where(leaves, &self.condition())
    }

    /// Returns the statement that reads a share of the window, from `$1` up to but excluding `$2`, and the shares.
    ///
    /// # Errors
    /// Those of asking the server for the bounds.
    pub(super) async fn shares(
        &self,
        session: &mut Session,
        (table, leaves): (&Table, &[Leaf]),
        readers: usize,
    ) -> Result<(String, Vec<Share>)> {
        let Some(column) = &self.column else {
            let pages = leaves.iter().map(|leaf| leaf.pages).max().unwrap_or(0);
            let condition = format!("{IN_PAGES} AND {}", self.condition());
            return Ok((table.select_where(leaves, &condition), shares::by_pages(pages, readers)));
        };
        let name = quoted(&column.name);
        let from = if let Some(lower) = self.lower {
            lower
        } else {
            // Rows from before the column had its trigger all have the same value.
            let sql = format!(
                "SELECT {name}::text FROM {} WHERE {name} > {} AND {name} < {} ORDER BY {name} LIMIT 1",
                table.quoted(),
                column.literal(0),
                column.literal(self.upper)
            );
            let first = session.ask(&sql).await?.into_iter().flatten().flatten().next();
            first.and_then(|text| text.parse().ok()).unwrap_or(self.upper)
        };
        let condition = format!("{name} >= $1 AND {name} < $2 AND {}", self.condition());
        let shares = by_ids(from, self.upper, COLUMN_SHARES * readers as u64);
        Ok((table.select_where(leaves, &condition), shares))
    }

    /// Returns the condition of the rows of the window, in parentheses.
    fn condition(&self) -> String {
        let (first, next) = match &self.column {
            None => self.of_xmin(),
            Some(column) => self.of_column(column),
        };
        let Some(next) = next else { return format!("({first})") };
        if self.whole.is_empty() {
            return format!("({next})");
        }
        let whole: Vec<_> = self.whole.iter().map(ToString::to_string).collect();
        format!("({next} OR tableoid = ANY ('{{{}}}'::pg_catalog.oid[]) AND {first})", whole.join(","))
    }

    /// The ages of ids are counted from one id within a transaction, so that a wrap of their 32 bits cancels out. Frozen
    /// rows of more than 2³¹ transactions ago have a negative age and belong to the first window.
    fn of_xmin(&self) -> (String, Option<String>) {
        let upper = age(self.upper);
        let first = format!("NOT pg_catalog.age(xmin) BETWEEN 0 AND {upper}");
        let next = self.lower.map(|lower| {
            format!("pg_catalog.age(xmin) > {upper} AND pg_catalog.age(xmin) <= {}", age(lower))
        });
        (first, next)
    }

    fn of_column(&self, column: &Column) -> (String, Option<String>) {
        let name = quoted(&column.name);
        let first = format!("{name} < {}", column.literal(self.upper));
        let next = self.lower.map(|lower| format!("{name} >= {} AND {first}", column.literal(lower)));
        (first, next)
    }
}

impl Column {
    fn literal(&self, id: u64) -> String {
        format!("'{id}'::pg_catalog.{}", if self.type_name == "bigint" { "int8" } else { self.type_name })
    }
}

/// Returns the age of an id of 64 bits, of which the server keeps 32.
fn age(id: u64) -> String {
    format!("pg_catalog.age('{}'::pg_catalog.xid)", (id & u64::from(u32::MAX)).max(FIRST_ID))
}

/// Divides the ids below `upper`. The first share also has those below `from`, which few windows have.
fn by_ids(from: u64, upper: u64, ranges: u64) -> Vec<Share> {
    let width = (upper.saturating_sub(from) / ranges).max(1);
    let between =
        (1..ranges).map(|range| from.saturating_add(width * range)).take_while(|bound| *bound < upper);
    let bounds: Vec<u64> = [0].into_iter().chain(between).chain([upper]).collect();
    let share = |pair: &[u64]| Share { text: 0, bounds: pair.iter().map(ToString::to_string).collect() };
    bounds.windows(2).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(lower: Option<u64>, column: Option<Column>, whole: &[u32]) -> Window {
        Window { lower, upper: (1 << 32) + 900, column, whole: whole.to_vec() }
    }

    #[test]
    fn a_window_has_the_ids_from_the_lower_bound_up_to_the_upper_one() {
        let next = "(pg_catalog.age(xmin) > pg_catalog.age('900'::pg_catalog.xid) \
                    AND pg_catalog.age(xmin) <= pg_catalog.age('4294967290'::pg_catalog.xid))";
        assert_eq!(window(Some((1 << 32) - 6), None, &[]).condition(), next);
        let first = "(NOT pg_catalog.age(xmin) BETWEEN 0 AND pg_catalog.age('900'::pg_catalog.xid))";
        assert_eq!(window(None, None, &[7]).condition(), first);
        let column = Column { name: "Tx\"id".to_owned(), type_name: "xid8" };
        let of_column = window(Some(5), Some(column.clone()), &[]).condition();
        assert_eq!(
            of_column,
            r#"("Tx""id" >= '5'::pg_catalog.xid8 AND "Tx""id" < '4294968196'::pg_catalog.xid8)"#
        );
        let whole = window(Some(5), Some(column), &[8, 9]).condition();
        assert!(whole.ends_with(
            r#" OR tableoid = ANY ('{8,9}'::pg_catalog.oid[]) AND "Tx""id" < '4294968196'::pg_catalog.xid8)"#
        ));
    }

    #[test]
    fn ids_of_the_server_s_own_are_no_bounds() {
        assert_eq!(age(1 << 32), "pg_catalog.age('3'::pg_catalog.xid)");
    }

    #[test]
    fn shares_are_adjacent_and_have_every_id_below_the_upper_bound() {
        for (from, upper, ranges) in [(100, 200, 4), (7, 8, 12), (0, 3, 8), (8, 8, 4)] {
            let shares = by_ids(from, upper, ranges);
            let bounds: Vec<(u64, u64)> = shares
                .iter()
                .map(|share| (share.bounds[0].parse().unwrap(), share.bounds[1].parse().unwrap()))
                .collect();
            assert_eq!((bounds[0].0, bounds[bounds.len() - 1].1), (0, upper));
            assert!(bounds.windows(2).all(|pair| pair[0].1 == pair[1].0), "{bounds:?}");
            assert!(shares.len() as u64 <= ranges);
        }
    }
}
