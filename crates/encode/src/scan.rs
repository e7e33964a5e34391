//! Searches text for single bytes, eight at a time.

pub const LOW: u64 = 0x0101_0101_0101_0101;
pub const HIGH: u64 = 0x8080_8080_8080_8080;

/// Returns whether `find` sets the high bit of a byte in any word of eight bytes of `text`.
#[inline]
pub fn contains(text: &[u8], find: impl Fn(u64) -> u64) -> bool {
    let (words, _) = text.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| found | find(u64::from_le_bytes(*word)));
    // The last word overlaps the one before. A text shorter than a word is padded.
    let last = match text.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => short_word(text),
    };
    (found | find(last)) & HIGH != 0
}

/// Returns fewer than eight bytes as a word, padded with a byte that is seldom searched for. If it is, the
/// text is only suspected, and checked again.
#[inline]
fn short_word(text: &[u8]) -> u64 {
    let mut word = [0x7f; 8];
    for (place, byte) in word.iter_mut().zip(text) {
        *place = *byte;
    }
    u64::from_le_bytes(word)
}

/// Sets a high bit if a byte of `word` equals `byte`, and none otherwise.
#[inline]
pub fn equal_bytes(word: u64, byte: u8) -> u64 {
    let zero = word ^ (LOW * u64::from(byte));
    zero.wrapping_sub(LOW) & !zero
}

/// Sets a high bit if a byte of `word` is below `limit`, which is 128 at most, and none otherwise.
#[inline]
pub fn bytes_below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(LOW * u64::from(limit)) & !word
}
