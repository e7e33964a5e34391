//! The names of types, as the server prints them.

use super::session::Session;
use super::statement::ResultColumn;
use crate::error::Result;

/// Selects the names of the types `$1` with the modifiers `$2`.
const NAMES: &str = "SELECT pg_catalog.format_type(t.type, t.modifier) \
     FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int4[])) \
     WITH ORDINALITY AS t(type, modifier, place) ORDER BY t.place";

impl Session {
    /// Returns the name of each column's type with its modifier, such as `numeric(10,2)`. The statement that the session has
    /// parsed is another one then.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn type_names(&mut self, columns: &[ResultColumn]) -> Result<Vec<String>> {
        let list = |numbers: Vec<String>| Some(format!("{{{}}}", numbers.join(",")));
        let types = columns.iter().map(|column| column.type_oid.to_string()).collect();
        let modifiers = columns.iter().map(|column| column.type_modifier.to_string()).collect();
        let answer = self.ask_with(NAMES, &[list(types), list(modifiers)]).await?;
        Ok(answer.into_iter().flatten().map(Option::unwrap_or_default).collect())
    }
}
