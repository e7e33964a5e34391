//! Finds many tables at once, by names and by patterns, in the server's catalog.

use super::session::{Session, lost};
use super::table::{HAS_PAGES, Kind, Leaf, Table};
use crate::error::{Result, Stage};

/// A relation that a name refers to, or a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The relation.
    pub table: Table,
    /// The indexes of the names that refer to it; none if only patterns match it.
    pub names: Vec<usize>,
    /// Why its rows cannot be exported; `None` if they can.
    pub obstacle: Option<Obstacle>,
    /// Whether LOCK TABLE takes it: not a materialized view, nor a table of which the user may read only the
    /// columns.
    pub is_lockable: bool,
}

/// Why the rows of a relation cannot be exported with those of other tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// None of the allowed patterns matches it.
    NotAllowed,
    /// It belongs to the server itself.
    System,
    /// It is a view.
    View,
    /// It is a foreign table.
    Foreign,
    /// It is an index, a sequence, a type …
    Other,
    /// The user may not read it.
    Denied,
    /// It is a materialized view without data.
    NotPopulated,
    /// One of its partitions, or of the tables that inherit from it, is a foreign table.
    HasForeign,
    /// It is unlogged, and the server is a standby, which does not have its rows.
    Unlogged,
}

/// A leaf of one of several tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The OID of the table.
    pub root: u32,
    /// The leaf.
    pub leaf: Leaf,
    /// The planner's estimate of its rows; `None` if the table was never analysed.
    pub rows: Option<f64>,
}

/// The most relations that are returned, so that a pattern that matches a whole catalog does not fill the
/// memory.
const MOST: usize = 20_000;
/// The number of tables that one message to the server names.
const AT_ONCE: usize = 500;
/// Compiling a query of the catalog takes far longer than running it, and the statements that read tables gain
/// nothing by it.
const NOT_COMPILED: &str = "SET LOCAL jit = off";
/// The relations that belong to the server itself, in a condition on the schema `s`.
const SYSTEM: &str = "s.nspname = 'information_schema' OR s.nspname LIKE 'pg\\_%'";

/// Returns the query for the relations with the names `$1`, and for the tables that the patterns `$2` match,
/// if the patterns `$3` allow them. The patterns are those of LIKE.
///
/// Partitions that only a pattern matches are left out if a table that contains them is exported.
fn query() -> String {
    format!(
        "WITH RECURSIVE named (oid, names) AS ( \
           SELECT r.oid, pg_catalog.array_agg(r.i - 1) FROM (SELECT n.i, pg_catalog.to_regclass(n.name)::pg_catalog.oid AS oid \
           FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY AS n (name, i)) AS r WHERE r.oid IS NOT NULL GROUP BY r.oid \
         ), found AS ( \
           SELECT c.oid, c.relnamespace, s.nspname, c.relname, c.relkind, c.relispartition, c.relispopulated, n.names, \
           s.nspname || '.' || c.relname AS qualified, {SYSTEM} AS is_system, {HAS_PAGES} AS has_pages, \
           pg_catalog.has_table_privilege(c.oid, 'SELECT') AS is_granted \
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace LEFT JOIN named n ON n.oid = c.oid \
           WHERE n.oid IS NOT NULL OR (c.relkind IN ('r', 'p', 'm', 'f') AND NOT ({SYSTEM}) \
           AND s.nspname || '.' || c.relname LIKE ANY ($2::text[])) \
         ), tree (root, oid) AS ( \
           SELECT f.oid, f.oid FROM found f \
           UNION SELECT t.root, i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid \
         ), parts AS ( \
           SELECT t.root, pg_catalog.bool_or(c.relkind = 'f') AS are_foreign, pg_catalog.bool_or(c.relpersistence = 'u') AS are_unlogged \
           FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid GROUP BY t.root \
         ), judged AS ( \
           SELECT f.*, CASE \
           WHEN NOT f.qualified LIKE ANY ($3::text[]) THEN 'not allowed' \
           WHEN f.is_system THEN 'system' \
           WHEN f.relkind = 'v' THEN 'view' \
           WHEN f.relkind = 'f' THEN 'foreign' \
           WHEN f.relkind NOT IN ('r', 'p', 'm') THEN 'other' \
           WHEN NOT pg_catalog.has_schema_privilege(f.relnamespace, 'USAGE') OR NOT f.is_granted \
           AND (NOT pg_catalog.has_any_column_privilege(f.oid, 'SELECT') \
           OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = f.oid AND a.attnum > 0 AND NOT a.attisdropped \
           AND NOT pg_catalog.has_column_privilege(f.oid, a.attnum, 'SELECT'))) THEN 'denied' \
           WHEN NOT f.relispopulated THEN 'not populated' \
           WHEN p.are_foreign THEN 'has foreign' \
           WHEN p.are_unlogged AND pg_catalog.pg_is_in_recovery() THEN 'unlogged' \
           END AS obstacle \
           FROM found f LEFT JOIN parts p ON p.root = f.oid \
         ) \
         SELECT j.oid, j.nspname, j.relname, j.relkind, j.has_pages, j.relkind <> 'm' AND j.is_granted, j.names, j.obstacle \
         FROM judged j LEFT JOIN (SELECT DISTINCT t.oid FROM tree t JOIN judged r ON r.oid = t.root \
         WHERE t.oid <> t.root AND r.obstacle IS NULL) AS w ON w.oid = j.oid \
         WHERE j.names IS NOT NULL OR NOT j.relispartition OR w.oid IS NULL \
         ORDER BY j.obstacle IS NOT NULL, j.nspname, j.relname LIMIT {MOST}"
    )
}

