//! Tests of the encoder's interface: columns and `DataRow` bodies in, files out, which the reader of the crate parquet reads
//! back. Other readers are in `tests/it/parquet.rs`.

use std::num::NonZeroU64;

use ::parquet::basic::Compression as Codec;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;
use ::parquet::schema::printer::print_schema;
use bytes::Bytes;
use proptest::prelude::*;

use super::decimal;
use super::mapping::known_types;
use super::misfit::Misfit;
use super::options::{Arrays, Compression, Decimal, Json, ParquetOptions, Unrepresentable, Uuids};
use super::{ParquetEncoding, RowGroup};
use crate::{CellErrorKind, Column, Encoder, FileEncoding, PIECE, Placed, WireFormat};

type Cells<'a> = &'a [Option<&'a [u8]>];

/// Returns columns with these labels, types and modifiers.
fn columns(columns: &[(&str, u32, i32)]) -> Vec<Column> {
    let column = |(label, type_oid, type_modifier): &(&str, u32, i32)| Column {
        name: label.as_bytes().to_vec(),
        type_oid: *type_oid,
        type_modifier: *type_modifier,
    };
    columns.iter().map(column).collect()
}

/// Returns the body of a `DataRow` message.
fn body(cells: Cells<'_>) -> Vec<u8> {
    let mut body = (cells.len() as u16).to_be_bytes().to_vec();
    for cell in cells {
        body.extend(cell.map_or(-1, |bytes| bytes.len() as i32).to_be_bytes());
        body.extend(cell.unwrap_or_default());
    }
    body
}

/// Ends a row group and appends it to a file.
fn end(encoder: &mut impl Encoder<Unit = RowGroup>, file: &mut Vec<u8>, units: &mut Vec<Placed<RowGroup>>) {
    let offset = file.len() as u64;
    units.extend(encoder.end_unit().unwrap().map(|unit| Placed { offset, unit }));
    loop {
        file.reserve(PIECE);
        if encoder.drain(file) {
            break;
        }
    }
}

fn file(encoding: &ParquetEncoding, rows: &[Cells<'_>]) -> Vec<u8> {
    let (mut file, mut units) = (Vec::new(), Vec::new());
    encoding.head(&mut file);
    let mut encoder = encoding.encoder();
    for row in rows {
        encoder.row(&body(row), &mut file).unwrap();
    }
    end(&mut encoder, &mut file, &mut units);
    encoding.tail(units, &mut file).unwrap();
    file
}

fn reader(file: Vec<u8>) -> SerializedFileReader<Bytes> {
    SerializedFileReader::new(Bytes::from(file)).unwrap()
}

fn rows(file: Vec<u8>) -> Vec<Vec<Field>> {
    let reader = reader(file);
    let rows = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    rows.map(|row| row.get_column_iter().map(|(_, field)| field.clone()).collect()).collect()
}

fn schema(file: Vec<u8>) -> String {
    let mut text = Vec::new();
    print_schema(&mut text, reader(file).metadata().file_metadata().schema());
    String::from_utf8(text).unwrap()
}

/// Returns what a value of a type becomes, or why it becomes nothing.
fn value_of(
    options: &ParquetOptions,
    type_oid: u32,
    modifier: i32,
    cell: &[u8],
) -> Result<Field, &'static str> {
    let encoding = ParquetEncoding::new(&columns(&[("v", type_oid, modifier)]), options).unwrap();
    encoding.encoder().row(&body(&[Some(cell)]), &mut Vec::new()).map_err(|error| {
        assert_eq!((error.kind, error.column, &error.label[..]), (CellErrorKind::Unrepresentable, 1, "v"));
        error.reason
    })?;
    Ok(rows(file(&encoding, &[&[Some(cell)]])).remove(0).remove(0))
}

fn value(type_oid: u32, cell: &[u8]) -> Result<Field, &'static str> {
    value_of(&ParquetOptions::default(), type_oid, -1, cell)
}

