//! Formats figures for people.

use chrono::{DateTime, NaiveDate, Utc};

/// Formats bytes: `1.5 GiB`.
pub(crate) fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes.max(0.0);
    let mut unit = 0;
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", short(value), UNITS[unit])
}

/// Formats GiB: `1.5 TiB`.
pub(crate) fn gib(gib: f64) -> String {
    bytes(gib * 1024.0 * 1024.0 * 1024.0)
}

/// Formats a number with three significant digits, or as a whole number from 100 on: `1.25`, `12.5`, `1250`.
pub(crate) fn short(value: f64) -> String {
    let digits = match value.abs() {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    if digits > 0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Formats a count: `1.5 million`.
pub(crate) fn count(value: f64) -> String {
    match value.abs() {
        value if value >= 999.5e6 => format!("{} billion", short(value / 1e9)),
        value if value >= 999_950.0 => format!("{} million", short(value / 1e6)),
        value if value >= 9_999.5 => format!("{} thousand", short(value / 1e3)),
        _ => short(value.round()),
    }
}

/// Formats a duration in a single unit: `3 h`, `2 days`.
pub(crate) fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    let (value, unit) = match seconds {
        s if s < 0.9995 => return format!("{} ms", short((s * 1000.0).round())),
        s if s < 99.5 => (s, "s"),
        s if s < 99.5 * 60.0 => (s / 60.0, "min"),
        s if s < 47.5 * 3600.0 => (s / 3600.0, "h"),
        s => (s / 86_400.0, "days"),
    };
    let value = if unit == "s" && value < 9.95 { short(value) } else { format!("{value:.0}") };
    format!("{value} {unit}")
}

/// Formats a time: `2026-11-28 17:20 UTC`.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns the number of days from today to `day`.
pub(crate) fn days_until(day: NaiveDate, now: DateTime<Utc>) -> i64 {
    (day - now.date_naive()).num_days()
}

/// Formats a count with the singular or plural given: `1 day`, `2 days`.
pub(crate) fn many(count: usize, one: &str, more: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {more}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        for (value, expected) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1000.0, "1000 B"),
            (1536.0, "1.5 KiB"),
            (17_179_869_184.0, "16 GiB"),
            (1.3e12, "1.18 TiB"),
            (-5.0, "0 B"),
        ] {
            assert_eq!(bytes(value), expected);
        }
        assert_eq!(gib(20_480.0), "20 TiB");
    }

    #[test]
    fn counts_and_spans() {
        for (value, expected) in
            [(0.0, "0"), (12.4, "12"), (1500.0, "1500"), (15_000.0, "15 thousand"), (2.5e6, "2.5 million")]
        {
            assert_eq!(count(value), expected);
        }
        assert_eq!(count(1.2e9), "1.2 billion");
        for (value, expected) in [
            (0.02, "20 ms"),
            (2.5, "2.5 s"),
            (45.0, "45 s"),
            (300.0, "5 min"),
            (7200.0, "2 h"),
            (90_000.0, "25 h"),
            (864_000.0, "10 days"),
        ] {
            assert_eq!(span(value), expected);
        }
    }
}
