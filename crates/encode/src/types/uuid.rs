//! Printer of uuid, which is the same in both dialects: lower-case hexadecimal digits in five groups.

use super::{Malformed, Memo, fixed};

/// The two hexadecimal digits of every byte.
pub const HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut i = 0;
    while i < 256 {
        pairs[i] = [digits[i >> 4], digits[i & 15]];
        i += 1;
    }
    pairs
};

/// Prints a uuid of 16 bytes as 36 characters.
pub fn print(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let bytes: [u8; 16] = fixed(cell)?;
    let mut text = [b'-'; 36];
    for (byte, place) in bytes.into_iter().zip(PLACES) {
        text[place..place + 2].copy_from_slice(&HEX[usize::from(byte)]);
    }
    out.extend_from_slice(&text);
    Ok(())
}
