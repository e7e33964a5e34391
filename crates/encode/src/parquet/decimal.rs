//! Converts numerics from the wire's base 10,000 to whole numbers, exactly.

use super::misfit::Misfit;
use super::options::Decimal;
use crate::types::Malformed;

const SHORT: Malformed = "the numeric is not as long as its digits";
const DIGIT: Malformed = "a digit of the numeric is not below 10,000";
const SIGN: Malformed = "the numeric has an unknown sign";
const NOT_A_NUMBER: Misfit = Misfit::Unrepresentable("NaN, which a DECIMAL does not have");
const INFINITE: Misfit = Misfit::Unrepresentable("infinity, which a DECIMAL does not have");
const TOO_LONG: Misfit = Misfit::Unrepresentable("a numeric with more digits than its DECIMAL");

macro_rules! conversion {
    ($name:ident, $unsigned:ty, $signed:ty, $doc:literal) => {
        #[doc = $doc]
        #[inline]
        pub fn $name(cell: &[u8], decimal: Decimal) -> Result<$signed, Misfit> {
            let Parts { negative, weight, digits } = parts(cell)?;
            let mut value: $unsigned = 0;
            // The power of ten of the last digit's unit, in units of the scale.
            let mut power = 4 * (weight + 1) + i32::from(decimal.scale());
            for digit in digits.as_chunks::<2>().0 {
                let digit = u16::from_be_bytes(*digit);
                if digit >= 10_000 {
                    return Err(DIGIT.into());
                }
                power -= 4;
                let (factor, digit) = match power {
                    0.. => (10_000, digit),
                    -3..0 => {
                        // The digit has places behind the scale, which must be zero.
                        let behind = 10_u16.pow(power.unsigned_abs());
                        if digit % behind != 0 {
                            return Err(TOO_LONG);
                        }
                        (10_000 / behind, digit / behind)
                    }
                    _ if digit != 0 => return Err(TOO_LONG),
                    _ => continue,
                };
                value = value
                    .checked_mul(<$unsigned>::from(factor))
                    .and_then(|value| value.checked_add(<$unsigned>::from(digit)))
                    .ok_or(TOO_LONG)?;
            }
            if power > 0 && value != 0 {
                let zeros = <$unsigned>::from(10_u8).checked_pow(power.unsigned_abs()).ok_or(TOO_LONG)?;
                value = value.checked_mul(zeros).ok_or(TOO_LONG)?;
            }
            if value >= <$unsigned>::from(10_u8).pow(u32::from(decimal.precision())) {
                return Err(TOO_LONG);
            }
            let value = value as $signed;
            Ok(if negative { -value } else { value })
        }
    };
}

conversion!(of_64_bits, u64, i64, "Converts a numeric to a decimal of at most 18 digits.");
conversion!(of_128_bits, u128, i128, "Converts a numeric to a decimal of at most 38 digits.");

/// The parts of a numeric.
struct Parts<'a> {
    negative: bool,
    /// The power of 10,000 of the first digit.
    weight: i32,
    /// Two bytes for each digit.
    digits: &'a [u8],
}

#[inline]
fn parts(cell: &[u8]) -> Result<Parts<'_>, Misfit> {
    let (head, digits) = cell.split_first_chunk::<8>().ok_or(SHORT)?;
    let [count @ .., _, _, _, _, _, _] = head;
    let [_, _, weight @ .., _, _, _, _] = head;
    let [_, _, _, _, sign @ .., _, _] = head;
    let negative = match u16::from_be_bytes(*sign) {
        0x0000 => false,
        0x4000 => true,
        0xc000 => return Err(NOT_A_NUMBER),
        0xd000 | 0xf000 => return Err(INFINITE),
        _ => return Err(SIGN.into()),
    };
    if usize::from(u16::from_be_bytes(*count)) * 2 != digits.len() {
        return Err(SHORT.into());
    }
    Ok(Parts { negative, weight: i32::from(i16::from_be_bytes(*weight)), digits })
}
