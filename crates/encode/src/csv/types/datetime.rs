//! date, timestamp, timestamptz: days or microseconds since 2000-01-01, printed as `2024-02-29 12:34:56.789`.
//!
//! The server's dates are proleptic Gregorian, with eras and infinities. Java's go another way in the days that the
//! Gregorian reform left out, after 9999, before Christ and at the infinities; [`JAVA`] and [`POSTGRES`] say how.

use super::{Malformed, Memo, digits, fixed};

const DAY: i64 = 86_400_000_000;

/// 1582-10-05 to 1582-10-14, in days since 2000-01-01: the days that the Gregorian reform left out.
const REFORM: std::ops::RangeInclusive<i64> = -152_394..=-152_385;

/// How a dialect prints what Java and the server see differently.
struct Style {
    java: bool,
    date_infinity: [&'static [u8]; 2],
    timestamp_infinity: [&'static [u8]; 2],
    /// What follows whole seconds: a word of text and its length.
    no_fraction: (u64, usize),
}

const JAVA: Style = Style {
    java: true,
    date_infinity: [b"8994-08-16", b"9055-12-02"],
    timestamp_infinity: [b"292278994-08-16 23:00:00.0", b"292269055-12-02 23:00:00.0"],
    no_fraction: (u16::from_le_bytes(*b".0") as u64, 2),
};

const POSTGRES: Style = Style {
    java: false,
    date_infinity: [b"infinity", b"-infinity"],
    timestamp_infinity: [b"infinity", b"-infinity"],
    no_fraction: (0, 0),
};

/// A date as Java prints it.
pub fn java_date(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    date::<true>(cell, out, memo)
}

/// A date as the server prints it.
pub fn postgres_date(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    date::<false>(cell, out, memo)
}

/// A timestamp or timestamptz as Java prints it: the same for both, in UTC.
pub fn java_timestamp(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<true>(cell, out, memo, "")
}

/// A timestamp as the server prints it.
pub fn postgres_timestamp(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<false>(cell, out, memo, "")
}

/// A timestamptz as the server prints it in a session whose time zone is UTC.
pub fn postgres_timestamptz(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<false>(cell, out, memo, "+00")
}

const fn style<const IS_JAVA: bool>() -> &'static Style {
    if IS_JAVA { &JAVA } else { &POSTGRES }
}

#[inline]
fn date<const IS_JAVA: bool>(
    cell: &[u8],
    out: &mut Vec<u8>,
    Memo { date: last, .. }: &mut Memo,
) -> Result<(), Malformed> {
    let style = style::<IS_JAVA>();
    let day = i32::from_be_bytes(fixed(cell)?);
    if let i32::MIN | i32::MAX = day {
        out.extend_from_slice(style.date_infinity[usize::from(day == i32::MIN)]);
        return Ok(());
    }
    last.renew(day.into(), style);
    if last.is_plain {
        digits::append(out, &last.text.to_le_bytes(), 10);
    } else {
        let odd = OddDate::new(day.into(), style);
        // Java cuts the year of a date at four digits.
        let year = if style.java { odd.year % 10_000 } else { odd.year };
        odd.push(out, year, "", style);
    }
    Ok(())
}

#[inline]
fn timestamp<const IS_JAVA: bool>(
    cell: &[u8],
    out: &mut Vec<u8>,
    Memo { date: last, .. }: &mut Memo,
    zone: &'static str,
) -> Result<(), Malformed> {
    let style = style::<IS_JAVA>();
    let micros = i64::from_be_bytes(fixed(cell)?);
    if let i64::MIN | i64::MAX = micros {
        out.extend_from_slice(style.timestamp_infinity[usize::from(micros == i64::MIN)]);
        return Ok(());
    }
    let (day, of_day) = days_and_rest(micros);
    last.renew(day, style);
    let (clock, (fraction, fraction_len)) = clock_and_fraction(of_day);
    let (fraction, fraction_len) =
        if fraction_len == 0 { style.no_fraction } else { (fraction, fraction_len) };
    if last.is_plain {
        // 11 bytes of date and blank, 8 of the clock, the fraction, the zone: two words of 16 bytes.
        let first = last.text | u128::from(clock) << 88;
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
        let rest =
            [&b" "[..], &clock.to_le_bytes(), &fraction.to_le_bytes()[..fraction_len], zone.as_bytes()]
                .concat();
        odd.push(out, odd.year, &String::from_utf8_lossy(&rest), style);
    }
    Ok(())
}

/// The day and the microseconds of that day: one unsigned division, of moments counted from a day before all others.
#[inline]
fn days_and_rest(micros: i64) -> (i64, u64) {
    const DAYS_BEFORE: u64 = 106_751_992;
    let from_first = (micros as u64).wrapping_add(DAYS_BEFORE * DAY as u64);
    ((from_first / DAY as u64) as i64 - DAYS_BEFORE as i64, from_first % DAY as u64)
}

/// Appends the time of day (up to and including 24:00:00) and its fraction without zeros at the end.
#[inline]
pub fn push_time(out: &mut Vec<u8>, micros: u64) {
    let (clock, (fraction, len)) = clock_and_fraction(micros);
    let text = u128::from(clock) | u128::from(fraction) << 64;
    digits::append(out, &text.to_le_bytes(), 8 + len);
}

/// `hh:mm:ss` as a word of text, and the fraction with its point.
#[inline]
fn clock_and_fraction(micros: u64) -> (u64, (u64, usize)) {
    let (seconds, fraction) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32);
    let (hours, minutes) = (seconds / 3600, seconds / 60);
    // In decimal hh0mm0ss: two of its zeros become colons.
    let packed = hours * 1_000_000 + (minutes - 60 * hours) * 1_000 + (seconds - 60 * minutes);
    (digits::eight(packed) | digits::ZEROS | COLONS, digits::decimals(fraction))
}

