//! Tables, as described by the server's catalog.

use super::session::Session;
use crate::error::Result;

/// The kind of relation that a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A table, from which others may inherit.
    Table,
    /// A partitioned table.
    Partitioned,
    /// A materialized view.
    MaterializedView,
    /// A view.
    View,
    /// A foreign table.
    Foreign,
    /// An index, a sequence, a type …
    Other,
}

/// A table, or another relation that can be named in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its OID.
    pub oid: u32,
    /// The schema, as in the catalog.
    pub schema: String,
    /// The name, as in the catalog.
    pub name: String,
    /// The kind of relation.
    pub kind: Kind,
    /// Whether its rows are stored in pages, by which they can be divided; also true for a relation that
    /// stores no rows.
    pub has_pages: bool,
}

/// A table that stores rows, alone or as a part of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its OID.
    pub oid: u32,
    /// Its name, qualified by the schema, for messages.
    pub name: String,
    /// The kind of relation.
    pub kind: Kind,
    /// Whether its rows are stored in pages, by which they can be divided.
    pub has_pages: bool,
    /// The number of its pages.
    pub pages: u64,
}

/// The condition that the access method is the server's own.
pub(super) const HAS_PAGES: &str = "c.relkind = 'p' OR COALESCE((SELECT a.amname = 'heap' FROM pg_catalog.pg_am a WHERE a.oid = c.relam), true)";

impl Table {
    /// Returns `schema.table`, the form used in the operator's patterns and in messages.
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// Returns the statement that reads the whole table.
    pub fn select(&self) -> String {
        format!("SELECT * FROM {}", self.quoted())
    }

    /// Returns the statement that reads the rows of these leaves in a range of pages, from `$1` up to but
    /// excluding `$2`.
    pub fn select_pages(&self, leaves: &[Leaf]) -> String {
        self.select_leaves(leaves, Some(IN_PAGES))
    }

    /// Returns the statement that reads all rows of these leaves.
    pub fn select_only(&self, leaves: &[Leaf]) -> String {
        self.select_leaves(leaves, None)
    }

    /// Returns the statement that reads the rows of these leaves for which a condition holds.
    pub fn select_where(&self, leaves: &[Leaf], condition: &str) -> String {
        self.select_leaves(leaves, Some(condition))
    }

    fn select_leaves(&self, leaves: &[Leaf], condition: Option<&str>) -> String {
        let table = self.quoted();
        // No reader reads a partition that is attached later, even if the reader plans its statement after
        // that.
        if matches!(leaves, [only] if only.oid == self.oid) {
            let condition = condition.map_or_else(String::new, |condition| format!(" WHERE {condition}"));
            return format!("SELECT * FROM ONLY {table}{condition}");
        }
        let oids: Vec<_> = leaves.iter().map(|leaf| leaf.oid.to_string()).collect();
        let condition = condition.map_or_else(String::new, |condition| format!("{condition} AND "));
        format!(
            "SELECT * FROM {table} WHERE {condition}tableoid = ANY ('{{{}}}'::pg_catalog.oid[])",
            oids.join(",")
        )
    }

    pub(crate) fn quoted(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }
}

/// The condition of a range of pages, from `$1` up to but excluding `$2`.
pub(crate) const IN_PAGES: &str = "ctid >= $1 AND ctid < $2";

