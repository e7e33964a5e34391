//! When a field is put in quotes, and how: COPY's rules, which are RFC 4180's with NULL kept apart.
//!
//! What stands between the texts of two fields is the same everywhere in a file: a delimiter or, where all fields are
//! quoted, `","`. It is written at once; the end of the record takes back what begins a field.

use memchr::{memchr, memchr3};

use super::columns::Alphabet;
use super::options::{CsvOptions, LineEnding, Quote};
use super::types::{append, append_slice};

const QUOTE: u8 = b'"';

/// The rules of one file.
#[derive(Debug, Clone)]
pub struct Quoting {
    delimiter: u8,
    /// Whether every field that is not NULL is quoted.
    all: bool,
    /// What a NULL is and, unquoted, only a NULL; `None`: the empty string, as a value may be.
    null: Option<Vec<u8>>,
    /// Whether a record has one field only: `\.` alone on a line would end the data for COPY FROM.
    single: bool,
    /// What stands between the texts of two fields, and its length.
    between: [u8; 4],
    between_len: usize,
    /// How many bytes of it begin the second.
    begun: usize,
    line_ending: &'static [u8],
}

impl Quoting {
    /// The rules for records of `fields` fields.
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

    /// Whether a text of this alphabet, put into a field as it is, could be misread.
    /// Decided once a column.
    pub fn concerns(&self, alphabet: Alphabet) -> bool {
        let Some(alphabet) = alphabet else { return true };
        if self.all {
            return alphabet.contains(&QUOTE);
        }
        let is_null = |null: &Vec<u8>| !null.is_empty() && null.iter().all(|byte| alphabet.contains(byte));
        self.null.as_ref().is_some_and(is_null)
            || alphabet.iter().any(|byte| [QUOTE, b'\r', b'\n', self.delimiter].contains(byte))
    }

    /// Begins a record: its first field may begin with a quote.
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

    /// Ends a record, whose last field has ended as if another came.
    #[inline]
    pub fn end_record(&self, out: &mut Vec<u8>, fields: usize) {
        let begun = if fields > 0 { self.begun + 1 } else { self.begun };
        out.truncate(out.len() - begun);
        out.extend_from_slice(self.line_ending);
    }

    /// A NULL, in a field that has begun; and the beginning of the next.
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

    /// A text of any bytes, in a field that has begun; and the beginning of the next.
    #[inline]
    pub fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        if self.is_suspect(text) {
            self.suspect_text(out, text);
        } else {
            append_slice(out, text);
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

    /// Puts quotes where they have to be into the text that begins at `start` of `out`.
    #[cold]
    pub fn mend(&self, out: &mut Vec<u8>, start: usize) {
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

    /// Whether `text` is what stands for NULL.
    #[inline]
    fn is_reserved(&self, text: &[u8]) -> bool {
        self.null.as_ref().is_some_and(|null| null.len() == text.len() && null == text)
    }

    /// Whether `text` may need more than to be appended: never a wrong no, seldom a wrong yes.
    #[inline]
    fn is_suspect(&self, text: &[u8]) -> bool {
        if self.all {
            return contains(text, |word| equal_bytes(word, QUOTE));
        }
        self.is_reserved(text)
            || (self.single && text == b"\\.")
            || contains(text, |word| {
                equal_bytes(word, QUOTE) | equal_bytes(word, self.delimiter) | line_endings(word)
            })
    }
}

/// Whether any eight bytes of `text`, as a word, have a high bit that `find` sets.
#[inline]
fn contains(text: &[u8], find: impl Fn(u64) -> u64) -> bool {
    let (words, _) = text.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| found | find(u64::from_le_bytes(*word)));
    // The last bytes once more with their neighbours, or a short text filled up to a word.
    let last = match text.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => short_word(text),
    };
    (found | find(last)) & HIGH != 0
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Fewer than eight bytes in a word, filled up with a byte that is hardly a delimiter; if it is one, the field is
/// looked at again.
#[inline]
fn short_word(text: &[u8]) -> u64 {
    let mut word = [0x7f; 8];
    for (place, byte) in word.iter_mut().zip(text) {
        *place = *byte;
    }
    u64::from_le_bytes(word)
}

/// Sets a high bit if a byte of `word` is `byte`, none otherwise.
#[inline]
fn equal_bytes(word: u64, byte: u8) -> u64 {
    let zero = word ^ (LOW * u64::from(byte));
    zero.wrapping_sub(LOW) & !zero
}

/// Sets a high bit if a byte of `word` is a line ending or another control character below it.
#[inline]
fn line_endings(word: u64) -> u64 {
    word.wrapping_sub(LOW * u64::from(b'\r' + 1)) & !word
}

/// Appends `text` with every quote doubled, eight bytes at a time: JSON has a quote in every few bytes.
fn push_doubled(out: &mut Vec<u8>, text: &[u8]) {
    let (words, rest) = text.as_chunks::<8>();
    for bytes in words {
        let mut word = u64::from_le_bytes(*bytes);
        let mut left = 8;
        // Exact, as the carry of one byte does not reach the next: a high bit for each quote.
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
