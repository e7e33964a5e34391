//! Prints days since 2000-01-01 as dates, in the style of each dialect.

use super::{changed, digits};

/// The days from 1582-10-05 to 1582-10-14, which the Gregorian reform left out, counted from 2000-01-01.
const REFORM: std::ops::RangeInclusive<i64> = -152_394..=-152_385;

/// The texts that differ between the dialects.
pub struct Style {
    pub java: bool,
    pub date_infinity: [&'static [u8]; 2],
    pub timestamp_infinity: [&'static [u8]; 2],
    /// The text after whole seconds: the bytes in a word, and their number.
    pub no_fraction: (u64, usize),
}

pub const JAVA: Style = Style {
    java: true,
    date_infinity: [b"8994-08-16", b"9055-12-02"],
    timestamp_infinity: [b"292278994-08-16 23:00:00.0", b"292269055-12-02 23:00:00.0"],
    no_fraction: (u16::from_le_bytes(*b".0") as u64, 2),
};

pub const POSTGRES: Style = Style {
    java: false,
    date_infinity: [b"infinity", b"-infinity"],
    timestamp_infinity: [b"infinity", b"-infinity"],
    no_fraction: (0, 0),
};

/// The last date of a column. If it has the form `2024-02-29`, `text` is the date and a space as a word of
/// ASCII.
#[derive(Debug, Clone)]
pub struct LastDate {
    day: i64,
    pub text: u128,
    pub is_plain: bool,
}

impl LastDate {
    /// Creates a memory without a date.
    pub fn new() -> Self {
        // No timestamp reaches this day.
        Self { day: i64::MIN, text: 0, is_plain: false }
    }

    /// Updates the text to `day`, which is counted from 2000-01-01.
    #[inline]
    pub fn renew(&mut self, day: i64, style: &Style) {
        if self.day != day {
            self.print(day, style);
        }
    }

    fn print(&mut self, day: i64, style: &Style) {
        /// Turns the ASCII zeros at the fifth and the eighth place into dashes.
        const DASHES: u64 = 0x1d00_001d_0000_0000;
        let (year, month, of_month) = civil(day);
        self.day = day;
        self.is_plain = (1..10_000).contains(&year) && !(style.java && REFORM.contains(&day));
        if self.is_plain {
            // The decimal number yyyy0mm0, whose two zeros become dashes.
            let head = (digits::eight(year as u32 * 10_000 + month * 10) | digits::ZEROS) ^ DASHES;
            let [d1, d2] = digits::two(of_month);
            let tail = u32::from_le_bytes([d1, d2, b' ', 0]);
            self.text = u128::from(head) | u128::from(tail) << 64;
        }
    }
}

/// A date that does not have the form `2024-02-29`.
pub struct OddDate {
    pub year: i64,
    month: u32,
    of_month: u32,
    before_christ: bool,
    /// What Java's rules change in it, apart from the year: bits of [`super::changed`].
    pub lost: u8,
}

impl OddDate {
    #[cold]
    pub fn new(day: i64, style: &Style) -> Self {
        let skipped = style.java && REFORM.contains(&day);
        let (year, month, of_month) = civil(if skipped { day + 10 } else { day });
        // There is no year 0: 1 BC comes before 1 AD.
        let before_christ = year < 1;
        let lost = match (style.java && before_christ, skipped) {
            (true, _) => changed::BC,
            (_, true) => changed::REFORM,
            _ => 0,
        };
        Self { year: if before_christ { 1 - year } else { year }, month, of_month, before_christ, lost }
    }

    /// Appends this date with the year given, followed by `time` and the era.
    pub fn push(&self, out: &mut Vec<u8>, year: i64, time: &str, style: &Style) {
        let era = if self.before_christ && !style.java { " BC" } else { "" };
        let text = format!("{year:04}-{:02}-{:02}{time}{era}", self.month, self.of_month);
        out.extend_from_slice(text.as_bytes());
    }
}

/// Returns the year (0 for 1 BC), the month and the day of the month of a day counted from 2000-01-01. The
/// day may be any `i32` and any day that microseconds in an `i64` can reach.
///
/// Years are counted from 1 March, so that the leap day is a year's last day. Divisions are products whose
/// upper half is the quotient and whose lower half holds the remainder (Neri and Schneider, "Euclidean affine
/// functions", 2022).
#[inline]
fn civil(day: i64) -> (i64, u32, u32) {
    const FOUR_CENTURIES: u64 = 146_097;
    /// How many times four centuries are added, which makes every day positive.
    const ERAS: u64 = 14_700;
    // 0000-03-01 is 730,425 days before 2000-01-01.
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
}
