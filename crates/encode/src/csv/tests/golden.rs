//! Converts values of the golden files in `tests/parity` to cells and checks that they print as they were.

use chrono::{NaiveDate, NaiveDateTime};

use super::field;
use crate::csv::{CsvOptions, Dialect};

/// Returns a column of a golden file without its NULLs.
fn golden(name: &str, column: usize) -> Vec<String> {
    let path = format!("{}/../../tests/parity/golden/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    let values: Vec<_> = reader.records().map(|record| record.unwrap()[column].to_owned()).collect();
    assert!(values.len() > 4, "{name} has few values");
    values.into_iter().filter(|value| !value.is_empty()).collect()
}

fn assert_prints(type_oid: u32, cell: &[u8], expected: &str) {
    assert_eq!(field(type_oid, &CsvOptions::for_dialect(Dialect::Java), cell), expected);
}

#[test]
fn floats() {
    for text in golden("float8s", 1) {
        assert_prints(701, &text.parse::<f64>().unwrap().to_be_bytes(), &text);
    }
    for text in golden("float4s", 1) {
        assert_prints(700, &text.parse::<f32>().unwrap().to_be_bytes(), &text);
    }
}

#[test]
fn dates_and_timestamps() {
    let epoch = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
    for text in golden("timestamps_bulk", 1) {
        let day = (NaiveDate::parse_from_str(&text, "%Y-%m-%d").unwrap() - epoch).num_days() as i32;
        assert_prints(1082, &day.to_be_bytes(), &text);
    }
    for (column, type_oid) in [(2, 1114), (3, 1184)] {
        for text in golden("timestamps_bulk", column) {
            let moment = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").unwrap();
            let micros = (moment - epoch.and_hms_opt(0, 0, 0).unwrap()).num_microseconds().unwrap();
            assert_prints(type_oid, &micros.to_be_bytes(), &text);
        }
    }
}

#[test]
fn intervals() {
    for text in golden("intervals", 1) {
        let words: Vec<_> = text.split(' ').collect();
        let whole = |i: usize| words[i].parse::<i64>().unwrap();
        let (seconds, fraction) = words[10].split_once('.').unwrap();
        let sign = if seconds.starts_with('-') { -1 } else { 1 };
        let fraction = sign * format!("{fraction:0<6}").parse::<i64>().unwrap();
        let micros =
            (whole(6) * 3600 + whole(8) * 60 + seconds.parse::<i64>().unwrap()) * 1_000_000 + fraction;
        let months = (whole(0) * 12 + whole(2)) as i32;
        let cell =
            [&micros.to_be_bytes()[..], &(whole(4) as i32).to_be_bytes(), &months.to_be_bytes()].concat();
        assert_prints(1186, &cell, &text);
    }
}

#[test]
fn uuids() {
    for text in golden("uuids", 1) {
        let cell = u128::from_str_radix(&text.replace('-', ""), 16).unwrap().to_be_bytes();
        assert_prints(2950, &cell, &text);
    }
}
