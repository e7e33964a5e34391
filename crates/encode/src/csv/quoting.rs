//! Quotes fields by the rules of COPY: those of RFC 4180, and a NULL that differs from every value.
//!
//! The bytes between the texts of two fields are the same in the whole file: a delimiter or, if all fields
//! are quoted, `","`. They are written in one step, and the end of the record removes the beginning of the
//! field that does not come.

use memchr::{memchr, memchr3};

use super::columns::Alphabet;
use super::options::{CsvOptions, LineEnding, Quote};
use crate::scan::{HIGH, LOW, bytes_below, contains, equal_bytes};
use crate::types::{append, append_slice};

const QUOTE: u8 = b'"';

/// The quoting rules of a file.
#[derive(Debug, Clone)]
pub struct Quoting {
    delimiter: u8,
    /// Whether every field that is not NULL is quoted.
    all: bool,
    /// The text that, unquoted, means NULL. With `None` a NULL is written as an empty value.
    null: Option<Vec<u8>>,
    /// Whether a record has only one field: `\.` alone on a line would end the data of COPY FROM.
    single: bool,
    /// The bytes between the texts of two fields.
    between: [u8; 4],
    /// How many bytes of `between` count.
    between_len: usize,
    /// How many of them belong to the second field.
    begun: usize,
    line_ending: &'static [u8],
}

impl Quoting {
    /// Creates the rules for records of `fields` fields.
    pub fn new(options: &CsvOptions, fields: usize) -> Self {
        let all = options.quote == Quote::All;
        let null = if all { options.null.clone() } else { Some(options.null.clone().unwrap_or_default()) };
        Self {
            delimiter: options.delimiter,
            all,
            null: null.map(String::into_bytes),
            single: fields == 1,
            between: if all { [QUOTE, options.delimiter, QUOTE, 0] } else { [options.delimiter, 0, 0, 0] },
            between_len: if all { 3 } else { 1 },
            begun: usize::from(all),
            line_ending: match options.line_ending {
                LineEnding::Lf => b"\n",
                LineEnding::CrLf => b"\r\n",
            },
        }
    }

    /// Returns whether a text of this alphabet could need quotes or doubled quotes. Called once per column.
    pub fn concerns(&self, alphabet: Alphabet) -> bool {
        let Some(alphabet) = alphabet else { return true };
        if self.all {
            return alphabet.contains(&QUOTE);
        }
        let is_null = |null: &Vec<u8>| !null.is_empty() && null.iter().all(|byte| alphabet.contains(byte));
        self.null.as_ref().is_some_and(is_null)
            || alphabet.iter().any(|byte| [QUOTE, b'\r', b'\n', self.delimiter].contains(byte))
    }

    /// Begins a record and its first field.
    #[inline]
    pub fn begin_record(&self, out: &mut Vec<u8>) {
        if self.all {
            out.push(QUOTE);
        }
    }

    /// Ends a field and begins the next.
    #[inline]
    pub fn next_field(&self, out: &mut Vec<u8>) {
        append(out, &self.between, self.between_len);
    }

    /// Ends a record, whose last field was ended by [`Self::next_field`].
    #[inline]
    pub fn end_record(&self, out: &mut Vec<u8>, fields: usize) {
        let begun = if fields > 0 { self.begun + 1 } else { self.begun };
        out.truncate(out.len() - begun);
        out.extend_from_slice(self.line_ending);
    }

    /// Writes a NULL into the field that has begun, and begins the next field.
    #[inline]
    pub fn null(&self, out: &mut Vec<u8>) {
        if let Some(null) = &self.null {
            out.truncate(out.len() - self.begun);
            out.extend_from_slice(null);
            out.push(self.delimiter);
            self.begin_record(out);
        } else {
            self.next_field(out);
        }
    }

