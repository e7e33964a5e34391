//! Rewrites JDBC's additions to SQL: `??` and the escapes in braces.

use super::functions;
use super::lexer::{self, Token};
use super::problem::Refusal;

/// The most levels of nested escapes. Every level uses stack, and some functions repeat their arguments.
const MAX_DEPTH: usize = 32;
/// How many bytes longer than its source the rewritten text may become.
const MAX_GROWTH: usize = 8 * 1024 * 1024;

/// The part of a query that is read, which determines what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// A statement, up to a `;` outside parentheses.
    Statement,
    /// An argument, up to a `,` or `)` outside brackets.
    Argument,
    /// An escape, up to a `}`.
    Escape,
}

/// A piece of the rewritten text and its place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    /// The offset of its beginning in the rewritten text, in bytes.
    output: usize,
    /// The offset of its beginning in the source, in bytes.
    source: usize,
    /// Whether it is a copy of the source. Otherwise all of it maps to the one place in the source.
    verbatim: bool,
}

/// Rewritten SQL and the mapping of its positions to the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Output {
    pub text: String,
    /// The offset of the end of the last token that is neither whitespace nor a comment, in bytes.
    pub significant: usize,
    pieces: Vec<Piece>,
}

impl Output {
    fn copy(&mut self, source: usize, text: &str, significant: bool) {
        let output = self.text.len();
        let goes_on = self
            .pieces
            .last()
            .is_some_and(|piece| piece.verbatim && piece.source + (output - piece.output) == source);
        if !goes_on {
            self.pieces.push(Piece { output, source, verbatim: true });
        }
        self.text.push_str(text);
        if significant {
            self.significant = self.text.len();
        }
    }

    fn replace(&mut self, source: usize, text: &str) {
        self.pieces.push(Piece { output: self.text.len(), source, verbatim: false });
        self.text.push_str(text);
        self.significant = self.text.len();
    }

    /// Returns the offset in the source for an offset in the text, both in bytes.
    pub fn source_of(&self, output: usize) -> usize {
        match self.pieces.partition_point(|piece| piece.output <= output).checked_sub(1) {
            None => output,
            Some(last) => {
                let piece = self.pieces[last];
                if piece.verbatim { piece.source + (output - piece.output) } else { piece.source }
            }
        }
    }
}

/// Reads SQL from `at` on and writes the SQL for the server.
#[derive(Debug)]
pub(super) struct Rewriter<'a> {
    sql: &'a str,
    /// How many bytes of the source have been read.
    pub at: usize,
    depth: usize,
}

type Rewritten<T> = Result<T, (Refusal, usize)>;

impl<'a> Rewriter<'a> {
    pub fn new(sql: &'a str) -> Self {
        Self { sql, at: 0, depth: 0 }
    }

    /// Rewrites a statement up to and excluding the `;` outside parentheses, or up to the end of the source.
    pub fn statement(&mut self, output: &mut Output) -> Rewritten<()> {
        self.part(Within::Statement, output)
    }

    /// Rewrites a part of the query up to and excluding the character that ends it.
    fn part(&mut self, within: Within, output: &mut Output) -> Rewritten<()> {
        let mut brackets = 0_i64;
        while let Some((token, end)) = lexer::token(self.sql, self.at) {
            let start = self.at;
            let text = &self.sql[start..end];
            let ends = match within {
                Within::Statement => brackets <= 0 && token == Token::Symbol(b';'),
                Within::Argument => brackets <= 0 && matches!(token, Token::Symbol(b',' | b')')),
                Within::Escape => token == Token::Symbol(b'}'),
            };
            if ends {
                return Ok(());
            }
            match (token, within) {
                (Token::Symbol(b'('), _) | (Token::Symbol(b'['), Within::Argument) => brackets += 1,
                (Token::Symbol(b')'), _) | (Token::Symbol(b']'), Within::Argument) => brackets -= 1,
                (Token::Symbol(b'?'), _) if self.sql[end..].starts_with('?') => {
                    self.at = end + 1;
                    output.copy(start, text, true);
                    continue;
                }
                (Token::Symbol(b'{'), _) if self.escape(output)? => continue,
                _ => {}
            }
            self.at = end;
            output.copy(start, text, !matches!(token, Token::Space | Token::Comment));
        }
        Ok(())
    }

