//! Strings, after `escape_json` of the server: only quotes, backslashes and the control characters below the
//! blank are escaped.

use crate::scan::{bytes_below, contains, equal_bytes};
use crate::types::append_slice;

/// For each byte the letter of its escape, `u` for `\u00` and two digits, and 0 for a byte that stands for
/// itself.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < b' ' as usize {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x0c] = b'f';
    escapes[b'\n' as usize] = b'n';
    escapes[b'\r' as usize] = b'r';
    escapes[b'\t' as usize] = b't';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// How many bytes a byte of text needs at most.
pub const LONGEST: usize = 6;

/// Appends `text` as a string, in quotes.
#[inline]
pub fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    push_text(out, text);
    out.push(b'"');
}

/// Appends a string's text, or any piece of it, without quotes: what becomes of a byte does not depend on the others.
#[inline]
pub fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    if contains(text, |word| equal_bytes(word, b'"') | equal_bytes(word, b'\\') | bytes_below(word, b' ')) {
        push_escaped(out, text);
    } else {
        append_slice(out, text);
    }
}

fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut written = 0;
    for (at, byte) in text.iter().enumerate() {
        let escape = ESCAPES[usize::from(*byte)];
        if escape != 0 {
            out.extend_from_slice(&text[written..at]);
            out.extend_from_slice(&[b'\\', escape]);
            if escape == b'u' {
                let digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
                out.extend_from_slice(&[b'0', b'0', digits[0], digits[1]]);
            }
            written = at + 1;
        }
    }
    out.extend_from_slice(&text[written..]);
}
