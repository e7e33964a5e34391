//! Tests of headers, equal labels and results without columns.

use super::{body, columns};
use crate::csv::{CsvEncoding, CsvOptions, Dialect};
use crate::{Column, Encoder, FileEncoding};

fn labelled(labels: &[&str]) -> Vec<Column> {
    let column = |label: &&str| Column { name: label.as_bytes().to_vec(), type_oid: 25, type_modifier: -1 };
    labels.iter().map(column).collect()
}

fn file(dialect: Dialect, labels: &[&str], cells: &[Option<&[u8]>]) -> (String, Vec<String>) {
    let encoding = CsvEncoding::new(&labelled(labels), &CsvOptions::for_dialect(dialect));
    let mut out = Vec::new();
    encoding.head(&mut out);
    encoding.encoder().row(&body(cells), &mut out).unwrap();
    (String::from_utf8(out).unwrap(), encoding.warnings())
}

#[test]
fn java_keeps_the_first_place_and_the_last_value_of_equal_labels() {
    let cells = [Some(&b"1"[..]), Some(b"2"), None, Some(b"4")];
    let (text, warnings) = file(Dialect::Java, &["a", "b", "a", "A"], &cells);
    assert_eq!(text, "\"a\",\"b\",\"A\"\n\"\",\"2\",\"4\"\n");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("2 columns are called \"a\""), "{}", warnings[0]);

    let (text, warnings) = file(Dialect::Postgres, &["a", "b", "a", "A"], &cells);
    assert_eq!(text, "a,b,a,A\n1,2,,4\n");
    assert!(warnings.is_empty());
}

#[test]
fn the_widest_result_of_unnamed_columns_is_one_column_to_java() {
    let cells: Vec<_> = (0..1664).map(|i| i.to_string().into_bytes()).collect();
    let cells: Vec<_> = cells.iter().map(|cell| Some(&cell[..])).collect();
    let labels = vec!["?column?"; 1664];
    assert_eq!(file(Dialect::Java, &labels, &cells).0, "\"?column?\"\n\"1663\"\n");
    assert_eq!(file(Dialect::Postgres, &labels, &cells).0.matches(',').count(), 2 * 1663);
}

#[test]
fn every_column_has_a_format_also_one_that_collapses_away() {
    let mut columns = columns(&[701, 25, 1700]);
    columns[2].name = b"c1".to_vec();
    let encoding = CsvEncoding::new(&columns, &CsvOptions::for_dialect(Dialect::Java));
    assert_eq!(encoding.formats().len(), 3);
}

#[test]
fn labels_are_quoted_as_values_are() {
    let cells = [Some(&b"x"[..]), Some(b"y")];
    assert_eq!(file(Dialect::Java, &["a\"b", "c,d"], &cells).0, "\"a\"\"b\",\"c,d\"\n\"x\",\"y\"\n");
    assert_eq!(file(Dialect::Postgres, &["a\"b", "c d"], &cells).0, "\"a\"\"b\",c d\nx,y\n");
}

#[test]
fn without_columns_header_and_rows_are_empty_lines() {
    for dialect in [Dialect::Java, Dialect::Postgres] {
        assert_eq!(file(dialect, &[], &[]).0, "\n\n");
    }
}
