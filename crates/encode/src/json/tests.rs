//! Tests of the encoder's interface: columns and `DataRow` bodies in, objects out. What the server writes is
//! compared with it in `tests/it/json_lines.rs`.

use proptest::prelude::*;

use super::columns::known_types;
use super::{JsonEncoding, unknown_types};
use crate::in_pieces::{pieces, text};
use crate::{Cast, CastTo, Column, Cursor, Encoder, FileEncoding, PIECE, WireFormat};

/// Returns columns with these labels and types.
fn columns(columns: &[(&str, u32)]) -> Vec<Column> {
    let column = |(label, type_oid): &(&str, u32)| Column {
        name: label.as_bytes().to_vec(),
        type_oid: *type_oid,
        type_modifier: -1,
    };
    columns.iter().map(column).collect()
}

/// Returns the body of a `DataRow` message.
fn body(cells: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = (cells.len() as u16).to_be_bytes().to_vec();
    for cell in cells {
        body.extend(cell.map_or(-1, |bytes| bytes.len() as i32).to_be_bytes());
        body.extend(cell.unwrap_or_default());
    }
    body
}

fn lines(encoding: &JsonEncoding, cells: &[Option<&[u8]>]) -> String {
    let mut out = Vec::new();
    encoding.head(&mut out);
    encoding.encoder().row(&body(cells), &mut out).unwrap();
    encoding.tail(Vec::new(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Returns the value of a type in an object.
fn value(type_oid: u32, cell: &[u8]) -> String {
    let line = lines(&JsonEncoding::new(&columns(&[("v", type_oid)]), &[]), &[Some(cell)]);
    line.strip_prefix("{\"v\":").and_then(|rest| rest.strip_suffix("}\n")).unwrap().to_owned()
}

#[test]
fn numbers_have_no_quotes_unless_they_are_not_finite() {
    assert_eq!(value(20, &(-7_i64).to_be_bytes()), "-7");
    for (type_oid, text) in [(21, "-1"), (23, "2147483647"), (1700, "0.000000100"), (1700, "-0.1")] {
        assert_eq!(value(type_oid, text.as_bytes()), text);
    }
    for text in ["NaN", "Infinity", "-Infinity"] {
        assert_eq!(value(1700, text.as_bytes()), format!("\"{text}\""));
        assert_eq!(
            value(701, &text.replace("Infinity", "inf").parse::<f64>().unwrap().to_be_bytes()),
            format!("\"{text}\"")
        );
    }
    for (number, text) in [(1e300, "1e+300"), (-0.0, "-0"), (0.1, "0.1"), (1e15, "1e+15"), (1e-5, "1e-05")] {
        assert_eq!(value(701, &f64::to_be_bytes(number)), text);
    }
    assert_eq!(value(26, &[0, 0, 0, 26]), "\"26\"", "an oid is no number to the server");
}

#[test]
fn times_are_in_iso_8601() {
    let micros = 762_525_296_789_000_i64;
    assert_eq!(value(1082, &8_825_i32.to_be_bytes()), "\"2024-02-29\"");
    assert_eq!(value(1114, &micros.to_be_bytes()), "\"2024-02-29T12:34:56.789\"");
    assert_eq!(value(1184, &micros.to_be_bytes()), "\"2024-02-29T12:34:56.789+00:00\"");
    assert_eq!(value(1184, &(micros + 211).to_be_bytes()), "\"2024-02-29T12:34:56.789211+00:00\"");
    assert_eq!(value(1184, &(micros - 789_000).to_be_bytes()), "\"2024-02-29T12:34:56+00:00\"");
    let before_christ = -746_117 * 86_400_000_000 + 500_000_i64;
    assert_eq!(value(1114, &before_christ.to_be_bytes()), "\"0044-03-15T00:00:00.5 BC\"");
    assert_eq!(value(1184, &before_christ.to_be_bytes()), "\"0044-03-15T00:00:00.5+00:00 BC\"");
    for type_oid in [1114, 1184] {
        assert_eq!(value(type_oid, &i64::MAX.to_be_bytes()), "\"infinity\"");
        assert_eq!(value(type_oid, &i64::MIN.to_be_bytes()), "\"-infinity\"");
    }
}

#[test]
fn only_what_json_requires_is_escaped() {
    assert_eq!(
        value(25, "\u{8}\u{c}\n\r\t\"\\/\u{1}\u{1f}\u{7f}\u{85}\u{2028}é😀".as_bytes()),
        "\"\\b\\f\\n\\r\\t\\\"\\\\/\\u0001\\u001f\u{7f}\u{85}\u{2028}é😀\""
    );
    assert_eq!(value(17, b"\\x00ff"), "\"\\\\x00ff\"");
    assert_eq!(value(1042, b"a    "), "\"a    \"");
}

#[test]
fn json_stays_as_it_is_but_on_one_line() {
    assert_eq!(value(114, b"{\"a\" : 1,\r\n \"a\":\"\\n\"}\n"), "{\"a\" : 1,   \"a\":\"\\n\"} ");
    assert_eq!(value(3802, b"[1, null]"), "[1, null]");
    assert_eq!(value(16, b"t"), "true");
    assert_eq!(value(16, b"f"), "false");
}

#[test]
fn labels_are_escaped_and_equal_ones_kept_with_a_warning() {
    let encoding = JsonEncoding::new(&columns(&[("a\"b\\\n", 23), ("x", 23), ("a\"b\\\n", 25)]), &[]);
    let line = lines(&encoding, &[Some(b"1"), None, Some(b"")]);
    assert_eq!(line, "{\"a\\\"b\\\\\\n\":1,\"x\":null,\"a\\\"b\\\\\\n\":\"\"}\n");
    let warnings = encoding.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("2 columns are called \"a\"b\\\n\":"), "{}", warnings[0]);
    assert_eq!(lines(&JsonEncoding::new(&[], &[]), &[]), "{}\n");
}

#[test]
fn the_server_converts_what_is_neither_known_nor_a_string() {
    let columns = columns(&[("text", 25), ("of the database", 16_400), ("ints", 1007), ("ints again", 1007)]);
    assert_eq!(unknown_types(&columns), [1007, 16_400]);
    let encoding = JsonEncoding::new(&columns, &[16_400]);
    let cast = |column| Cast { column, to: CastTo::Json };
    assert_eq!(encoding.casts(), [cast(2), cast(3)]);
    assert_eq!(encoding.formats(), [WireFormat::Text; 4]);
    let line = lines(&encoding, &[None, Some(b"a\"b"), Some(b"[1,null]"), None]);
    assert_eq!(
        line,
        "{\"text\":null,\"of the database\":\"a\\\"b\",\"ints\":[1,null],\"ints again\":null}\n"
    );
    assert_eq!(CastTo::Json.of("c1"), "pg_catalog.to_json(c1)");
}

#[test]
fn a_fault_names_the_column_and_never_the_value() {
    let mut encoder = JsonEncoding::new(&columns(&[("a", 25), ("b", 16)]), &[]).encoder();
    let error = encoder.row(&body(&[Some(b"x"), Some(b"secret")]), &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "column 2 (\"b\") cannot be read: a boolean is neither t nor f");
    let longer = [body(&[None, None]), vec![0]].concat();
    for row in [&b""[..], &[0, 1], &[0, 2, 0, 0, 0, 9, 1], &longer] {
        assert!(encoder.row(row, &mut Vec::new()).is_err());
    }
}

#[test]
fn a_long_string_needs_no_more_room_than_is_given() {
    for (type_oid, byte) in [(25, b'x'), (25, b'"'), (25, 1), (114, b'\n'), (16_400, b'x')] {
        let long = vec![byte; 50 * PIECE];
        let mut encoder = JsonEncoding::new(&columns(&[("a", type_oid), ("b", 25)]), &[]).encoder();
        let pieces = pieces(&mut encoder, &body(&[Some(&long), Some(&long)]), 2 * PIECE);
        assert!(pieces.len() >= 50);
        assert!(pieces.iter().all(|piece| piece.len() <= 2 * PIECE), "{type_oid} {byte}");
    }
}

#[test]
fn a_row_that_is_cut_off_is_refused_in_pieces_too() {
    let long = vec![b'x'; 3 * PIECE];
    let mut encoder = JsonEncoding::new(&columns(&[("a", 25), ("b", 25)]), &[]).encoder();
    let body = body(&[Some(&long), Some(&long)]);
    let error = encoder.piece(&body[..body.len() - 1], &mut Cursor::default(), &mut Vec::new()).unwrap_err();
    assert_eq!((error.column, error.label.as_str()), (2, "b"));
}

proptest! {
    #[test]
    fn a_row_in_pieces_is_the_row(
        texts in prop::collection::vec(text(), 4),
        number in prop::option::of(any::<i64>()),
        room in PIECE..4 * PIECE,
    ) {
        // What the server converts is JSON of any bytes to the encoder.
        let columns = columns(&[("text", 25), ("a \"longer\" label", 20), ("json", 114), ("bits", 1560), ("c", 16_400)]);
        let number = number.map(i64::to_be_bytes);
        let text = |i: usize| texts[i].as_deref();
        let body = body(&[text(0), number.as_ref().map(|bytes| &bytes[..]), text(1), text(2), text(3)]);
        let mut encoder = JsonEncoding::new(&columns, &[]).encoder();
        let mut whole = Vec::new();
        encoder.row(&body, &mut whole).unwrap();
        let pieces = pieces(&mut encoder, &body, room);
        prop_assert!(pieces.concat() == whole);
        prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
    }

    /// An independent reader finds every text, in keys and values.
    #[test]
    fn texts_read_back(label in any::<String>(), text in any::<String>()) {
        let line = lines(&JsonEncoding::new(&columns(&[(&label, 25)]), &[]), &[Some(text.as_bytes())]);
        prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(read, serde_json::json!({ label: text }));
    }

    #[test]
    fn any_body_is_a_line_or_an_error(types in prop::collection::vec(prop::sample::select(known_types()), 0..4),
                                      bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let types: Vec<_> = types.into_iter().map(|oid| ("v", oid)).collect();
        let row = [&(types.len() as u16).to_be_bytes()[..], &bytes].concat();
        let mut out = b"before\n".to_vec();
        if JsonEncoding::new(&columns(&types), &[]).encoder().row(&row, &mut out).is_err() {
            prop_assert_eq!(out, b"before\n");
        } else {
            let is_object = out.starts_with(b"before\n{") && out.ends_with(b"}\n");
            prop_assert!(is_object);
        }
    }

    #[test]
    fn any_cell_is_a_value_or_an_error(type_oid in prop::sample::select(known_types()),
                                       cell in prop::collection::vec(any::<u8>(), 0..70)) {
        let mut out = b"before\n".to_vec();
        let encoding = JsonEncoding::new(&columns(&[("a", 25), ("b", type_oid)]), &[]);
        if let Err(error) = encoding.encoder().row(&body(&[Some(b"x"), Some(&cell)]), &mut out) {
            prop_assert_eq!((error.column, error.label.as_str()), (2, "b"));
            prop_assert_eq!(out, b"before\n");
        }
    }
}