/// The query for the leaves of the tables `$1`. A leaf belongs to the table itself, or to the nearest one that
/// contains it.
fn query_of_parts() -> String {
    format!(
        "WITH RECURSIVE roots (oid) AS (SELECT r.oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS r (oid)), \
         tree (root, oid) AS (SELECT r.oid, r.oid FROM roots r UNION SELECT t.root, i.inhrelid FROM tree t \
         JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid LEFT JOIN roots r ON r.oid = i.inhrelid WHERE r.oid IS NULL), \
         leaves AS (SELECT t.root, c.oid, n.nspname, c.relname, c.relkind, {HAS_PAGES} AS has_pages, c.reltuples, c.relpages, \
         COALESCE(pg_catalog.pg_relation_size(c.oid), 0) / pg_catalog.current_setting('block_size')::bigint AS pages \
         FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind <> 'p') \
         SELECT l.root, l.oid, l.nspname, l.relname, l.relkind, l.has_pages, l.pages, CASE WHEN l.pages = 0 THEN 0 \
         WHEN l.relpages > 0 AND l.reltuples >= 0 THEN l.reltuples::float8 / l.relpages * l.pages END \
         FROM leaves l ORDER BY l.pages DESC, l.oid, l.root"
    )
}

impl Session {
    /// Returns the relations with these names, and the tables that match these patterns. `*` in a pattern
    /// stands for any run of characters of `schema.table`. If there are `allowed` patterns, one of them has to
    /// match as well.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn find_tables(
        &mut self,
        names: &[String],
        patterns: &[String],
        allowed: Option<&[String]>,
    ) -> Result<Vec<Found>> {
        self.simple_query(NOT_COMPILED).await.map_err(|error| lost(error, Stage::Query))?;
        let like =
            |patterns: &[String]| text_array(&patterns.iter().map(|text| like(text)).collect::<Vec<_>>());
        let allowed = allowed.map_or_else(|| like(&["*".to_owned()]), like);
        let parameters = [text_array(names), like(patterns), allowed].map(Some);
        let rows = self.ask_with(&query(), &parameters).await?;
        Ok(rows.into_iter().filter_map(found).collect())
    }

    /// Locks these tables, their partitions and the tables that inherit from them, against changes of their
    /// definition and of their files. The rows stay free.
    ///
    /// # Errors
    /// See [`Session::ask`]: also if a table is gone, or if another session holds it for too long.
    pub async fn lock_tables(&mut self, tables: &[Found]) -> Result<()> {
        for tables in tables.chunks(AT_ONCE) {
            let mut statements = vec![NOT_COMPILED.to_owned()];
            let (lockable, others): (Vec<_>, Vec<_>) = tables.iter().partition(|found| found.is_lockable);
            if !lockable.is_empty() {
                let names: Vec<_> = lockable.iter().map(|found| found.table.quoted()).collect();
                statements.push(format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", ")));
            }
            // Planning locks them as well, but takes longer.
            statements.extend(others.iter().map(|found| format!("EXPLAIN {}", found.table.select())));
            let locked = self.simple_query(&statements.join("; ")).await;
            locked.map_err(|error| lost(error, Stage::Query))?;
        }
        Ok(())
    }

    /// Returns the leaves of these tables, the largest first. A leaf of one of the tables that is itself one of
    /// them belongs to itself alone.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn parts_of(&mut self, tables: &[Found]) -> Result<Vec<Part>> {
        let oids: Vec<_> = tables.iter().map(|found| found.table.oid.to_string()).collect();
        let rows = self.ask_with(&query_of_parts(), &[Some(format!("{{{}}}", oids.join(",")))]).await?;
        let part = |row: Vec<Option<String>>| {
            let [root, oid, schema, name, kind, has_pages, pages, rows] = <[_; 8]>::try_from(row).ok()?;
            let leaf = Leaf {
                oid: oid?.parse().ok()?,
                name: format!("{}.{}", schema?, name?),
                kind: Kind::read(&kind?),
                has_pages: has_pages? == "t",
                pages: pages?.parse().ok()?,
            };
            let rows = rows.and_then(|rows| rows.parse().ok());
            Some(Part { root: root?.parse().ok()?, leaf, rows })
        };
        Ok(rows.into_iter().filter_map(part).collect())
    }
}