/// Returns a numeric in binary format, and its modifier in a column of this precision and scale.
fn numeric(text: &str) -> Vec<u8> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (whole, behind) = text.split_once('.').unwrap_or((text, ""));
    let whole = "0".repeat(whole.len().next_multiple_of(4) - whole.len()) + whole;
    let padded = behind.to_owned() + &"0".repeat(behind.len().next_multiple_of(4) - behind.len());
    let digits: Vec<i16> = (whole.clone() + &padded)
        .as_bytes()
        .chunks(4)
        .map(|four| std::str::from_utf8(four).unwrap().parse().unwrap())
        .collect();
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    let kept = digits.iter().rposition(|digit| *digit != 0).map_or(&[][..], |last| &digits[leading..=last]);
    let weight = if kept.is_empty() { 0 } else { whole.len() as i16 / 4 - 1 - leading as i16 };
    let head = [kept.len() as i16, weight, if negative { 0x4000 } else { 0 }, behind.len() as i16];
    head.iter().chain(kept).flat_map(|word| word.to_be_bytes()).collect()
}

const fn modifier(precision: i32, scale: i32) -> i32 {
    ((precision << 16) | (scale & 0x7ff)) + 4
}

#[test]
fn each_type_has_its_parquet_type() {
    let types = columns(&[
        ("bool", 16, -1),
        ("int2", 21, -1),
        ("int4", 23, -1),
        ("int8", 20, -1),
        ("oid", 26, -1),
        ("float4", 700, -1),
        ("float8", 701, -1),
        ("n9", 1700, modifier(9, 2)),
        ("n18", 1700, modifier(18, 0)),
        ("n38", 1700, modifier(38, 38)),
        ("numeric", 1700, -1),
        ("n39", 1700, modifier(39, 2)),
        ("negative", 1700, modifier(5, -2)),
        ("larger", 1700, modifier(2, 5)),
        ("date", 1082, -1),
        ("time", 1083, -1),
        ("timestamp", 1114, -1),
        ("timestamptz", 1184, -1),
        ("uuid", 2950, -1),
        ("json", 114, -1),
        ("jsonb", 3802, -1),
        ("bytea", 17, -1),
        ("text", 25, -1),
        ("interval", 1186, -1),
        ("inet", 869, -1),
        ("ints", 1007, -1),
        ("enum", 16_384, -1),
    ]);
    let encoding = ParquetEncoding::new(&types, &ParquetOptions::default()).unwrap();
    assert_eq!(
        schema(file(&encoding, &[])),
        "message schema {
  OPTIONAL BOOLEAN bool;
  OPTIONAL INT32 int2 (INTEGER(16,true));
  OPTIONAL INT32 int4;
  OPTIONAL INT64 int8;
  OPTIONAL INT64 oid;
  OPTIONAL FLOAT float4;
  OPTIONAL DOUBLE float8;
  OPTIONAL INT32 n9 (DECIMAL(9,2));
  OPTIONAL INT64 n18 (DECIMAL(18,0));
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) n38 (DECIMAL(38,38));
  OPTIONAL BYTE_ARRAY numeric (STRING);
  OPTIONAL BYTE_ARRAY n39 (STRING);
  OPTIONAL BYTE_ARRAY negative (STRING);
  OPTIONAL BYTE_ARRAY larger (STRING);
  OPTIONAL INT32 date (DATE);
  OPTIONAL INT64 time (TIME(MICROS,false));
  OPTIONAL INT64 timestamp (TIMESTAMP(MICROS,false));
  OPTIONAL INT64 timestamptz (TIMESTAMP(MICROS,true));
  OPTIONAL BYTE_ARRAY uuid (STRING);
  OPTIONAL BYTE_ARRAY json (STRING);
  OPTIONAL BYTE_ARRAY jsonb (STRING);
  OPTIONAL BYTE_ARRAY bytea;
  OPTIONAL BYTE_ARRAY text (STRING);
  OPTIONAL BYTE_ARRAY interval (STRING);
  OPTIONAL BYTE_ARRAY inet (STRING);
  OPTIONAL BYTE_ARRAY ints (STRING);
  OPTIONAL BYTE_ARRAY enum (STRING);
}
"
    );
    let binary = encoding.formats().iter().filter(|format| **format == WireFormat::Binary).count();
    assert_eq!(binary, 17, "the server need not print them");

    let options = ParquetOptions {
        uuids: Uuids::Native,
        arrays: Arrays::List,
        json: Json::Json,
        numeric: Decimal::new(38, 9),
        ..ParquetOptions::default()
    };
    let chosen = columns(&[
        ("uuid", 2950, -1),
        ("json", 114, -1),
        ("jsonb", 3802, -1),
        ("numeric", 1700, -1),
        ("own", 1700, modifier(4, 2)),
        ("ints", 1007, -1),
        ("jsons", 3807, -1),
        ("numerics", 1231, modifier(4, 2)),
        ("intervals", 1187, -1),
        ("enums", 16_400, -1),
    ]);
    let encoding = ParquetEncoding::new(&chosen, &options).unwrap();
    assert_eq!(
        schema(file(&encoding, &[])),
        "message schema {
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) uuid (UUID);
  OPTIONAL BYTE_ARRAY json (JSON);
  OPTIONAL BYTE_ARRAY jsonb (JSON);
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) numeric (DECIMAL(38,9));
  OPTIONAL INT32 own (DECIMAL(4,2));
  OPTIONAL group ints (LIST) {
    REPEATED group list {
      OPTIONAL INT32 element;
    }
  }
  OPTIONAL group jsons (LIST) {
    REPEATED group list {
      OPTIONAL BYTE_ARRAY element (JSON);
    }
  }
  OPTIONAL group numerics (LIST) {
    REPEATED group list {
      OPTIONAL INT32 element (DECIMAL(4,2));
    }
  }
  OPTIONAL BYTE_ARRAY intervals (STRING);
  OPTIONAL BYTE_ARRAY enums (STRING);
}
"
    );
}

