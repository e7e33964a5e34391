//! When a field is put in quotes, and how: COPY's rules, which are RFC 4180's with NULL kept apart.
//!
//! A record is written field by field as `open text close`, where `open` may be a quote and `close` ends the field and
//! separates it from the next: where all fields are quoted the bytes between two texts are always `","`.

use memchr::{memchr, memchr3};

use super::columns::Alphabet;
use super::types::{append, append_slice};
use super::{CsvOptions, LineEnding, Quote};

const QUOTE: u8 = b'"';

/// The rules of one file.
#[derive(Debug, Clone)]
pub struct Quoting {
    delimiter: u8,
    /// Whether every field that is not NULL is quoted.
    all: bool,
    /// A NULL as it stands in the file.
    null: Vec<u8>,
    /// The text that only an unquoted NULL may have.
    reserved: Vec<u8>,
    /// Whether a record has one field only: `\.` alone on a line would end the data for COPY FROM.
    single: bool,
    line_ending: &'static [u8],
}

impl Quoting {
    /// The rules for records of `fields` fields.
    pub fn new(options: &CsvOptions, fields: usize) -> Self {
        let all = options.quote == Quote::All;
        let null = match &options.null {
            Some(text) => text.clone().into_bytes(),
            None if all => b"\"\"".to_vec(),
            None => Vec::new(),
        };
        let line_ending: &[u8] = match options.line_ending {
            LineEnding::Lf => b"\n",
            LineEnding::CrLf => b"\r\n",
        };
        Self {
            delimiter: options.delimiter,
            all,
            reserved: null.clone(),
            null,
            single: fields == 1,
            line_ending,
        }
    }

    /// Whether a text of this alphabet, put between [`Self::open`] and [`Self::close`] as it is, could be misread.
    /// Decided once a column.
    pub fn concerns(&self, alphabet: Alphabet) -> bool {
        let Some(alphabet) = alphabet else { return true };
        if self.all {
            return alphabet.contains(&QUOTE);
        }
        let reserved = !self.reserved.is_empty() && self.reserved.iter().all(|byte| alphabet.contains(byte));
        reserved || alphabet.iter().any(|byte| [QUOTE, b'\r', b'\n', self.delimiter].contains(byte))
    }

    /// Begins a field.
    #[inline]
    pub fn open(&self, out: &mut Vec<u8>) {
        if self.all {
            out.push(QUOTE);
        }
    }

    /// Ends a field, as if another came.
    #[inline]
    pub fn close(&self, out: &mut Vec<u8>) {
        if self.all {
            out.extend_from_slice(&[QUOTE, self.delimiter]);
        } else {
            out.push(self.delimiter);
        }
    }

    /// A NULL from begin to end.
    #[inline]
    pub fn null(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.null);
        out.push(self.delimiter);
    }

    /// Ends a record of as many fields as there are.
    #[inline]
    pub fn end_record(&self, out: &mut Vec<u8>, fields: usize) {
        out.truncate(out.len() - usize::from(fields > 0));
        out.extend_from_slice(self.line_ending);
    }

    /// A field of any bytes from begin to end.
    #[inline]
    pub fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        if self.is_suspect(text) {
            self.suspect_text(out, text);
        } else {
            self.open(out);
            append_slice(out, text);
        }
        self.close(out);
    }

    /// All of a field but its [`Self::close`].
    fn suspect_text(&self, out: &mut Vec<u8>, text: &[u8]) {
        if self.all {
            out.push(QUOTE);
            push_doubled(out, text);
        } else if self.needs_quotes(text) {
            out.push(QUOTE);
            push_doubled(out, text);
            out.push(QUOTE);
        } else {
            out.extend_from_slice(text);
        }
    }

    /// Puts quotes where they have to be into the text that begins at `start` of `out`, behind [`Self::open`].
    #[cold]
    pub fn mend(&self, out: &mut Vec<u8>, start: usize) {
        if memchr(QUOTE, &out[start..]).is_some() {
            let text = out.split_off(start);
            out.truncate(start - usize::from(self.all));
            self.suspect_text(out, &text);
        } else if !self.all && self.needs_quotes(&out[start..]) {
            out.insert(start, QUOTE);
            out.push(QUOTE);
        }
    }

    fn needs_quotes(&self, text: &[u8]) -> bool {
        memchr3(QUOTE, b'\n', b'\r', text).is_some()
            || memchr(self.delimiter, text).is_some()
            || text == self.reserved
            || (self.single && text == b"\\.")
    }

    /// Whether `text` may need more than [`Self::open`]: never a wrong no, seldom a wrong yes.
    #[inline]
    fn is_suspect(&self, text: &[u8]) -> bool {
        if self.all {
            return contains(text, |word| equal_bytes(word, QUOTE));
        }
        (text.len() == self.reserved.len() && text == self.reserved)
            || (self.single && text == b"\\.")
            || contains(text, |word| {
                equal_bytes(word, QUOTE) | equal_bytes(word, self.delimiter) | line_endings(word)
            })
    }
}

/// Whether any eight bytes of `text`, as a word, have a bit that `test` finds.
#[inline]
fn contains(text: &[u8], test: impl Fn(u64) -> u64) -> bool {
    let (words, _) = text.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| found | test(u64::from_le_bytes(*word)));
    // The last bytes once more with their neighbours, or a short text repeated into one word.
    let last = match text.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => short_word(text),
    };
    (found | test(last)) & HIGH != 0
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Fewer than eight bytes in a word, blanks elsewhere.
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
