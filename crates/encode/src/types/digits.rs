//! Prints whole numbers, eight decimal digits at a time. The digits are computed in registers and appended as
//! arrays of fixed size, because a short copy of a constant size is one or two stores and one of a variable
//! size is a call.

/// Eight ASCII zeros.
pub const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Returns the eight decimal digits of `n`, which is below 10^8, as bytes 0 to 9 with the first digit in the
/// lowest byte.
#[inline]
pub fn eight(n: u32) -> u64 {
    debug_assert!(n < 100_000_000);
    let (high, low) = (u64::from(n / 10_000), u64::from(n % 10_000));
    // Both halves of four digits at once, then all four pairs. Each division is a product and a shift.
    let halves = high | (low << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | ((halves - hundreds * 100) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((pairs - tens * 10) << 8)
}

/// Returns the eight decimal digits of `n`, which is below 10^8, in ASCII.
#[inline]
pub fn eight_ascii(n: u32) -> [u8; 8] {
    ascii(eight(n))
}

/// Converts the digits that [`eight`] returns to ASCII.
#[inline]
pub fn ascii(digits: u64) -> [u8; 8] {
    (digits | ZEROS).to_le_bytes()
}

/// Returns a point and the six decimals of `n`, which is below 10^6, without trailing zeros: the ASCII in the
/// low bytes of a word, and the number of bytes. It is 0 if `n` is 0.
#[inline]
pub fn decimals(n: u32) -> (u64, usize) {
    let digits = eight(n * 10);
    let point = u64::from(b'.') ^ u64::from(b'0');
    // The leading zero becomes the point.
    ((digits | ZEROS) ^ point, if n == 0 { 0 } else { 8 - digits.leading_zeros() as usize / 8 })
}

/// Appends the first `len` bytes of `buffer`.
#[inline]
pub fn append<const N: usize>(out: &mut Vec<u8>, buffer: &[u8; N], len: usize) {
    let end = out.len() + len;
    out.extend_from_slice(buffer);
    out.truncate(end);
}

/// Appends `text`. A short one is appended in two overlapping copies of a fixed size.
#[inline]
pub fn append_slice(out: &mut Vec<u8>, text: &[u8]) {
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) if text.len() <= 16 => {
            let end = out.len() + text.len();
            out.extend_from_slice(first);
            out.truncate(end - 8);
            out.extend_from_slice(last);
        }
        _ => append_other(out, text),
    }
}

#[inline]
fn append_other(out: &mut Vec<u8>, text: &[u8]) {
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(first), Some(last)) if text.len() <= 8 => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            let word = u64::from(first) | u64::from(last) << (8 * text.len() - 32);
            append(out, &word.to_le_bytes(), text.len());
        }
        _ => out.extend_from_slice(text),
    }
}

/// Appends `n` in decimal, with a minus sign if it is negative.
#[inline]
pub fn push_i64(out: &mut Vec<u8>, n: i64) {
    push(out, n < 0, n.unsigned_abs());
}

/// Appends `n` in decimal.
#[inline]
pub fn push_u64(out: &mut Vec<u8>, n: u64) {
    push(out, false, n);
}

#[inline]
fn push(out: &mut Vec<u8>, negative: bool, n: u64) {
    if negative {
        out.push(b'-');
    }
    if n < 100_000_000 {
        push_short(out, n as u32);
    } else {
        push_long(out, n);
    }
}

#[inline]
fn push_short(out: &mut Vec<u8>, n: u32) {
    let digits = eight(n);
    // Bit 56 keeps the last digit if all are zero.
    let leading = (digits | 1 << 56).trailing_zeros() & !7;
    append(out, &((digits | ZEROS) >> leading).to_le_bytes(), 8 - leading as usize / 8);
}

fn push_long(out: &mut Vec<u8>, n: u64) {
    let (high, low) = (n / 100_000_000, (n % 100_000_000) as u32);
    if high < 100_000_000 {
        push_short(out, high as u32);
    } else {
        push_short(out, (high / 100_000_000) as u32);
        out.extend_from_slice(&eight_ascii((high % 100_000_000) as u32));
    }
    out.extend_from_slice(&eight_ascii(low));
}

/// Returns the two decimal digits of `n`, which is below 100, in ASCII.
#[inline]
pub fn two(n: u32) -> [u8; 2] {
    /// Its length is a power of two, so that seven bits of `n` are an index without a bounds check.
    const PAIRS: [[u8; 2]; 128] = {
        let mut pairs = [[0; 2]; 128];
        let mut i = 0;
        while i < 100 {
            pairs[i] = [b'0' + i as u8 / 10, b'0' + i as u8 % 10];
            i += 1;
        }
        pairs
    };
    PAIRS[n as usize & 127]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_print_as_the_standard_library_does() {
        let edges = (0..64).flat_map(|bits| [(1_u64 << bits) - 1, 1 << bits]);
        let tens = (0..20).flat_map(|p| [10_u64.pow(p) - 1, 10_u64.pow(p), 10_u64.pow(p) + 1]);
        for n in edges.chain(tens).chain([u64::MAX, 0, 7, 10, 100, 12_345_678_901_234_567_890]) {
            let mut out = b"x".to_vec();
            push_u64(&mut out, n);
            out.push(b' ');
            push_i64(&mut out, n as i64);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{n} {}", n as i64));
        }
    }

    #[test]
    fn eight_digits_of_every_shape() {
        for n in (0..100_000_000).step_by(9_973).chain([99_999_999]) {
            assert_eq!(eight_ascii(n).as_slice(), format!("{n:08}").as_bytes());
        }
    }
}
