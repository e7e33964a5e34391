//! Values that dialect `java` changes are counted, once a column.

use super::{body, columns};
use crate::csv::{CsvEncoding, CsvOptions, Dialect};
use crate::{Encoder, FileEncoding};

const DAY: i64 = 86_400_000_000;

/// Returns the warnings of a file with one column of a type, its rows shared by two readers.
fn warnings(dialect: Dialect, type_oid: u32, cells: &[Vec<u8>]) -> Vec<String> {
    let encoding = CsvEncoding::new(&columns(&[type_oid]), &CsvOptions::for_dialect(dialect));
    let mut encoders = [encoding.encoder(), encoding.encoder()];
    for (i, cell) in cells.iter().enumerate() {
        encoders[i % 2].row(&body(&[Some(cell)]), &mut Vec::new()).unwrap();
    }
    for mut encoder in encoders {
        encoder.end_unit().unwrap();
        // What a reader has said once is not counted again.
        encoder.end_unit().unwrap();
    }
    encoding.warnings()
}

fn date(days: &[i32]) -> Vec<Vec<u8>> {
    days.iter().map(|day| day.to_be_bytes().to_vec()).collect()
}

fn micros(values: &[i64]) -> Vec<Vec<u8>> {
    values.iter().map(|value| value.to_be_bytes().to_vec()).collect()
}

fn timetz(values: &[(i64, i32)]) -> Vec<Vec<u8>> {
    values.iter().map(|(time, west)| [&time.to_be_bytes()[..], &west.to_be_bytes()].concat()).collect()
}

#[test]
fn every_loss_is_counted_with_its_kinds() {
    for (type_oid, cells, count, lost) in [
        (1082, date(&[0, -730_120, i32::MAX, i32::MIN, 2_921_940]), 4, "BC, years above 9999, infinity"),
        (1082, date(&[-152_394, -152_385]), 2, "days of October 1582"),
        (1114, micros(&[0, -730_120 * DAY, i64::MAX]), 2, "BC, infinity"),
        (1184, micros(&[-152_385 * DAY, i64::MIN]), 2, "days of October 1582, infinity"),
        (1083, micros(&[0, 500_000, DAY, 1]), 3, "the fraction of seconds, 24:00:00"),
        (1266, timetz(&[(0, 0), (500_000, -3_600), (0, 1)]), 2, "the fraction of seconds, the offset"),
    ] {
        let expected = format!(
            "{count} values of column \"c1\" were changed as the Java extractor changes them (lost: {lost}): choose \
             csv.dialect postgres to keep them"
        );
        assert_eq!(warnings(Dialect::Java, type_oid, &cells), [expected]);
        assert!(warnings(Dialect::Postgres, type_oid, &cells).is_empty());
    }
}

#[test]
fn one_change_is_told_in_the_singular() {
    let told = warnings(Dialect::Java, 1083, &micros(&[1]));
    assert!(
        told[0].starts_with("1 value of column \"c1\" was changed as the Java extractor changes it "),
        "{told:?}"
    );
    assert!(told[0].ends_with(" to keep it"), "{told:?}");
}

#[test]
fn what_java_keeps_is_no_loss() {
    // A timestamp keeps its fraction and its year above 9999.
    let kept = micros(&[0, 1, 2_921_940 * DAY, -152_395 * DAY]);
    assert!(warnings(Dialect::Java, 1114, &kept).is_empty());
    assert!(warnings(Dialect::Java, 1184, &kept).is_empty());
    assert!(warnings(Dialect::Java, 1082, &date(&[0, -152_395, 2_921_939])).is_empty());
    assert!(warnings(Dialect::Java, 1083, &micros(&[0, DAY - 1_000_000])).is_empty());
    assert!(warnings(Dialect::Java, 1266, &timetz(&[(0, 0)])).is_empty());
}