/// What makes ASCII zeros colons, at the third and the sixth place.
const COLONS: u64 = 0x0000_0a00_000a_0000;

/// The date that a column printed last: `2024-02-29` and a blank as a word of text, if it looks like that.
#[derive(Debug, Clone)]
pub struct LastDate {
    day: i64,
    text: u128,
    is_plain: bool,
}

impl LastDate {
    /// No date yet.
    pub fn new() -> Self {
        // No timestamp reaches this day.
        Self { day: i64::MIN, text: 0, is_plain: false }
    }

    /// Makes this the text of `day`, counted from 2000-01-01.
    #[inline]
    fn renew(&mut self, day: i64, style: &Style) {
        if self.day != day {
            self.print(day, style);
        }
    }

    fn print(&mut self, day: i64, style: &Style) {
        /// What makes ASCII zeros dashes, at the fifth and the eighth place.
        const DASHES: u64 = 0x1d00_001d_0000_0000;
        let (year, month, of_month) = civil(day);
        self.day = day;
        self.is_plain = (1..10_000).contains(&year) && !(style.java && REFORM.contains(&day));
        if self.is_plain {
            // In decimal yyyy0mm0: two of its zeros become dashes.
            let head = (digits::eight(year as u32 * 10_000 + month * 10) | digits::ZEROS) ^ DASHES;
            let [d1, d2] = digits::two(of_month);
            let tail = u32::from_le_bytes([d1, d2, b' ', 0]);
            self.text = u128::from(head) | u128::from(tail) << 64;
        }
    }
}

/// A date that is not of the usual shape.
struct OddDate {
    year: i64,
    month: u32,
    of_month: u32,
    before_christ: bool,
}

impl OddDate {
    #[cold]
    fn new(day: i64, style: &Style) -> Self {
        let (year, month, of_month) = civil(if style.java && REFORM.contains(&day) { day + 10 } else { day });
        // There is no year 0: 1 BC comes before 1 AD.
        let before_christ = year < 1;
        Self { year: if before_christ { 1 - year } else { year }, month, of_month, before_christ }
    }

    /// Appends this with another year, followed by the time of day.
    fn push(&self, out: &mut Vec<u8>, year: i64, time: &str, style: &Style) {
        let era = if self.before_christ && !style.java { " BC" } else { "" };
        let text = format!("{year:04}-{:02}-{:02}{time}{era}", self.month, self.of_month);
        out.extend_from_slice(text.as_bytes());
    }
}

/// Year (0 for 1 BC), month and day of month of a day counted from 2000-01-01; any `i32` and any day of an `i64` of
/// microseconds will do.
///
/// Counts from 1 March, so that the leap day is a year's last day; divides by way of products whose upper half is the
/// quotient and whose lower half holds the remainder (Neri and Schneider, "Euclidean affine functions", 2022).
#[inline]
fn civil(day: i64) -> (i64, u32, u32) {
    const FOUR_CENTURIES: u64 = 146_097;
    /// Times four centuries, which keeps every day above zero.
    const ERAS: u64 = 14_700;
    // 0000-03-01 lies 730,425 days before 2000-01-01.
    let quarters = 4 * (day + (730_425 + ERAS * FOUR_CENTURIES) as i64) as u64 + 3;
    let century = quarters / FOUR_CENTURIES;
    let of_century = (quarters % FOUR_CENTURIES) as u32 | 3;
    let years = 2_939_745 * u64::from(of_century);
    let (of_century, of_year) = ((years >> 32) as u32, years as u32 / 2_939_745 / 4);
    let months = 2_141 * of_year + 197_913;
    let (month, of_month) = (months >> 16, (months & 0xffff) / 2_141);
    let after_december = of_year >= 306;
    let year = 100 * century + u64::from(of_century) + u64::from(after_december);
    (year as i64 - 400 * ERAS as i64, if after_december { month - 12 } else { month }, of_month + 1)
}

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
    #[cfg_attr(miri, ignore = "millions of days")]
    fn days_follow_the_calendar() {
        let (mut year, mut month, mut day) = (-4713, 11, 24);
        for number in -2_451_545..2_000_000_i64 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u32::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
            assert_eq!(civil(number), (year, month, day), "day {number}");
            day += 1;
        }
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
