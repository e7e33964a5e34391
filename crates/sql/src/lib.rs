//! Prepares a query for the server.
//!
//! Queries were written for the Java driver, which translates JDBC's additions before it sends them.
//! [`rewrite`] does the same, and checks that the query is a single statement. It does no I/O and takes time
//! proportional to the length of the text.

mod escapes;
mod functions;
mod lexer;
mod problem;
#[cfg(test)]
mod tests;

use std::fmt;

use escapes::{Output, Rewriter};
use lexer::Token;
pub use problem::{Place, Problem};

/// A statement for the server: JDBC's additions are rewritten, and semicolons, whitespace and comments at the
/// end are removed.
#[derive(Clone, PartialEq, Eq)]
pub struct RewrittenQuery {
    source: String,
    output: Output,
}

impl RewrittenQuery {
    /// Returns the SQL for the server.
    pub fn text(&self) -> &str {
        &self.output.text
    }

    /// Converts a position in the rewritten SQL to the position in the query as it was written.
    ///
    /// Both count characters from 1, as the server does in field `P` of its errors. A position within a
    /// rewritten escape becomes that of the escape's beginning.
    pub fn source_position(&self, position: usize) -> usize {
        let text = self.text();
        let byte = text.char_indices().nth(position.saturating_sub(1)).map_or(text.len(), |(byte, _)| byte);
        let source = self.output.source_of(byte).min(self.source.len());
        self.source[..source].chars().count() + 1
    }
}

impl fmt::Debug for RewrittenQuery {
    /// Omits the text, which may be confidential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RewrittenQuery").field("bytes", &self.output.text.len()).finish_non_exhaustive()
    }
}

/// Rewrites a query that was written for JDBC as SQL for the server.
///
/// Outside of strings, quoted identifiers and comments `??` becomes `?`, and JDBC's escapes become
/// PostgreSQL's SQL: `{d '…'}`, `{t '…'}`, `{ts '…'}`, `{fn name(…)}`, `{oj …}`, `{escape '…'}`. A single `?`
/// and all other braces remain. Semicolons, whitespace and comments at the end are removed.
///
/// ```
/// let query = extractor_sql::rewrite("SELECT data ?? 'a' FROM t WHERE day = {d '2024-02-29'}; -- end")?;
/// assert_eq!(query.text(), "SELECT data ? 'a' FROM t WHERE day = DATE '2024-02-29'");
/// # Ok::<(), extractor_sql::Problem>(())
/// ```
///
/// # Errors
///
/// Fails with a [`Problem`] if there is no statement or more than one, or an escape that cannot be rewritten.
/// Errors in the SQL itself, such as a string that is never closed, are left to the server.
pub fn rewrite(sql: &str) -> Result<RewrittenQuery, Problem> {
    let mut rewriter = Rewriter::new(sql);
    loop {
        let mut output = Output::default();
        rewriter
            .statement(&mut output)
            .map_err(|(refusal, byte)| Problem::of(refusal, Place::of(sql, byte)))?;
        if output.significant > 0 {
            output.text.truncate(output.significant);
            return match after_statement(sql, rewriter.at) {
                None => Ok(RewrittenQuery { source: sql.to_owned(), output }),
                Some(byte) => Err(Problem::SecondStatement(Place::of(sql, byte))),
            };
        }
        if rewriter.at == sql.len() {
            return Err(Problem::Empty);
        }
        rewriter.at += 1;
    }
}

/// Returns whether a string `'…'` contains a backslash, so that its meaning depends on
/// `standard_conforming_strings`.
///
/// The query is read with the setting on, which is right up to the first such backslash.
pub fn has_backslash_in_plain_string(sql: &str) -> bool {
    let mut at = 0;
    while let Some((token, end)) = lexer::token(sql, at) {
        let text = &sql[at..end];
        if token == Token::Quoted && text.starts_with('\'') && text.contains('\\') {
            return true;
        }
        at = end;
    }
    false
}

/// Returns the offset of the first token from `at` on that is not whitespace, a comment or a semicolon.
fn after_statement(sql: &str, at: usize) -> Option<usize> {
    let mut at = at;
    while let Some((token, end)) = lexer::token(sql, at) {
        match token {
            Token::Space | Token::Comment | Token::Symbol(b';') => at = end,
            _ => return Some(at),
        }
    }
    None
}
