//! Splits SQL into tokens, as far as is needed to tell quoted text and comments from the rest.
//!
//! The rules are those of PostgreSQL with `standard_conforming_strings` on, its default. Every byte belongs
//! to exactly one token. A token that is never closed extends to the end of the text, and the server reports
//! it.

use memchr::memmem;

/// The kind of a token. The text is left to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A run of whitespace.
    Space,
    /// `-- …` up to the end of the line, or `/* … */` with the comments nested in it.
    Comment,
    /// A string of any kind or a quoted identifier, with its quotes.
    Quoted,
    /// A keyword or an identifier.
    Word,
    /// A run of digits, or `$` and digits.
    Number,
    /// Any other single character.
    Symbol(u8),
}

/// Returns the token that begins at `at` and the offset of its end, or `None` at the end of the text.
///
/// `at` must be the end of another token, or 0.
pub(super) fn token(sql: &str, at: usize) -> Option<(Token, usize)> {
    let bytes = sql.as_bytes();
    let first = *bytes.get(at)?;
    let next = bytes.get(at + 1).copied();
    Some(match first {
        byte if is_space(byte) => (Token::Space, run(bytes, at, is_space)),
        b'-' if next == Some(b'-') => (Token::Comment, line_comment(bytes, at)),
        b'/' if next == Some(b'*') => (Token::Comment, block_comment(bytes, at)),
        b'\'' | b'"' => (Token::Quoted, quoted(bytes, at)),
        b'e' | b'E' if next == Some(b'\'') => (Token::Quoted, escape_string(bytes, at + 1)),
        b'$' => dollar(bytes, at),
        byte if byte.is_ascii_digit() => (Token::Number, run(bytes, at, |byte| byte.is_ascii_digit())),
        byte if is_word_start(byte) => (Token::Word, run(bytes, at, is_word)),
        byte => (Token::Symbol(byte), at + 1),
    })
}

/// Returns whether PostgreSQL's lexer treats a byte as whitespace.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Every byte above ASCII belongs to a word, so that tokens begin and end at character boundaries.
fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_tag(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit()
}

/// Returns the end of the run of bytes from `at` on for which `belongs` holds.
fn run(bytes: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[at..].iter().position(|&byte| !belongs(byte)).map_or(bytes.len(), |length| at + length)
}

fn line_comment(bytes: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length)
}

