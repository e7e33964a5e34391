//! One statement of SQL as the server is to get it.
//!
//! Queries were written for the Java driver, which reads them before it sends them: [`rewrite`] does to them
//! what that driver does, and sees to it that there is one statement and no more. No I/O, and time in
//! proportion to the length of the text.

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

/// A statement ready for the server: JDBC's additions rewritten, no semicolon, blank or comment at the end.
#[derive(Clone, PartialEq, Eq)]
pub struct RewrittenQuery {
    source: String,
    output: Output,
}

impl RewrittenQuery {
    /// The SQL for the server.
    pub fn text(&self) -> &str {
        &self.output.text
    }

    /// Where a position that the server reports lies in the query as it was written.
    ///
    /// Both count characters from 1, as the server does in field `P` of its errors. Within a rewritten escape
    /// the answer is where that begins.
    pub fn source_position(&self, position: usize) -> usize {
        let text = self.text();
        let byte = text.char_indices().nth(position.saturating_sub(1)).map_or(text.len(), |(byte, _)| byte);
        let source = self.output.source_of(byte).min(self.source.len());
        self.source[..source].chars().count() + 1
    }
}

impl fmt::Debug for RewrittenQuery {
    /// Without the text, which may hold what is nobody else's affair.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RewrittenQuery").field("bytes", &self.output.text.len()).finish_non_exhaustive()
    }
}

/// Makes a query ready for the server.
///
/// Outside strings, quoted identifiers and comments `??` becomes `?`, and JDBC's escapes become PostgreSQL's SQL:
/// `{d '…'}`, `{t '…'}`, `{ts '…'}`, `{fn name(…)}`, `{oj …}`, `{escape '…'}`. A single `?` and all other braces
/// stay as they are. Semicolons, blanks and comments at the end fall away.
///
/// ```
/// let query = extractor_sql::rewrite("SELECT data ?? 'a' FROM t WHERE day = {d '2024-02-29'}; -- end")?;
/// assert_eq!(query.text(), "SELECT data ? 'a' FROM t WHERE day = DATE '2024-02-29'");
/// # Ok::<(), extractor_sql::Problem>(())
/// ```
///
/// # Errors
///
/// A [`Problem`] if there is no statement, more than one, or an escape that cannot be rewritten. What is wrong
/// with the SQL itself, such as a string that is never closed, is left to the server.
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

/// Whether a string in `'…'` holds a backslash, so that its meaning depends on `standard_conforming_strings`.
///
/// Read with the setting on. With it off another string may begin behind, but none before the first such backslash.
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

/// The offset of the first token from `at` on that is neither blank, comment nor semicolon.
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