#[test]
fn values_keep_their_meaning() {
    assert_eq!(value(16, &[1]), Ok(Field::Bool(true)));
    assert_eq!(value(21, &i16::MIN.to_be_bytes()), Ok(Field::Short(i16::MIN)));
    assert_eq!(value(23, &7_i32.to_be_bytes()), Ok(Field::Int(7)));
    assert_eq!(value(20, &i64::MIN.to_be_bytes()), Ok(Field::Long(i64::MIN)));
    assert_eq!(value(26, &u32::MAX.to_be_bytes()), Ok(Field::Long(4_294_967_295)));
    assert_eq!(value(701, &f64::INFINITY.to_be_bytes()), Ok(Field::Double(f64::INFINITY)));
    assert!(matches!(value(700, &f32::NAN.to_be_bytes()), Ok(Field::Float(number)) if number.is_nan()));
    assert_eq!(value(1082, &0_i32.to_be_bytes()), Ok(Field::Date(10_957)), "2000-01-01");
    assert_eq!(value(1083, &(86_400_000_000 - 1_i64).to_be_bytes()), Ok(Field::TimeMicros(86_399_999_999)));
    assert_eq!(value(1114, &0_i64.to_be_bytes()), Ok(Field::TimestampMicros(946_684_800_000_000)));
    let last = i64::MAX - 946_684_800_000_000;
    assert_eq!(value(1184, &last.to_be_bytes()), Ok(Field::TimestampMicros(i64::MAX)));
    let uuid = *b"\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11";
    assert_eq!(value(2950, &uuid), Ok(Field::Str("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".to_owned())));
    assert_eq!(value(17, b"\0\xff"), Ok(Field::Bytes(vec![0, 0xff].into())));
    assert_eq!(value(25, "é".as_bytes()), Ok(Field::Str("é".to_owned())));
    assert_eq!(value(16_384, b""), Ok(Field::Str(String::new())));
    let encoding =
        ParquetEncoding::new(&columns(&[("a", 25, -1), ("b", 23, -1)]), &ParquetOptions::default()).unwrap();
    assert_eq!(rows(file(&encoding, &[&[None, None]])), [[Field::Null, Field::Null]]);
}

