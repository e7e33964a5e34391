//! float4 and float8: shortest digits that read back as the same number, laid out as each dialect does.
//!
//! zmij finds the digits. Its text is already the answer in the range that everyday numbers lie in. Elsewhere Java 11
//! has an algorithm of its own ([`super::java_float`]), and the server leaves out one kind of shortest digits: a
//! number that lies exactly between two neighbours.

use super::{Malformed, Memo, digits, fixed, java_float};

/// float8 as `Double.toString` of Java 11 to 18.
pub fn java_float8(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    push_java_float8(out, f64::from_be_bytes(fixed(cell)?), memo);
    Ok(())
}

/// float4 as `Float.toString` of Java 11 to 18.
pub fn java_float4(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let value = f32::from_be_bytes(fixed(cell)?);
    let size = value.abs();
    if (1e-3..1e7).contains(&size) {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if push_special(out, value.into(), b"0.0") {
    } else if size < 16_777_216.0 && size.is_normal() && value.to_bits() & 0x007f_ffff != 0 {
        push_java(out, value < 0.0, &Decimal::shortest_float4(value));
    } else {
        push_java(out, value < 0.0, &java_float::float4(size));
    }
    Ok(())
}

/// float8 as the server prints it with `extra_float_digits` of 1 and more.
pub fn postgres_float8(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    push_postgres_float8(out, f64::from_be_bytes(fixed(cell)?), memo);
    Ok(())
}

/// float4 as the server prints it with `extra_float_digits` of 1 and more.
pub fn postgres_float4(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let value = f32::from_be_bytes(fixed(cell)?);
    let size = value.abs();
    if (1e-4..1e6).contains(&size) {
        push_plain(out, zmij::Buffer::new().format_finite(value));
    } else if !push_special(out, value.into(), b"0") {
        let mut decimal = Decimal::shortest_float4(size);
        if size >= 16_777_216.0 {
            decimal.leave_boundary_float4(size);
        }
        push_postgres(out, value < 0.0, &decimal);
    }
    Ok(())
}

/// Appends `Double.toString(value)`.
#[inline]
pub fn push_java_float8(out: &mut Vec<u8>, value: f64, memo: &mut Memo) {
    let size = value.abs();
    if (1e-3..1e7).contains(&size) {
        if memo.decimals.push(out, value, POINT_ZERO) {
            return;
        }
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if push_special(out, value, b"0.0") {
    } else if size < 9_007_199_254_740_992.0 && size.is_normal() && value.to_bits() << 12 != 0 {
        push_java(out, value < 0.0, &Decimal::shortest_float8(size));
    } else {
        push_java(out, value < 0.0, &java_float::float8(size));
    }
}

/// Appends `value` as the server prints a float8.
#[inline]
pub fn push_postgres_float8(out: &mut Vec<u8>, value: f64, memo: &mut Memo) {
    let size = value.abs();
    if (1e-4..1e15).contains(&size) {
        if size < 1e8 && memo.decimals.push(out, value, (0, 0)) {
            return;
        }
        push_plain(out, zmij::Buffer::new().format_finite(value));
    } else if !push_special(out, value, b"0") {
        let mut decimal = Decimal::shortest_float8(size);
        if size >= 9_007_199_254_740_992.0 {
            decimal.leave_boundary_float8(size);
        }
        push_postgres(out, value < 0.0, &decimal);
    }
}

/// Appends zero, an infinity or NaN, if `value` is one.
fn push_special(out: &mut Vec<u8>, value: f64, zero: &[u8]) -> bool {
    if value.is_finite() && value != 0.0 {
        return false;
    }
    if value.is_sign_negative() && !value.is_nan() {
        out.push(b'-');
    }
    out.extend_from_slice(match value {
        0.0 => zero,
        _ if value.is_nan() => b"NaN",
        _ => b"Infinity",
    });
    true
}

/// Appends a plain decimal without the `.0` of whole numbers.
fn push_plain(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
}

/// `.0` in a word, and its length.
const POINT_ZERO: (u64, usize) = (u16::from_le_bytes(*b".0") as u64, 2);

/// A shortcut for the amounts, rates and measures that columns mostly hold: numbers of at most six decimals. After a
/// number that is none, some are not tried.
#[derive(Debug, Clone, Default)]
pub struct Decimals {
    untried: u8,
}

impl Decimals {
    /// Appends `value`, whose size lies from 10^-4 to 10^8, if it is the float8 nearest to a number of six decimals:
    /// that number has fourteen digits at most, so no other number of as many or fewer digits reads back as `value`.
    #[inline]
    fn push(&mut self, out: &mut Vec<u8>, value: f64, no_decimals: (u64, usize)) -> bool {
        const SKIPPED: u8 = 15;
        if self.untried > 0 {
            self.untried -= 1;
            return false;
        }
        let size = value.abs();
        // Signed: there the processor converts in one step.
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

/// 0.DIGITS × 10^place, the first digit and the last not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// ASCII; zeros after `len`.
    pub digits: [u8; Self::MOST],
    pub len: usize,
    pub place: i32,
}

impl Decimal {
    /// Java 11 needs up to 20 digits: for whole numbers below 2^63.
    pub const MOST: usize = 24;

    fn shortest_float8(size: f64) -> Self {
        Self::read(zmij::Buffer::new().format_finite(size))
    }

    fn shortest_float4(value: f32) -> Self {
        Self::read(zmij::Buffer::new().format_finite(value.abs()))
    }

    /// From `digits[.digits][e[sign]digits]`, which has a digit that is not zero.
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut decimal = Self { digits: [b'0'; Self::MOST], len: 0, place: 0 };
        let (mut behind_point, mut significant) = (false, 0);
        for byte in mantissa.bytes() {
            if byte == b'.' {
                behind_point = true;
                continue;
            }
            if byte == b'0' && significant == 0 {
                decimal.place -= i32::from(behind_point);
                continue;
            }
            decimal.place += i32::from(!behind_point);
            if significant < Self::MOST {
                decimal.digits[significant] = byte;
                significant += 1;
            }
            if byte != b'0' {
                decimal.len = significant;
            }
        }
        decimal.place += exponent.parse::<i32>().unwrap_or(0);
        decimal
    }

    fn significant(&self) -> &[u8] {
        &self.digits[..self.len]
    }
}

/// Java's layout: plain digits from 10^-3 up to 10^7, else one digit, a point, the others and an exponent.
fn push_java(out: &mut Vec<u8>, negative: bool, decimal: &Decimal) {
    if negative {
        out.push(b'-');
    }
    let (digits, len, place) = (&decimal.digits, decimal.len, decimal.place);
    if 0 < place && place < 8 {
        let point = place as usize;
        out.extend_from_slice(&digits[..point]);
        out.push(b'.');
        out.extend_from_slice(&digits[point..len.max(point + 1)]);
    } else if -3 < place && place <= 0 {
        out.extend_from_slice(&b"0.00"[..2 + place.unsigned_abs() as usize]);
        out.extend_from_slice(decimal.significant());
    } else {
        out.extend_from_slice(&[digits[0], b'.']);
        out.extend_from_slice(&digits[1..len.max(2)]);
        out.push(b'E');
        digits::push_i64(out, i64::from(place) - 1);
    }
}

/// The server's layout where it has an exponent (of two digits at least) or zeros behind the point.
fn push_postgres(out: &mut Vec<u8>, negative: bool, decimal: &Decimal) {
    if negative {
        out.push(b'-');
    }
    let exponent = decimal.place - 1;
    out.push(decimal.digits[0]);
    if decimal.len > 1 {
        out.push(b'.');
        out.extend_from_slice(&decimal.digits[1..decimal.len]);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.unsigned_abs() < 10 {
        out.push(b'0');
    }
    digits::push_u64(out, exponent.unsigned_abs().into());
}

impl Decimal {
    /// Replaces digits exactly half way to the next float8, which the server does not take, by the next longer ones.
    fn leave_boundary_float8(&mut self, size: f64) {
        let bits = size.to_bits();
        let (fraction, exponent) = (bits << 12 >> 12, (bits >> 52) as i32 - 1075);
        let is_boundary = |decimal: &Self| decimal.is_boundary(fraction | 1 << 52, exponent, fraction == 0);
        if is_boundary(self) {
            let longer = (self.len..17).map(|precision| format!("{size:.precision$e}"));
            let mut inside = longer.filter(|text| text.parse() == Ok(size)).map(|text| Self::read(&text));
            *self = inside.find(|decimal| !is_boundary(decimal)).unwrap_or(*self);
        }
    }

    /// The same for a float4.
    fn leave_boundary_float4(&mut self, size: f32) {
        let bits = size.to_bits();
        let (fraction, exponent) = (u64::from(bits << 9 >> 9), (bits >> 23) as i32 - 150);
        let is_boundary = |decimal: &Self| decimal.is_boundary(fraction | 1 << 23, exponent, fraction == 0);
        if is_boundary(self) {
            let longer = (self.len..17).map(|precision| format!("{size:.precision$e}"));
            let mut inside = longer.filter(|text| text.parse() == Ok(size)).map(|text| Self::read(&text));
            *self = inside.find(|decimal| !is_boundary(decimal)).unwrap_or(*self);
        }
    }

    /// Whether this lies half way between `mantissa` × 2^`exponent`, the exponent above 0, and a neighbour.
    fn is_boundary(&self, mantissa: u64, exponent: i32, power_of_two: bool) -> bool {
        // A boundary is a whole number of 55 bits times a power of two, so no higher power of five divides it.
        const MOST_ZEROS: i32 = 23;
        let zeros = self.place - self.len as i32;
        if !(0..=MOST_ZEROS).contains(&zeros) || self.len > 17 {
            return false;
        }
        let whole = self.significant().iter().fold(0, |n, digit| n * 10 + u128::from(digit - b'0'));
        let whole = whole * 5_u128.pow(zeros as u32);
        let (odd, power) = (whole >> whole.trailing_zeros(), zeros + whole.trailing_zeros() as i32);
        let mantissa = u128::from(mantissa);
        let below =
            if power_of_two { (4 * mantissa - 1, exponent - 2) } else { (2 * mantissa - 1, exponent - 1) };
        (odd, power) == (2 * mantissa + 1, exponent - 1) || (odd, power) == below
    }
}
