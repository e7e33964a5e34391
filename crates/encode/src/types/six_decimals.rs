//! A fast path for float8 values of at most six decimals.

use super::digits;

/// A fast path for numbers of at most six decimals, as amounts, rates and measures mostly are. After a number
/// with more decimals it skips some numbers.
#[derive(Debug, Clone, Default)]
pub struct SixDecimals {
    untried: u8,
}

impl SixDecimals {
    /// Appends `value`, whose size is from 10^-4 to 10^8, and returns `true` if it is the float8 nearest to a
    /// number of six decimals. That number has at most fourteen digits, so no other number of as many or
    /// fewer digits reads back as `value`.
    #[inline]
    pub fn push(&mut self, out: &mut Vec<u8>, value: f64, no_decimals: (u64, usize)) -> bool {
        const SKIPPED: u8 = 15;
        if self.untried > 0 {
            self.untried -= 1;
            return false;
        }
        let size = value.abs();
        // The conversion to a signed integer is a single instruction.
        let millionths = (size * 1e6 + 0.5) as i64;
        #[allow(
            clippy::float_cmp,
            reason = "a quotient of whole numbers below 2^53 is exact to the last bit"
        )]
        if millionths as f64 / 1e6 != size {
            self.untried = SKIPPED;
            return false;
        }
        let millionths = millionths as u64;
        if value < 0.0 {
            out.push(b'-');
        }
        digits::push_u64(out, millionths / 1_000_000);
        let (decimals, len) = digits::decimals((millionths % 1_000_000) as u32);
        let (decimals, len) = if len == 0 { no_decimals } else { (decimals, len) };
        digits::append(out, &decimals.to_le_bytes(), len);
        true
    }
}