fn found(row: Vec<Option<String>>) -> Option<Found> {
    let [oid, schema, name, kind, has_pages, is_lockable, names, obstacle] = <[_; 8]>::try_from(row).ok()?;
    let table = Table {
        oid: oid?.parse().ok()?,
        schema: schema?,
        name: name?,
        kind: Kind::read(&kind?),
        has_pages: has_pages? == "t",
    };
    let names = names.unwrap_or_default();
    Some(Found {
        table,
        names: names.trim_matches(['{', '}']).split(',').filter_map(|index| index.parse().ok()).collect(),
        obstacle: obstacle.as_deref().map(Obstacle::read),
        is_lockable: is_lockable.as_deref() == Some("t"),
    })
}

impl Obstacle {
    fn read(word: &str) -> Self {
        match word {
            "not allowed" => Self::NotAllowed,
            "system" => Self::System,
            "view" => Self::View,
            "foreign" => Self::Foreign,
            "denied" => Self::Denied,
            "not populated" => Self::NotPopulated,
            "has foreign" => Self::HasForeign,
            "unlogged" => Self::Unlogged,
            _ => Self::Other,
        }
    }
}

/// Returns the pattern of LIKE for a pattern with `*`.
fn like(pattern: &str) -> String {
    let mut like = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '*' => like.push('%'),
            '%' | '_' | '\\' => like.extend(['\\', character]),
            _ => like.push(character),
        }
    }
    like
}

/// Returns texts as an array in the server's text form.
fn text_array(texts: &[String]) -> String {
    let quoted: Vec<_> =
        texts.iter().map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    format!("{{{}}}", quoted.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_alone_has_a_meaning_in_a_pattern() {
        assert_eq!(like("sales.*_2024%"), "sales.%\\_2024\\%");
        assert_eq!(like("a\\b"), "a\\\\b");
    }

    #[test]
    fn texts_of_an_array_are_quoted() {
        let texts = ["a,b", "\"Odd\"", "\\_", ""].map(str::to_owned);
        assert_eq!(text_array(&texts), r#"{"a,b","\"Odd\"","\\_",""}"#);
        assert_eq!(text_array(&[]), "{}");
    }
}
