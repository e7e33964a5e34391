//! Maps positions in errors, which refer to the statement sent, to positions in the query as it was written.

use extractor_sql::RewrittenQuery;

/// Maps positions in the last statement sent to positions in the user's query.
#[derive(Debug, Default)]
pub(super) struct Positions {
    query: Option<RewrittenQuery>,
    /// The number of characters before the query in the statement sent; `None` if it does not contain the
    /// query.
    before: Option<usize>,
}

impl Positions {
    /// Maps positions to this query from now on, even if it is sent as a part of another statement.
    pub(super) fn are_of(&mut self, query: RewrittenQuery) {
        (self.query, self.before) = (Some(query), None);
    }

    /// Records the statement sent.
    pub(super) fn sent(&mut self, sql: &str) {
        let at = self.query.as_ref().and_then(|query| sql.find(query.text()));
        self.before = at.map(|at| sql[..at].chars().count());
    }

    /// Returns the position in the query as it was written, counted from 1, or `None` if it is outside of the
    /// query.
    pub(super) fn written(&self, sent: usize) -> Option<usize> {
        let Some(query) = &self.query else { return Some(sent) };
        let position = sent.checked_sub(self.before?).filter(|position| *position > 0)?;
        Some(query.source_position(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_query_as_it_was_written() {
        let mut positions = Positions::default();
        assert_eq!(positions.written(8), Some(8), "there is no query to map to");
        let query = extractor_sql::rewrite("/* é */ SELECT {d '2024-02-29'}, nope").unwrap();
        let sent = query.text().find("nope").map(|byte| query.text()[..byte].chars().count() + 1).unwrap();
        positions.are_of(query.clone());
        assert_eq!(positions.written(sent), None, "the query was not sent yet");
        positions.sent(query.text());
        assert_eq!(positions.written(sent), Some(34));
        let around = "SELECT c0::text FROM (";
        positions.sent(&format!("{around}{}\n) AS q(c0)", query.text()));
        assert_eq!(positions.written(around.len() + sent), Some(34));
        assert_eq!(positions.written(8), None, "the text around the query is not the user's");
    }
}
