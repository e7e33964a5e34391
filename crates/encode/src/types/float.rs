//! Printers of float4 and float8: the shortest digits that read back as the same number, in the layout of
//! each dialect.
//!
//! zmij finds the digits, and its text is the result for everyday numbers. For other numbers Java 11 has an
//! algorithm of its own ([`super::java_float`]), and the server does not use digits that lie exactly half way
//! between two neighbours.

use super::decimal::Decimal;
use super::{Malformed, Memo, digits, fixed, java_float};

/// Prints a float8 as `Double.toString` of Java 11 to 18 does.
pub fn java_float8(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    push_java_float8(out, f64::from_be_bytes(fixed(cell)?), memo);
    Ok(())
}

/// Prints a float4 as `Float.toString` of Java 11 to 18 does.
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

/// Prints a float8 as the server does with an `extra_float_digits` of 1 or more.
pub fn postgres_float8(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    push_postgres_float8(out, f64::from_be_bytes(fixed(cell)?), memo);
    Ok(())
}

/// Prints a float4 as the server does with an `extra_float_digits` of 1 or more.
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

/// Appends `value` as the server prints it.
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

/// Appends `value` and returns `true` if it is zero, an infinity or NaN.
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

/// The ASCII of `.0` in a word, and its length.
const POINT_ZERO: (u64, usize) = (u16::from_le_bytes(*b".0") as u64, 2);

/// Appends a number in Java's layout: plain digits from 10^-3 up to 10^7, otherwise one digit, a point, the
/// other digits and an exponent.
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

/// Appends a number in the server's layout with an exponent, which has at least two digits.
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
