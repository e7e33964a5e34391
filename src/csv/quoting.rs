//! When a field is put in quotes, and how: COPY's rules, which are RFC 4180's with NULL kept apart.

use memchr::{memchr, memchr3};

use super::columns::Alphabet;
use super::{CsvOptions, Quote};

const QUOTE: u8 = b'"';

/// The rules of one file.
#[derive(Debug, Clone)]
pub struct Quoting {
    /// What separates fields.
    pub delimiter: u8,
    /// Whether every field that is not NULL is quoted.
    pub all: bool,
    /// A NULL as it stands in the file.
    pub null: Vec<u8>,
    /// The text that only an unquoted NULL may have.
    reserved: Vec<u8>,
    /// Whether a record has one field only: `\.` alone on a line would end the data for COPY FROM.
    single: bool,
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
        let reserved = null.clone();
        Self { delimiter: options.delimiter, all, null, reserved, single: fields == 1 }
    }

    /// Whether a text of this alphabet could need more than being put between quotes or, unquoted, being written as
    /// it is. Decided once a column.
    pub fn concerns(&self, alphabet: Alphabet) -> bool {
        let Some(alphabet) = alphabet else { return true };
        let special = |byte: &u8| [QUOTE, b'\r', b'\n'].contains(byte) || *byte == self.delimiter;
        let reserved = !self.reserved.is_empty() && self.reserved.iter().all(|byte| alphabet.contains(byte));
        if self.all { alphabet.contains(&QUOTE) } else { reserved || alphabet.iter().any(special) }
    }

    /// Appends a field of any bytes.
    #[inline]
    pub fn push(&self, out: &mut Vec<u8>, text: &[u8]) {
        if self.all || self.needs_quotes(text) {
            out.push(QUOTE);
            push_doubled(out, text);
            out.push(QUOTE);
        } else {
            out.extend_from_slice(text);
        }
    }

    /// Appends a field whose column [`Self::concerns`] says nothing can go wrong with.
    #[inline]
    pub fn push_safe<T>(&self, out: &mut Vec<u8>, print: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        if !self.all {
            return print(out);
        }
        out.push(QUOTE);
        let printed = print(out);
        out.push(QUOTE);
        printed
    }

    /// Quotes a field that was printed at the end of `out`, from `start` on, where it has to be.
    pub fn mend(&self, out: &mut Vec<u8>, start: usize) {
        if memchr(QUOTE, &out[start..]).is_some() {
            let text = out.split_off(start);
            self.push(out, &text);
        } else if self.all || self.needs_quotes(&out[start..]) {
            out.insert(start, QUOTE);
            out.push(QUOTE);
        }
    }

    #[inline]
    fn needs_quotes(&self, text: &[u8]) -> bool {
        memchr3(QUOTE, b'\n', b'\r', text).is_some()
            || memchr(self.delimiter, text).is_some()
            || text == self.reserved
            || (self.single && text == b"\\.")
    }
}

/// Appends `text` with every quote doubled.
#[inline]
fn push_doubled(out: &mut Vec<u8>, mut text: &[u8]) {
    while let Some(at) = memchr(QUOTE, text) {
        let (done, rest) = text.split_at(at + 1);
        out.extend_from_slice(done);
        out.push(QUOTE);
        text = rest;
    }
    out.extend_from_slice(text);
}