    /// Writes a text of any bytes into the field that has begun, and begins the next field.
    #[inline]
    pub fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        if self.is_suspect(text) {
            self.suspect_text(out, text);
        } else {
            append_slice(out, text);
        }
        self.next_field(out);
    }

    /// Begins a text that follows in pieces; returns whether it is in quotes.
    pub fn begin_text(&self, out: &mut Vec<u8>, text: &[u8]) -> bool {
        let quotes = !self.all && self.needs_quotes(text);
        if quotes {
            out.push(QUOTE);
        }
        quotes || self.all
    }

    /// Appends a piece of a text that is in quotes or not.
    pub fn text_piece(out: &mut Vec<u8>, piece: &[u8], quoted: bool) {
        if quoted && memchr(QUOTE, piece).is_some() {
            push_doubled(out, piece);
        } else {
            out.extend_from_slice(piece);
        }
    }

    /// Ends a text that was begun by [`Self::begin_text`], and begins the next field.
    pub fn end_text(&self, out: &mut Vec<u8>, quoted: bool) {
        if quoted && !self.all {
            out.push(QUOTE);
        }
        self.next_field(out);
    }

    fn suspect_text(&self, out: &mut Vec<u8>, text: &[u8]) {
        if self.all {
            push_doubled(out, text);
        } else if self.needs_quotes(text) {
            out.push(QUOTE);
            push_doubled(out, text);
            out.push(QUOTE);
        } else {
            out.extend_from_slice(text);
        }
    }

    /// Quotes the text from `start` to the end of `out`, if it needs quotes.
    #[cold]
    pub fn quote_in_place(&self, out: &mut Vec<u8>, start: usize) {
        if memchr(QUOTE, &out[start..]).is_some() {
            let text = out.split_off(start);
            self.suspect_text(out, &text);
        } else if !self.all && self.needs_quotes(&out[start..]) {
            out.insert(start, QUOTE);
            out.push(QUOTE);
        }
    }

    fn needs_quotes(&self, text: &[u8]) -> bool {
        memchr3(QUOTE, b'\n', b'\r', text).is_some()
            || memchr(self.delimiter, text).is_some()
            || self.is_reserved(text)
            || (self.single && text == b"\\.")
    }

    /// Returns whether `text` is the text of a NULL.
    #[inline]
    fn is_reserved(&self, text: &[u8]) -> bool {
        self.null.as_ref().is_some_and(|null| null.len() == text.len() && null == text)
    }

    /// Returns whether `text` may need quotes. A `false` is certain, a `true` may be wrong.
    #[inline]
    fn is_suspect(&self, text: &[u8]) -> bool {
        if self.all {
            return contains(text, |word| equal_bytes(word, QUOTE));
        }
        self.is_reserved(text)
            || (self.single && text == b"\\.")
            || contains(text, |word| {
                equal_bytes(word, QUOTE) | equal_bytes(word, self.delimiter)
                    // Line endings, and other control characters before them.
                    | bytes_below(word, b'\r' + 1)
            })
    }
}

/// Appends `text` with every quote doubled. It takes eight bytes at a time, because JSON has many quotes.
fn push_doubled(out: &mut Vec<u8>, text: &[u8]) {
    let (words, rest) = text.as_chunks::<8>();
    for bytes in words {
        let mut word = u64::from_le_bytes(*bytes);
        let mut left = 8;
        // A high bit for each quote, and no other: the carry of a byte does not reach the next one.
        let differs = word ^ (LOW * u64::from(QUOTE));
        let mut quotes = !(((differs & !HIGH) + !HIGH) | differs) & HIGH;
        while quotes != 0 {
            let through = quotes.trailing_zeros() / 8 + 1;
            append(out, &word.to_le_bytes(), through as usize);
            out.push(QUOTE);
            left -= through as usize;
            word = word.checked_shr(8 * through).unwrap_or(0);
            quotes = quotes.checked_shr(8 * through).unwrap_or(0);
        }
        append(out, &word.to_le_bytes(), left);
    }
    for byte in rest {
        out.push(*byte);
        if *byte == QUOTE {
            out.push(QUOTE);
        }
    }
}
