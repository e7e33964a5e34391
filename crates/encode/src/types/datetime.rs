//! Printers of date, timestamp and timestamptz: days or microseconds since 2000-01-01 become
//! `2024-02-29 12:34:56.789`.
//!
//! The server's dates are proleptic Gregorian, with eras and infinities. Java's differ in the days that the
//! Gregorian reform left out, after 9999, before Christ and for infinities; see [`super::calendar::Style`].

use super::calendar::{JAVA, OddDate, POSTGRES, Style};
use super::{Malformed, Memo, changed, digits, fixed};

const DAY: i64 = 86_400_000_000;

/// Prints a date as Java does.
pub fn java_date(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    date::<true>(cell, out, memo)
}

/// Prints a date as the server does.
pub fn postgres_date(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    date::<false>(cell, out, memo)
}

/// Prints a timestamp or timestamptz as Java does, which is the same for both, in UTC.
pub fn java_timestamp(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<true>(cell, out, memo, b' ', "")
}

/// Prints a timestamp as the server does.
pub fn postgres_timestamp(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<false>(cell, out, memo, b' ', "")
}

/// Prints a timestamptz as the server does in a session whose time zone is UTC.
pub fn postgres_timestamptz(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<false>(cell, out, memo, b' ', "+00")
}

/// Prints a timestamp in ISO 8601, as the server does in JSON and XML.
pub fn iso_timestamp(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<false>(cell, out, memo, b'T', "")
}

/// Prints a timestamptz in ISO 8601, as the server does in JSON and XML in a session whose time zone is UTC.
pub fn iso_timestamptz(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<false>(cell, out, memo, b'T', "+00:00")
}

const fn style<const IS_JAVA: bool>() -> &'static Style {
    if IS_JAVA { &JAVA } else { &POSTGRES }
}

#[inline]
fn date<const IS_JAVA: bool>(
    cell: &[u8],
    out: &mut Vec<u8>,
    Memo { date: last, changed, .. }: &mut Memo,
) -> Result<(), Malformed> {
    let style = style::<IS_JAVA>();
    let day = i32::from_be_bytes(fixed(cell)?);
    if let i32::MIN | i32::MAX = day {
        out.extend_from_slice(style.date_infinity[usize::from(day == i32::MIN)]);
        changed.note(if IS_JAVA { changed::INFINITY } else { 0 });
        return Ok(());
    }
    last.renew(day.into(), style);
    if last.is_plain {
        digits::append(out, &last.text.to_le_bytes(), 10);
    } else {
        let odd = OddDate::new(day.into(), style);
        // Java prints only the last four digits of a date's year.
        let year = if style.java { odd.year % 10_000 } else { odd.year };
        changed.note(odd.lost | if year == odd.year { 0 } else { changed::YEAR });
        odd.push(out, year, "", style);
    }
    Ok(())
}

#[inline]
fn timestamp<const IS_JAVA: bool>(
    cell: &[u8],
    out: &mut Vec<u8>,
    Memo { date: last, changed, .. }: &mut Memo,
    separator: u8,
    zone: &'static str,
) -> Result<(), Malformed> {
    let style = style::<IS_JAVA>();
    let micros = i64::from_be_bytes(fixed(cell)?);
    if let i64::MIN | i64::MAX = micros {
        out.extend_from_slice(style.timestamp_infinity[usize::from(micros == i64::MIN)]);
        changed.note(if IS_JAVA { changed::INFINITY } else { 0 });
        return Ok(());
    }
    let (day, of_day) = days_and_rest(micros);
    last.renew(day, style);
    let (clock, (fraction, fraction_len)) = clock_and_fraction(of_day);
    let (fraction, fraction_len) =
        if fraction_len == 0 { style.no_fraction } else { (fraction, fraction_len) };
    if last.is_plain {
        // Two words of 16 bytes hold the date and the separator (11 bytes), the time (8 bytes), the fraction and
        // the zone.
        let first = last.text ^ u128::from(b' ' ^ separator) << 80 | u128::from(clock) << 88;
        let second = u128::from(clock >> 40) | u128::from(fraction) << 24;
        let len = 3 + fraction_len;
        let zone_word = zone.bytes().rev().fold(0, |word, byte| word << 8 | u128::from(byte));
        let second = second & !(u128::MAX << (8 * len)) | zone_word << (8 * len);
        let mut text = [0; 32];
        text[..16].copy_from_slice(&first.to_le_bytes());
        text[16..].copy_from_slice(&second.to_le_bytes());
        digits::append(out, &text, 16 + len + zone.len());
    } else {
        let odd = OddDate::new(day, style);
        changed.note(odd.lost);
        let fraction = &fraction.to_le_bytes()[..fraction_len];
        let rest = [&[separator][..], &clock.to_le_bytes(), fraction, zone.as_bytes()].concat();
        odd.push(out, odd.year, &String::from_utf8_lossy(&rest), style);
    }
    Ok(())
}