/// Returns a name as a quoted identifier of SQL.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Session {
    /// Returns the relation that a name refers to, or `None` if there is none.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn find_table(&mut self, name: &str) -> Result<Option<Table>> {
        let sql = format!(
            "SELECT c.oid, n.nspname, c.relname, c.relkind, {HAS_PAGES} FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass($1)"
        );
        let rows = self.ask_with(&sql, &[Some(name.to_owned())]).await?;
        Ok(rows.into_iter().next().and_then(|row| {
            let [oid, schema, name, kind, pages] = <[_; 5]>::try_from(row).ok()?;
            let (kind, has_pages) = (Kind::read(&kind?), pages? == "t");
            Some(Table { oid: oid?.parse().ok()?, schema: schema?, name: name?, kind, has_pages })
        }))
    }

    /// Returns the leaves of a table that this session has locked, the largest first: the table itself, its
    /// partitions and the tables that inherit from it.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn locked_leaves(&mut self, table: &Table) -> Result<Vec<Leaf>> {
        let sql = format!(
            "WITH RECURSIVE tree (oid) AS (SELECT $1::pg_catalog.oid UNION \
             SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree t ON t.oid = i.inhparent) \
             SELECT c.oid, n.nspname, c.relname, c.relkind, {HAS_PAGES}, \
             COALESCE(pg_catalog.pg_relation_size(c.oid), 0) / pg_catalog.current_setting('block_size')::bigint AS pages \
             FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind <> 'p' AND c.oid IN ({LOCKED}) ORDER BY pages DESC, c.oid"
        );
        let rows = self.ask_with(&sql, &[Some(table.oid.to_string())]).await?;
        let leaf = |row: Vec<Option<String>>| {
            let [oid, schema, name, kind, has_pages, pages] = <[_; 6]>::try_from(row).ok()?;
            Some(Leaf {
                oid: oid?.parse().ok()?,
                name: format!("{}.{}", schema?, name?),
                kind: Kind::read(&kind?),
                has_pages: has_pages? == "t",
                pages: pages?.parse().ok()?,
            })
        };
        Ok(rows.into_iter().filter_map(leaf).collect())
    }

    /// Returns whether this session has locked all of these relations, given by OID.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn has_locked(&mut self, relations: impl IntoIterator<Item = u32>) -> Result<bool> {
        let rows = self.ask(LOCKED).await?;
        let locked: std::collections::HashSet<u32> =
            rows.into_iter().flatten().flatten().filter_map(|oid| oid.parse().ok()).collect();
        Ok(relations.into_iter().all(|oid| locked.contains(&oid)))
    }

    /// Returns the name of a table that this session has locked, if another table or none has it now.
    ///
    /// A lock on a table keeps its name, but not that of its schema. The catalog has the names of the transaction's
    /// snapshot; the name is looked up as any statement does it now.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn renamed(&mut self) -> Result<Option<String>> {
        let sql = format!(
            "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.oid IN ({LOCKED}) AND c.relkind IN ('r', 'p', 'm', 'v', 'f') \
             AND CASE WHEN pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
             THEN pg_catalog.to_regclass(pg_catalog.format('%I.%I', n.nspname, c.relname))::pg_catalog.oid \
             IS DISTINCT FROM c.oid ELSE false END LIMIT 1"
        );
        let mut row = self.ask(&sql).await?.into_iter().next().into_iter().flatten().flatten();
        Ok(row.next().zip(row.next()).map(|(schema, name)| format!("{schema}.{name}")))
    }
}

/// Selects the relations of this database that the session has locked.
const LOCKED: &str = "SELECT l.relation FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.granted \
     AND l.pid = pg_catalog.pg_backend_pid() AND l.database = \
     (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())";

impl Kind {
    pub(super) fn read(relkind: &str) -> Self {
        match relkind {
            "r" => Self::Table,
            "p" => Self::Partitioned,
            "m" => Self::MaterializedView,
            "v" => Self::View,
            "f" => Self::Foreign,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(oid: u32) -> Leaf {
        Leaf { oid, name: "s.l".to_owned(), kind: Kind::Table, has_pages: true, pages: 1 }
    }

    #[test]
    fn a_statement_reads_the_leaves_that_were_planned_and_no_other() {
        let table = Table {
            oid: 7,
            schema: "S".to_owned(),
            name: "a\"b".to_owned(),
            kind: Kind::Table,
            has_pages: true,
        };
        assert_eq!(table.select(), r#"SELECT * FROM "S"."a""b""#);
        assert_eq!(
            table.select_pages(&[leaf(7)]),
            r#"SELECT * FROM ONLY "S"."a""b" WHERE ctid >= $1 AND ctid < $2"#
        );
        assert_eq!(
            table.select_pages(&[leaf(8), leaf(9)]),
            r#"SELECT * FROM "S"."a""b" WHERE ctid >= $1 AND ctid < $2 AND tableoid = ANY ('{8,9}'::pg_catalog.oid[])"#
        );
        assert!(table.select_pages(&[leaf(8)]).contains("ANY ('{8}'"), "a child alone");
        assert!(table.select_pages(&[]).contains("ANY ('{}'"), "no partition");
        assert_eq!(table.select_only(&[leaf(7)]), r#"SELECT * FROM ONLY "S"."a""b""#);
        assert_eq!(
            table.select_only(&[leaf(8)]),
            r#"SELECT * FROM "S"."a""b" WHERE tableoid = ANY ('{8}'::pg_catalog.oid[])"#
        );
    }
}
