//! The query of an extraction.

use std::fmt;

use super::table_selector::TableSelector;

/// The default query: the tables and views of schema `public` that the user can see.
pub const DEFAULT_QUERY: &str = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name LIMIT 100";

/// Where the SQL comes from.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Query {
    /// The SQL itself, as it was written.
    Text(String),
    /// The name of a parameter of type String with the SQL. It must be read without decryption.
    Parameter(String),
    /// The name, as in SQL, of a table to read instead of a query.
    Table(String),
    /// Tables to read instead of a query, all in one snapshot.
    Tables(Vec<TableSelector>),
    /// No query was given: [`DEFAULT_QUERY`].
    DefaultTableList,
}

impl fmt::Debug for Query {
    /// Omits the SQL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(sql) => write!(f, "Text({} bytes)", sql.len()),
            Self::Parameter(name) => write!(f, "Parameter({name:?})"),
            Self::Table(name) => write!(f, "Table({} bytes)", name.len()),
            Self::Tables(selectors) => write!(f, "Tables({} selectors)", selectors.len()),
            Self::DefaultTableList => f.write_str("DefaultTableList"),
        }
    }
}