    /// Rewrites the escape whose brace is at `at`. Returns `false`, without reading anything, if it is not an
    /// escape.
    fn escape(&mut self, output: &mut Output) -> Rewritten<bool> {
        let start = self.at;
        let Some((keyword, body)) = Keyword::after_brace(self.sql, start + 1) else { return Ok(false) };
        if self.depth == MAX_DEPTH {
            return Err((Refusal::Depth, start));
        }
        self.depth += 1;
        match keyword {
            Keyword::Function => {
                let Some((name, after)) = function_name(self.sql, body) else {
                    self.depth -= 1;
                    return Ok(false);
                };
                self.at = after;
                let arguments = self.arguments()?;
                let call = functions::call(name, &arguments).map_err(|refusal| (refusal, start))?;
                output.replace(start, &call);
            }
            Keyword::Prefix(prefix) => {
                self.at = body;
                output.replace(start, prefix);
            }
        }
        self.part(Within::Escape, output)?;
        if self.at < self.sql.len() {
            self.at += 1;
        }
        self.depth -= 1;
        if output.text.len() > self.sql.len() + MAX_GROWTH {
            return Err((Refusal::Growth, start));
        }
        Ok(true)
    }

    /// Rewrites the arguments in parentheses at `at`, if there are any, and reads the closing parenthesis.
    fn arguments(&mut self) -> Rewritten<Vec<String>> {
        let mut arguments = Vec::new();
        if !self.sql[self.at..].starts_with('(') {
            return Ok(arguments);
        }
        loop {
            self.at += 1;
            let mut argument = Output::default();
            self.part(Within::Argument, &mut argument)?;
            arguments.push(argument.text);
            if !self.sql[self.at..].starts_with(',') {
                break;
            }
        }
        if self.at < self.sql.len() {
            self.at += 1;
        }
        if arguments.len() == 1 && arguments[0].trim().is_empty() {
            arguments.clear();
        }
        Ok(arguments)
    }
}

/// The keyword of an escape, by what becomes of the escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keyword {
    /// A call of a function.
    Function,
    /// The text in the escape, with this before it.
    Prefix(&'static str),
}

/// What must follow a keyword and whitespace for the brace to begin an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Quote,
    Name,
    NameOrParenthesis,
}

impl First {
    fn admits(self, byte: u8) -> bool {
        let is_name = byte == b'"' || byte.is_ascii_alphabetic() || !byte.is_ascii();
        match self {
            Self::Quote => byte == b'\'',
            Self::Name => is_name,
            Self::NameOrParenthesis => is_name || byte == b'(',
        }
    }
}

const KEYWORDS: [(&str, Keyword, First); 6] = [
    ("d", Keyword::Prefix("DATE "), First::Quote),
    ("t", Keyword::Prefix("TIME "), First::Quote),
    ("ts", Keyword::Prefix("TIMESTAMP "), First::Quote),
    ("fn", Keyword::Function, First::Name),
    ("oj", Keyword::Prefix(""), First::NameOrParenthesis),
    ("escape", Keyword::Prefix("ESCAPE "), First::Quote),
];

impl Keyword {
    /// Returns the keyword at `at` and the offset of the text after it.
    fn after_brace(sql: &str, at: usize) -> Option<(Self, usize)> {
        let bytes = sql.as_bytes();
        KEYWORDS.iter().find_map(|&(word, keyword, first)| {
            let body = at + word.len();
            let is_there = bytes.get(at..body)?.eq_ignore_ascii_case(word.as_bytes());
            let body = body + bytes[body..].iter().take_while(|&&byte| lexer::is_space(byte)).count();
            (is_there && first.admits(*bytes.get(body)?)).then_some((keyword, body))
        })
    }
}

/// Returns the name at the beginning of a function escape and the offset of the `(` or `}` after it.
fn function_name(sql: &str, at: usize) -> Option<(&str, usize)> {
    let mut end = at;
    loop {
        match lexer::token(sql, end)? {
            (Token::Word | Token::Space | Token::Symbol(b'.'), next) => end = next,
            (Token::Quoted, next) if sql[end..].starts_with('"') => end = next,
            (Token::Symbol(b'(' | b'}'), _) => return Some((sql[at..end].trim(), end)),
            _ => return None,
        }
    }
}