/// Returns the day and the microseconds within it. Counting from before the first possible day makes the
/// division unsigned.
#[inline]
fn days_and_rest(micros: i64) -> (i64, u64) {
    const DAYS_BEFORE: u64 = 106_751_992;
    let from_first = (micros as u64).wrapping_add(DAYS_BEFORE * DAY as u64);
    ((from_first / DAY as u64) as i64 - DAYS_BEFORE as i64, from_first % DAY as u64)
}

/// Appends the time of day, up to and including 24:00:00, and its fraction without trailing zeros.
#[inline]
pub fn push_time(out: &mut Vec<u8>, micros: u64) {
    let (clock, (fraction, len)) = clock_and_fraction(micros);
    let text = u128::from(clock) | u128::from(fraction) << 64;
    digits::append(out, &text.to_le_bytes(), 8 + len);
}

/// Returns `hh:mm:ss` as a word of ASCII, and the fraction with its point.
#[inline]
fn clock_and_fraction(micros: u64) -> (u64, (u64, usize)) {
    let (seconds, fraction) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32);
    let (hours, minutes) = (seconds / 3600, seconds / 60);
    // The decimal number hh0mm0ss, whose two zeros become colons.
    let packed = hours * 1_000_000 + (minutes - 60 * hours) * 1_000 + (seconds - 60 * minutes);
    (digits::eight(packed) | digits::ZEROS | COLONS, digits::decimals(fraction))
}

/// Turns the ASCII zeros at the third and the sixth place into colons.
const COLONS: u64 = 0x0000_0a00_000a_0000;

#[cfg(test)]
mod tests {
    use super::*;

    type Print = fn(&[u8], &mut Vec<u8>, &mut Memo) -> Result<(), Malformed>;

    fn printed(print: Print, cell: &[u8]) -> String {
        let mut out = Vec::new();
        print(cell, &mut out, &mut Memo::new()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_where_java_and_the_server_part() {
        for (day, java, postgres) in [
            (8825, "2024-02-29", "2024-02-29"),
            (-152_384, "1582-10-15", "1582-10-15"),
            (-152_385, "1582-10-24", "1582-10-14"),
            (-152_394, "1582-10-15", "1582-10-05"),
            (-152_395, "1582-10-04", "1582-10-04"),
            (2_921_940, "0000-01-01", "10000-01-01"),
            (-730_120, "0001-12-31", "0001-12-31 BC"),
            (2_145_031_948, "4897-12-31", "5874897-12-31"),
            (i32::MAX, "8994-08-16", "infinity"),
            (i32::MIN, "9055-12-02", "-infinity"),
        ] {
            assert_eq!(printed(java_date, &day.to_be_bytes()), java);
            assert_eq!(printed(postgres_date, &day.to_be_bytes()), postgres);
        }
    }

    #[test]
    fn timestamps_where_java_and_the_server_part() {
        for (micros, java, postgres) in [
            (0, "2000-01-01 00:00:00.0", "2000-01-01 00:00:00"),
            (-1, "1999-12-31 23:59:59.999999", "1999-12-31 23:59:59.999999"),
            (10, "2000-01-01 00:00:00.00001", "2000-01-01 00:00:00.00001"),
            (-152_385 * DAY + 500_000, "1582-10-24 00:00:00.5", "1582-10-14 00:00:00.5"),
            (9_223_371_331_199_999_999, "294276-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999"),
            (-730_119 * DAY - 500_000, "0001-12-31 23:59:59.5", "0001-12-31 23:59:59.5 BC"),
            (i64::MAX, "292278994-08-16 23:00:00.0", "infinity"),
            (i64::MIN, "292269055-12-02 23:00:00.0", "-infinity"),
        ] {
            assert_eq!(printed(java_timestamp, &micros.to_be_bytes()), java);
            assert_eq!(printed(postgres_timestamp, &micros.to_be_bytes()), postgres);
        }
        assert_eq!(printed(postgres_timestamptz, &0_i64.to_be_bytes()), "2000-01-01 00:00:00+00");
        assert_eq!(printed(postgres_timestamptz, &i64::MAX.to_be_bytes()), "infinity");
    }

    #[test]
    fn any_bytes_print_or_are_refused() {
        for length in 0..12 {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let cell = vec![byte; length];
                let date = java_date(&cell, &mut Vec::new(), &mut Memo::new());
                let timestamp = postgres_timestamp(&cell, &mut Vec::new(), &mut Memo::new());
                assert_eq!((date.is_ok(), timestamp.is_ok()), (length == 4, length == 8));
            }
        }
    }
}
