//! Positions in errors, which count in what was sent, as positions in the query as it was written.

use extractor_sql::Statement;

/// Where the characters of what was sent last stand in the user's query.
#[derive(Debug, Default)]
pub(super) struct Positions {
    query: Option<Statement>,
    /// Characters before the query in what was sent; `None` where it is not in it.
    before: Option<usize>,
}

impl Positions {
    /// Errors are about this query from now on, also where it is sent as a part of another statement.
    pub(super) fn are_of(&mut self, query: Statement) {
        (self.query, self.before) = (Some(query), None);
    }

    /// Notes what is sent.
    pub(super) fn sent(&mut self, sql: &str) {
        let at = self.query.as_ref().and_then(|query| sql.find(query.text()));
        self.before = at.map(|at| sql[..at].chars().count());
    }

    /// The position in the query as it was written, both counted from 1; `None` if it is not the query's.
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
        assert_eq!(positions.written(8), Some(8), "nothing but what was sent is known");
        let query = extractor_sql::rewrite("/* é */ SELECT {d '2024-02-29'}, nope").unwrap();
        let sent = query.text().find("nope").map(|byte| query.text()[..byte].chars().count() + 1).unwrap();
        positions.are_of(query.clone());
        assert_eq!(positions.written(sent), None, "the query was not sent yet");
        positions.sent(query.text());
        assert_eq!(positions.written(sent), Some(34));
        let around = "SELECT c0::text FROM (";
        positions.sent(&format!("{around}{}\n) AS q(c0)", query.text()));
        assert_eq!(positions.written(around.len() + sent), Some(34));
        assert_eq!(positions.written(8), None, "what is around it is not the user's");
    }
}