fn block_comment(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = at;
    while let Some(length) = memchr::memchr2(b'*', b'/', &bytes[at..]) {
        at += length;
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Reads a doubled quote as the end of a string and the start of the next, which together cover the same
/// bytes.
fn quoted(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(bytes[at], &bytes[at + 1..]).map_or(bytes.len(), |length| at + 1 + length + 1)
}

/// Returns the end of the string `E'…'` whose quote is at `at`. A backslash escapes the character after it,
/// also in the parts of the string on other lines.
fn escape_string(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(length) = memchr::memchr2(b'\\', b'\'', &bytes[at..]) {
        at += length;
        if bytes[at] == b'\\' || bytes.get(at + 1) == Some(&b'\'') {
            at += 2;
        } else {
            match continuation(bytes, at + 1) {
                Some(quote) => at = quote + 1,
                None => return at + 1,
            }
        }
        if at >= bytes.len() {
            break;
        }
    }
    bytes.len()
}

/// Returns the offset of the quote at which the string that ended before `at` is continued: whitespace and
/// line comments with a newline precede it.
fn continuation(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    let mut new_line = false;
    loop {
        match *bytes.get(at)? {
            b'\'' => return new_line.then_some(at),
            byte if is_space(byte) => {
                new_line |= matches!(byte, b'\n' | b'\r');
                at += 1;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => at = line_comment(bytes, at),
            _ => return None,
        }
    }
}

/// Reads `$1`, `$tag$ … $tag$` or a single `$`.
fn dollar(bytes: &[u8], at: usize) -> (Token, usize) {
    let after = at + 1;
    if bytes.get(after).is_some_and(u8::is_ascii_digit) {
        return (Token::Number, run(bytes, after, |byte| byte.is_ascii_digit()));
    }
    let tag_end = run(bytes, after, is_tag);
    if bytes.get(tag_end) != Some(&b'$') {
        return (Token::Symbol(b'$'), after);
    }
    let body = tag_end + 1;
    let tag = &bytes[at..body];
    let end = memmem::find(&bytes[body..], tag).map_or(bytes.len(), |length| body + length + tag.len());
    (Token::Quoted, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(sql: &str) -> Vec<(Token, &str)> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some((kind, end)) = token(sql, at) {
            found.push((kind, &sql[at..end]));
            at = end;
        }
        assert_eq!(at, sql.len());
        found
    }

    fn is_one_quoted(sql: &str) {
        assert_eq!(tokens(sql), [(Token::Quoted, sql)], "{sql}");
    }

    #[test]
    fn strings_of_every_kind_are_one_token() {
        is_one_quoted("'a;b'");
        is_one_quoted(r"'a\'");
        is_one_quoted(r"E'a\'b'");
        is_one_quoted("e'it''s'");
        is_one_quoted("E'a'\n  -- more\n 'b\\'c'");
        is_one_quoted("\"a;b\"");
        is_one_quoted("$$c;d$$");
        is_one_quoted("$tag$a $$ ; ? b$tag$");
        is_one_quoted("$é$;$é$");
        assert_eq!(
            tokens("U&'\\0041;'"),
            [(Token::Word, "U"), (Token::Symbol(b'&'), "&"), (Token::Quoted, "'\\0041;'")]
        );
        assert_eq!(tokens("'it''s'").len(), 2);
    }

    #[test]
    fn a_string_goes_on_only_after_a_line_end() {
        assert_eq!(tokens("E'a' 'b\\'")[2], (Token::Quoted, "'b\\'"));
        assert_eq!(tokens("E'a' /* */\n'b\\'").last(), Some(&(Token::Quoted, "'b\\'")));
    }

    #[test]
    fn a_word_that_ends_in_e_does_not_make_an_escape_string() {
        assert_eq!(tokens(r"date'\'"), [(Token::Word, "date"), (Token::Quoted, r"'\'")]);
    }

    #[test]
    fn comments_nest_and_end_with_the_line() {
        let comment = "/* a /* b */ ; */";
        assert_eq!(tokens(comment), [(Token::Comment, comment)]);
        assert_eq!(tokens("-- a ; b\n1")[0], (Token::Comment, "-- a ; b"));
        assert_eq!(tokens("- -")[0], (Token::Symbol(b'-'), "-"));
        assert_eq!(tokens("/*/ x */"), [(Token::Comment, "/*/ x */")]);
    }

    #[test]
    fn a_dollar_is_a_parameter_a_quote_or_part_of_a_name() {
        assert_eq!(tokens("$12"), [(Token::Number, "$12")]);
        assert_eq!(tokens("a$b$c"), [(Token::Word, "a$b$c")]);
        assert_eq!(tokens("$ a$"), [(Token::Symbol(b'$'), "$"), (Token::Space, " "), (Token::Word, "a$")]);
        assert_eq!(
            tokens("$1$;$$"),
            [
                (Token::Number, "$1"),
                (Token::Symbol(b'$'), "$"),
                (Token::Symbol(b';'), ";"),
                (Token::Quoted, "$$")
            ]
        );
    }

    #[test]
    fn what_is_never_closed_reaches_to_the_end() {
        for sql in ["'a;", "E'a\\", "E'a\\'", "\"a;", "$$a;", "$x$a;$y$"] {
            is_one_quoted(sql);
        }
        assert_eq!(tokens("/* a /* */"), [(Token::Comment, "/* a /* */")]);
    }
}
