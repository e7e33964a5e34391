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
    /// What follows whole seconds.
    no_fraction: &'static [u8],
}

const JAVA: Style = Style {
    java: true,
    date_infinity: [b"8994-08-16", b"9055-12-02"],
    timestamp_infinity: [b"292278994-08-16 23:00:00.0", b"292269055-12-02 23:00:00.0"],
    no_fraction: b".0",
};

const POSTGRES: Style = Style {
    java: false,
    date_infinity: [b"infinity", b"-infinity"],
    timestamp_infinity: [b"infinity", b"-infinity"],
    no_fraction: b"",
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
    timestamp::<true>(cell, out, memo, b"")
}

/// A timestamp as the server prints it.
pub fn postgres_timestamp(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<false>(cell, out, memo, b"")
}

/// A timestamptz as the server prints it in a session whose time zone is UTC.
pub fn postgres_timestamptz(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    timestamp::<false>(cell, out, memo, b"+00")
}

const fn style<const IS_JAVA: bool>() -> &'static Style {
    if IS_JAVA { &JAVA } else { &POSTGRES }
}

#[inline]
fn date<const IS_JAVA: bool>(cell: &[u8], out: &mut Vec<u8>, Memo(last): &mut Memo) -> Result<(), Malformed> {
    let style = style::<IS_JAVA>();
    let day = i32::from_be_bytes(fixed(cell)?);
    if let i32::MIN | i32::MAX = day {
        out.extend_from_slice(style.date_infinity[usize::from(day == i32::MIN)]);
        return Ok(());
    }
    let day = i64::from(day);
    last.renew(day, style);
    if style.java && last.len > 10 {
        // Java cuts the year of a date at four digits.
        out.extend_from_slice(&last.text[last.len - 10..last.len]);
    } else {
        digits::append(out, &last.text, last.len);
    }
    if last.before_christ && !style.java {
        out.extend_from_slice(b" BC");
    }
    Ok(())
}

#[inline]
fn timestamp<const IS_JAVA: bool>(
    cell: &[u8],
    out: &mut Vec<u8>,
    Memo(last): &mut Memo,
    zone: &'static [u8],
) -> Result<(), Malformed> {
    let style = style::<IS_JAVA>();
    let micros = i64::from_be_bytes(fixed(cell)?);
    if let i64::MIN | i64::MAX = micros {
        out.extend_from_slice(style.timestamp_infinity[usize::from(micros == i64::MIN)]);
        return Ok(());
    }
    last.renew(micros.div_euclid(DAY), style);
    digits::append(out, &last.text, last.len + 1);
    push_time(out, micros.rem_euclid(DAY) as u64, style.no_fraction);
    out.extend_from_slice(zone);
    if last.before_christ && !style.java {
        out.extend_from_slice(b" BC");
    }
    Ok(())
}

/// Appends the time of day (up to and including 24:00:00) and its fraction without zeros at the end.
#[inline]
pub fn push_time(out: &mut Vec<u8>, micros: u64, no_fraction: &[u8]) {
    let (seconds, fraction) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32);
    let [h1, h2] = digits::two(seconds / 3600);
    let [m1, m2] = digits::two(seconds / 60 % 60);
    let [s1, s2] = digits::two(seconds % 60);
    let mut text = [h1, h2, b':', m1, m2, b':', s1, s2, b'.', 0, 0, 0, 0, 0, 0, 0, 0];
    if fraction == 0 {
        digits::append(out, &text, 8);
        out.extend_from_slice(no_fraction);
    } else {
        let places = digits::eight(fraction * 100);
        text[9..].copy_from_slice(&digits::ascii(places));
        digits::append(out, &text, 17 - places.leading_zeros() as usize / 8);
    }
}

/// The date that a column printed last, with a blank behind it.
#[derive(Debug, Clone)]
pub struct LastDate {
    day: i64,
    text: [u8; 16],
    len: usize,
    before_christ: bool,
}

impl LastDate {
    /// No date yet.
    pub fn new() -> Self {
        // No timestamp reaches this day.
        Self { day: i64::MIN, text: [0; 16], len: 0, before_christ: false }
    }

    /// Makes this the text of `day`, counted from 2000-01-01.
    #[inline]
    fn renew(&mut self, day: i64, style: &Style) {
        if self.day != day {
            self.print(day, style);
        }
    }

    fn print(&mut self, day: i64, style: &Style) {
        self.day = day;
        let shown = if style.java && REFORM.contains(&day) { day + 10 } else { day };
        let (year, month, of_month) = civil(shown);
        self.before_christ = year < 1;
        // There is no year 0: 1 BC comes before 1 AD.
        let year = if year < 1 { 1 - year } else { year } as u32;
        let ([m1, m2], [d1, d2]) = (digits::two(month), digits::two(of_month));
        let month_and_day = [b'-', m1, m2, b'-', d1, d2, b' '];
        let all = digits::eight(year % 100_000_000);
        let skipped = (all.trailing_zeros() as usize / 8).min(4);
        let length = 8 - skipped;
        self.text[..length].copy_from_slice(&digits::ascii(all)[skipped..]);
        self.text[length..length + 7].copy_from_slice(&month_and_day);
        self.len = length + 6;
    }
}

/// Year (0 for 1 BC), month and day of month of a day counted from 2000-01-01; any `i32` and any day of an `i64` of
/// microseconds will do.
///
/// Counts from 1 March, so that the leap day is a year's last day and months have a pattern of 153 days in five.
fn civil(day: i64) -> (i64, u32, u32) {
    const FOUR_CENTURIES: i64 = 146_097;
    // 0000-03-01 lies 730,425 days before 2000-01-01.
    let day = day + 730_425;
    let era = day.div_euclid(FOUR_CENTURIES);
    let of_era = day.rem_euclid(FOUR_CENTURIES) as u32;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + i64::from(year_of_era) + i64::from(month <= 2), month, of_month)
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
