//! Compares values of every type with independent implementations: the standard library, chrono and
//! arithmetic.

use chrono::{Datelike, Duration, NaiveDate, Timelike};
use proptest::prelude::*;

use super::field;
use crate::csv::{CsvOptions, Dialect};

fn both(type_oid: u32, cell: &[u8]) -> (String, String) {
    let print = |dialect| field(type_oid, &CsvOptions::for_dialect(dialect), cell);
    (print(Dialect::Java), print(Dialect::Postgres))
}

fn same(text: impl Into<String>) -> (String, String) {
    let text = text.into();
    (text.clone(), text)
}

/// Returns a fraction with its point and without trailing zeros, or an empty text for 0.
fn fraction(micros: u32) -> String {
    if micros == 0 { String::new() } else { format!(".{}", format!("{micros:06}").trim_end_matches('0')) }
}

/// Returns the server's text of a number below 2^53 (2^24 for float4). It has as many digits as Rust's
/// shortest text, but ends with an even digit where two texts are equally near. `print` prints the number
/// with that many digits after the point, in scientific and in plain notation.
fn server_float(
    shortest: &str,
    digits: i32,
    reads_back: impl Fn(&str) -> bool,
    print: [&dyn Fn(usize) -> String; 2],
) -> String {
    let (mantissa, exponent) = shortest.split_once('e').unwrap();
    let places = mantissa.trim_start_matches('-').len().saturating_sub(2);
    let even = print[0](places);
    let scientific = if reads_back(&even) { even } else { shortest.to_owned() };
    let (mantissa, exponent): (_, i32) = (scientific.split_once('e').unwrap().0, exponent.parse().unwrap());
    if (-4..digits).contains(&exponent) {
        return print[1]((places as i32 - exponent).max(0) as usize);
    }
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

proptest! {
    #[test]
    fn whole_numbers(n in any::<i64>(), shift in 0..64_u32) {
        let n = n >> shift;
        prop_assert_eq!(both(20, &n.to_be_bytes()), same(n.to_string()));
        prop_assert_eq!(both(23, n.to_string().as_bytes()), same(n.to_string()));
        prop_assert_eq!(both(26, &(n as u32).to_be_bytes()), same((n as u32).to_string()));
    }

    #[test]
    fn booleans(value in any::<bool>()) {
        prop_assert_eq!(both(16, &value.to_string().as_bytes()[..1]), (value.to_string(), value.to_string()[..1].to_owned()));
    }

    #[test]
    fn float8_below_2_to_the_53(bits in any::<u64>(), plain in -1e16..1e16_f64, small in -1e3..1e3_f64) {
        for n in [f64::from_bits(bits), plain, small, plain.trunc(), (plain * 4.0).trunc() / 4.0] {
            if n.is_finite() && n.abs() < 9_007_199_254_740_992.0 && n != 0.0 {
                let expected = server_float(&format!("{n:e}"), 15, |text| text.parse() == Ok(n), [&|p| format!("{n:.p$e}"), &|p| format!("{n:.p$}")]);
                prop_assert_eq!(both(701, &n.to_be_bytes()).1, expected);
            }
        }
    }

    #[test]
    fn float4_below_2_to_the_24(bits in any::<u32>(), plain in -2e7..2e7_f32) {
        for n in [f32::from_bits(bits), plain, plain.trunc(), (plain * 4.0).trunc() / 4.0] {
            if n.is_finite() && n.abs() < 16_777_216.0 && n != 0.0 {
                let expected = server_float(&format!("{n:e}"), 6, |text| text.parse() == Ok(n), [&|p| format!("{n:.p$e}"), &|p| format!("{n:.p$}")]);
                prop_assert_eq!(both(700, &n.to_be_bytes()).1, expected);
            }
        }
    }

    /// In both dialects the printed text reads back as the same number.
    #[test]
    fn floats_read_back(bits in any::<u64>()) {
        let (wide, narrow) = (f64::from_bits(bits), f32::from_bits(bits as u32));
        let texts = both(701, &wide.to_be_bytes());
        if !wide.is_nan() {
            prop_assert_eq!((texts.0.parse(), texts.1.parse()), (Ok(wide), Ok(wide)));
        }
        let texts = both(700, &narrow.to_be_bytes());
        if !narrow.is_nan() {
            prop_assert_eq!((texts.0.parse(), texts.1.parse()), (Ok(narrow), Ok(narrow)));
        }
    }

    /// From 1582-10-15 to 9999-12-31 both dialects print the dates of the Gregorian calendar.
    #[test]
    fn everyday_dates(day in -152_384..2_921_940_i64, micros in 0..86_400_000_000_i64, precision in 0..7_u32) {
        let date = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Duration::days(day);
        let text = format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
        prop_assert_eq!(both(1082, &(day as i32).to_be_bytes()), same(&text));

        let unit = 10_i64.pow(6 - precision);
        let micros = micros / unit * unit;
        let moment = date.and_hms_opt(0, 0, 0).unwrap() + Duration::microseconds(micros);
        let fraction = fraction(moment.nanosecond() / 1000);
        let clock = format!("{:02}:{:02}:{:02}", moment.hour(), moment.minute(), moment.second());
        let java = if fraction.is_empty() { ".0" } else { &fraction };
        let cell = (day * 86_400_000_000 + micros).to_be_bytes();
        let java = format!("{text} {clock}{java}");
        prop_assert_eq!(both(1114, &cell), (java.clone(), format!("{text} {clock}{fraction}")));
        prop_assert_eq!(both(1184, &cell), (java, format!("{text} {clock}{fraction}+00")));
        prop_assert_eq!(both(1083, &micros.to_be_bytes()), (clock.clone(), format!("{clock}{fraction}")));
    }

    /// Before the Gregorian reform, before Christ and after 9999 the server prints proleptic Gregorian dates.
    /// Java omits the era and prints only the last four digits of a date's year.
    #[test]
    fn dates_of_other_ages(day in prop_oneof![-2_451_507..-152_395_i32, 2_921_940..80_000_000_i32]) {
        let date = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Duration::days(day.into());
        let (christian, year) = date.year_ce();
        let rest = format!("-{:02}-{:02}", date.month(), date.day());
        let era = if christian { "" } else { " BC" };
        let (java, server) = both(1082, &day.to_be_bytes());
        prop_assert_eq!(server, format!("{year:04}{rest}{era}"));
        prop_assert_eq!(java, format!("{:04}{rest}", year % 10_000));

        let (java, server) = both(1114, &(i64::from(day) * 86_400_000_000).to_be_bytes());
        prop_assert_eq!(server, format!("{year:04}{rest} 00:00:00{era}"));
        prop_assert_eq!(java, format!("{year:04}{rest} 00:00:00.0"));
    }

    #[test]
    fn times_with_a_zone(micros in 0..=86_400_000_000_i64, west in -57_599..57_600_i32) {
        let cell = [&micros.to_be_bytes()[..], &west.to_be_bytes()].concat();
        let (java, server) = both(1266, &cell);
        let utc = (micros + i64::from(west) * 1_000_000).rem_euclid(86_400_000_000) / 1_000_000;
        prop_assert_eq!(java, format!("{:02}:{:02}:{:02}", utc / 3600, utc / 60 % 60, utc % 60));
        let zone = west.abs();
        let mut offset = format!("{:02}:{:02}:{:02}", zone / 3600, zone / 60 % 60, zone % 60);
        while let Some(shorter) = offset.strip_suffix(":00") {
            offset = shorter.to_owned();
        }
        prop_assert!(server.ends_with(&format!("{}{offset}", if west > 0 { '-' } else { '+' })), "{server}");
    }

    #[test]
    fn intervals(micros in any::<i64>(), shift in 0..64_u32, days in any::<i32>(), months in any::<i32>()) {
        let micros = micros >> shift;
        let cell = [&micros.to_be_bytes()[..], &days.to_be_bytes(), &months.to_be_bytes()].concat();
        let sign = if micros < 0 { "-" } else { "" };
        let rest = micros.unsigned_abs();
        let (seconds, fraction) = (rest / 1_000_000 % 60, format!("{:06}", rest % 1_000_000));
        let fraction = fraction.trim_end_matches('0');
        let signed = |n: u64| if n == 0 { "0".to_owned() } else { format!("{sign}{n}") };
        let expected = format!(
            "{} years {} mons {days} days {} hours {} mins {}{seconds}.{} secs",
            months / 12, months % 12, signed(rest / 3_600_000_000), signed(rest / 60_000_000 % 60),
            if rest % 60_000_000 == 0 { "" } else { sign }, if fraction.is_empty() { "0" } else { fraction },
        );
        prop_assert_eq!(field(1186, &CsvOptions::for_dialect(Dialect::Java), &cell), expected);
    }

    #[test]
    fn uuids(bits in any::<u128>()) {
        let hex = format!("{bits:032x}");
        let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
        prop_assert_eq!(both(2950, &bits.to_be_bytes()), same(text));
    }

    /// `BigDecimal.toString()` writes an exponent if the adjusted exponent is below -6.
    #[test]
    fn numerics(negative in any::<bool>(), unscaled in "0|[1-9][0-9]{0,25}", scale in 0..60_usize) {
        let padded = format!("{unscaled:0>width$}", width = scale + 1);
        let (whole, places) = padded.split_at(padded.len() - scale);
        let sign = if negative && unscaled != "0" { "-" } else { "" };
        let server = if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{places}") };
        let adjusted = unscaled.len() as i32 - 1 - scale as i32;
        let expected = if adjusted >= -6 {
            server.clone()
        } else if unscaled.len() == 1 {
            format!("{sign}{unscaled}E{adjusted}")
        } else {
            format!("{sign}{}.{}E{adjusted}", &unscaled[..1], &unscaled[1..])
        };
        prop_assert_eq!(both(1700, server.as_bytes()), (expected, server));
    }
}