#[test]
fn what_a_type_does_not_have_is_an_error_or_null() {
    let many = numeric("1000.5");
    let not_a_number = [0, 0, 0, 0, 0xc0, 0, 0, 0];
    let odd: &[(u32, i32, &[u8], &str)] = &[
        (1082, -1, &i32::MAX.to_be_bytes(), "an infinite date"),
        (1114, -1, &i64::MIN.to_be_bytes(), "an infinite timestamp"),
        (1184, -1, &(i64::MAX - 1).to_be_bytes(), "a timestamp after 294247-01-10 04:00:54.775807"),
        (1083, -1, &86_400_000_000_i64.to_be_bytes(), "the time 24:00:00"),
        (1700, modifier(10, 2), &not_a_number, "NaN, which a DECIMAL does not have"),
        (1700, modifier(38, 2), &[0, 0, 0, 0, 0xf0, 0, 0, 0], "infinity, which a DECIMAL does not have"),
        (1700, modifier(4, 0), &many, "a numeric with more digits than its DECIMAL"),
        (1700, modifier(4, 1), &many, "a numeric with more digits than its DECIMAL"),
        (18, -1, &[0x80], "a text that is not in UTF-8"),
    ];
    let null = ParquetOptions { unrepresentable: Unrepresentable::Null, ..ParquetOptions::default() };
    for (type_oid, modifier, cell, reason) in odd {
        assert_eq!(value_of(&ParquetOptions::default(), *type_oid, *modifier, cell), Err(*reason));
        let encoding = ParquetEncoding::new(&columns(&[("v", *type_oid, *modifier)]), &null).unwrap();
        assert_eq!(
            rows(file(&encoding, &[&[Some(cell)], &[None], &[Some(cell)]])),
            [[Field::Null], [Field::Null], [Field::Null]]
        );
        let warning =
            "2 values of column \"v\" are NULL in the file, because its Parquet type cannot represent them";
        assert_eq!(encoding.warnings(), [warning]);
    }
}

#[test]
fn arrays_of_one_dimension_are_lists() {
    let lists = |unrepresentable| ParquetOptions {
        arrays: Arrays::List,
        unrepresentable,
        ..ParquetOptions::default()
    };
    let array = |head: &[i32], elements: &[Option<i32>]| {
        let mut cell: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
        for element in elements {
            cell.extend(element.map_or(-1, |_| 4_i32).to_be_bytes());
            cell.extend(element.iter().flat_map(|element| element.to_be_bytes()));
        }
        cell
    };
    let three = array(&[1, 1, 1082, 3, 1], &[Some(-10_957), None, Some(1 - 10_957)]);
    let empty = array(&[0, 0, 1082], &[]);
    let infinite = array(&[1, 0, 1082, 2, 1], &[Some(i32::MAX), Some(-10_957)]);
    let shifted = array(&[1, 0, 1082, 1, 0], &[Some(1)]);
    let square = array(&[2, 0, 1082, 1, 1, 1, 1], &[Some(1)]);
    let cells: Vec<Vec<Option<&[u8]>>> =
        [Some(&three), None, Some(&empty), Some(&infinite), Some(&shifted), Some(&square)]
            .into_iter()
            .map(|cell| vec![cell.map(|cell| &cell[..])])
            .collect();
    let cells: Vec<_> = cells.iter().map(|row| &row[..]).collect();
    let encoding = ParquetEncoding::new(&columns(&[("v", 1182, -1)]), &lists(Unrepresentable::Null)).unwrap();
    let lists_read: Vec<_> =
        rows(file(&encoding, &cells)).into_iter().map(|row| row[0].to_string()).collect();
    assert_eq!(
        lists_read,
        ["[1970-01-01, null, 1970-01-02]", "null", "[]", "[null, 1970-01-01]", "null", "null"]
    );
    assert!(encoding.warnings()[0].starts_with("3 values of column \"v\""));
    let fail = lists(Unrepresentable::Fail);
    assert_eq!(value_of(&fail, 1182, -1, &infinite), Err("an infinite date"));
    assert_eq!(value_of(&fail, 1182, -1, &shifted), Err("an array whose index does not begin at 1"));
    assert_eq!(value_of(&fail, 1182, -1, &square), Err("an array of several dimensions"));
}

