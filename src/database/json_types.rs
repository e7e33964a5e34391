//! Which types of the database are strings in JSON.

use super::session::Session;
use crate::error::Result;

/// Selects the types among `$1` that are strings in JSON, by the rules of the server's
/// `json_categorize_type`: types that are not arrays, composite types or pseudo-types and have no cast
/// function to json (OID 114).
const STRINGS: &str = "SELECT t.oid::text FROM pg_catalog.pg_type t WHERE t.oid = ANY ($1::pg_catalog.oid[]) \
     AND t.typtype IN ('b', 'e', 'r', 'm') AND NOT (t.typelem <> 0 AND t.typlen = -1) \
     AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_cast c WHERE c.castsource = t.oid AND c.casttarget = 114 AND c.castmethod = 'f')";

impl Session {
    /// Returns those of the types, given by OID, whose values are strings of the server's text form in JSON.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub async fn strings_in_json(&mut self, types: &[u32]) -> Result<Vec<u32>> {
        let list: Vec<_> = types.iter().map(u32::to_string).collect();
        let answer = self.ask_with(STRINGS, &[Some(format!("{{{}}}", list.join(",")))]).await?;
        Ok(answer.into_iter().flatten().flatten().filter_map(|oid| oid.parse().ok()).collect())
    }
}