#[test]
fn names_that_readers_confuse_are_refused_or_warned_of() {
    let new = |labels: &[&str]| {
        let labels: Vec<_> = labels.iter().map(|label| (*label, 23, -1)).collect();
        ParquetEncoding::new(&columns(&labels), &ParquetOptions::default())
            .map(|encoding| encoding.warnings())
    };
    assert_eq!(new(&["a", "b.c", "é"]), Ok(Vec::new()));
    assert!(
        new(&["a", "b", "a", "c", "b"])
            .unwrap_err()
            .starts_with("Several columns have the same name (\"a\", \"b\")")
    );
    assert!(new(&[]).is_err());
    let warnings = new(&["id", "x", "ID"]).unwrap();
    assert!(
        warnings[0].starts_with("columns \"id\" and \"ID\" differ only in the case of letters"),
        "{warnings:?}"
    );
}

#[test]
fn row_groups_of_several_readers_stand_in_any_order() {
    let options =
        ParquetOptions { row_group_size: NonZeroU64::new(1 << 20).unwrap(), ..ParquetOptions::default() };
    let encoding =
        ParquetEncoding::new(&columns(&[("id", 20, -1), ("name", 25, -1), ("kind", 25, -1)]), &options)
            .unwrap();
    let (mut file, mut units) = (Vec::new(), Vec::new());
    encoding.head(&mut file);
    let mut encoders = [encoding.encoder(), encoding.encoder()];
    let (count, mut groups) = (200_000_u64, 0);
    for id in 0..count {
        let encoder = &mut encoders[id as usize % 2];
        let name = format!("{:032x}", u128::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let kind = if id % 3 == 0 { "red" } else { "green" };
        encoder
            .row(&body(&[Some(&id.to_be_bytes()), Some(name.as_bytes()), Some(kind.as_bytes())]), &mut file)
            .unwrap();
        if encoder.unit_is_full() {
            groups += 1;
            end(encoder, &mut file, &mut units);
        }
    }
    let full = file.len();
    for encoder in &mut encoders {
        end(encoder, &mut file, &mut units);
        end(encoder, &mut file, &mut units);
    }
    assert!(groups >= 3 && units.len() == groups + 2, "{groups} of {full} bytes");
    encoding.tail(units, &mut file).unwrap();
    assert!(full / groups < (1 << 20) + (1 << 19), "{groups} of {full} bytes");

    let reader = reader(file);
    let metadata = reader.metadata();
    assert_eq!(metadata.file_metadata().num_rows() as u64, count);
    for group in metadata.row_groups() {
        assert!(
            group
                .columns()
                .iter()
                .all(|column| column.statistics().is_some() && column.offset_index_offset().is_none())
        );
        assert!(group.columns().iter().all(|column| matches!(column.compression(), Codec::ZSTD(_))));
        let has_dictionary: Vec<_> =
            group.columns().iter().map(|column| column.dictionary_page_offset().is_some()).collect();
        assert_eq!(has_dictionary, [false, false, true]);
    }
    let mut ids: Vec<_> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| match row.unwrap().get_column_iter().next() {
            Some((_, Field::Long(id))) => *id,
            other => panic!("{other:?}"),
        })
        .collect();
    ids.sort_unstable();
    assert!(ids.into_iter().eq(0..count as i64));
}

#[test]
fn a_row_group_ends_with_122_880_rows() {
    for compression in [Compression::None, Compression::Snappy, Compression::Zstd(Some(3))] {
        let options = ParquetOptions { compression, ..ParquetOptions::default() };
        let encoding = ParquetEncoding::new(&columns(&[("v", 16, -1)]), &options).unwrap();
        let mut encoder = encoding.encoder();
        let row = body(&[Some(&[1])]);
        let full = (1..=200_000).find(|_| {
            encoder.row(&row, &mut Vec::new()).unwrap();
            encoder.unit_is_full()
        });
        assert_eq!(full, Some(122_880));
    }
}

#[test]
fn a_fault_names_the_column_and_never_the_value() {
    let encoding =
        ParquetEncoding::new(&columns(&[("a", 25, -1), ("b", 1082, -1)]), &ParquetOptions::default())
            .unwrap();
    let error = encoding
        .encoder()
        .row(&body(&[Some(b"secret"), Some(&i32::MAX.to_be_bytes())]), &mut Vec::new())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "column 2 (\"b\") has a value that its type in the file cannot represent: an infinite date"
    );
    let error =
        encoding.encoder().row(&body(&[Some(b"secret"), Some(b"secret")]), &mut Vec::new()).unwrap_err();
    assert_eq!((error.kind, error.column), (CellErrorKind::Malformed, 2));
    for row in [&b""[..], &[0, 1], &[0, 2, 0, 0, 0, 9, 1]] {
        assert!(encoding.encoder().row(row, &mut Vec::new()).is_err());
    }
}

proptest! {
    /// The number of a decimal is its digits without the point, at every precision and scale.
    #[test]
    fn numerics_are_exact((precision, scale, digits, negative) in (1..=38_usize).prop_flat_map(|precision| {
        (Just(precision), 0..=precision, "[0-9]{38}", any::<bool>())
    })) {
        let digits = &digits[..precision];
        let (whole, behind) = digits.split_at(precision - scale);
        let text = format!("{}{}.{behind}", if negative { "-" } else { "" }, if whole.is_empty() { "0" } else { whole });
        let cell = numeric(&text);
        let number: i128 = digits.parse().unwrap();
        let number = if negative { -number } else { number };
        let decimal = Decimal::new(precision as i64, scale as i64).unwrap();
        prop_assert_eq!(decimal::of_128_bits(&cell, decimal), Ok(number));
        if precision <= 18 {
            prop_assert_eq!(decimal::of_64_bits(&cell, decimal), Ok(number as i64));
        }
        let read = value_of(&ParquetOptions::default(), 1700, modifier(precision as i32, scale as i32), &cell);
        let Ok(Field::Decimal(read)) = read else { panic!("{read:?}") };
        let mut bytes = [if negative && number != 0 { 0xff } else { 0 }; 16];
        bytes[16 - read.data().len()..].copy_from_slice(read.data());
        prop_assert_eq!(i128::from_be_bytes(bytes), number);
    }

    /// One digit more, on either side, is an error, but not a zero behind the point.
    #[test]
    fn numerics_that_do_not_fit_are_errors((precision, scale, digits) in (1..=38_usize).prop_flat_map(|precision| {
        (Just(precision), 0..=precision, "[1-9]{38}")
    })) {
        let (whole, behind) = digits[..precision].split_at(precision - scale);
        let decimal = Decimal::new(precision as i64, scale as i64).unwrap();
        for (text, fits) in [(format!("1{whole}.{behind}"), false), (format!("{whole}.{behind}7"), false), (format!("{whole}.{behind}000"), true)] {
            let cell = numeric(&text);
            let misfit = |error| matches!(error, Misfit::Unrepresentable(_));
            prop_assert_eq!(decimal::of_128_bits(&cell, decimal).map_err(misfit).is_ok(), fits, "{}", text);
            if precision <= 18 {
                prop_assert_eq!(decimal::of_64_bits(&cell, decimal).map_err(misfit).is_ok(), fits, "{}", text);
            }
        }
    }

    #[test]
    fn any_cell_is_a_value_or_an_error(type_oid in prop::sample::select(known_types()),
                                       modifier in prop::sample::select(vec![-1, modifier(5, 2), modifier(30, 7)]),
                                       cell in prop::collection::vec(any::<u8>(), 0..70)) {
        let options = ParquetOptions { arrays: Arrays::List, uuids: Uuids::Native, ..ParquetOptions::default() };
        let encoding = ParquetEncoding::new(&columns(&[("a", 25, -1), ("b", type_oid, modifier)]), &options).unwrap();
        let row: Cells<'_> = &[Some(b"x"), Some(&cell)];
        if let Err(error) = encoding.encoder().row(&body(row), &mut Vec::new()) {
            prop_assert_eq!((error.column, error.label.as_str()), (2, "b"));
        } else {
            prop_assert_eq!(rows(file(&encoding, &[row])).len(), 1);
        }
    }
}
