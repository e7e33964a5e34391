//! Encodes any bytes as a row of any types with any options, and as an object. The row is printed, or refused with the column's place,
//! without a panic, and the earlier contents of the buffer stay.
#![cfg_attr(fuzzing, no_main)]

use extractor_encode::csv::{CsvEncoding, CsvOptions, Dialect, LineEnding, Quote};
use extractor_encode::json::JsonEncoding;
use extractor_encode::{Column, Encoder, FileEncoding, WireFormat};

/// The types of the encoder's table, text and jsonb.
const TYPES: [u32; 31] = [
    16, 20, 21, 23, 25, 26, 142, 600, 601, 602, 603, 604, 628, 700, 701, 718, 790, 1082, 1083, 1114, 1184,
    1186, 1266, 1560, 1700, 2950, 3802, 650, 774, 829, 869,
];

/// Splits the input into four bytes of options, up to eight types, which a byte over 127 ends, and the row's body.
fn split(data: &[u8]) -> Option<(CsvOptions, Vec<Column>, &[u8])> {
    let ([flags, delimiter, null, labels], rest) = data.split_first_chunk::<4>()?;
    let mut options = CsvOptions::for_dialect(if flags & 1 == 0 { Dialect::Java } else { Dialect::Postgres });
    options.quote = if flags & 2 == 0 { Quote::All } else { Quote::Minimal };
    options.line_ending = if flags & 4 == 0 { LineEnding::Lf } else { LineEnding::CrLf };
    (options.bom, options.header) = (flags & 8 == 0, flags & 16 == 0);
    options.delimiter = *delimiter;
    options.null = match null % 4 {
        0 => None,
        1 => Some(String::new()),
        2 => Some("NULL".to_owned()),
        _ => Some(char::from(*null).to_string()),
    };
    options.check().ok()?;
    let count = rest.iter().take(8).take_while(|byte| **byte < 128).count();
    let (types, body) = rest.split_at(count);
    let column = |(i, byte): (usize, &u8)| Column {
        // Some labels are equal.
        name: vec![b'a' + (i as u8) % (labels % 8 + 1)],
        type_oid: TYPES[usize::from(*byte) % TYPES.len()],
        type_modifier: -1,
    };
    Some((options, types.iter().enumerate().map(column).collect(), body))
}

fn object(columns: &[Column], body: &[u8]) {
    let mut encoder = JsonEncoding::new(columns, &[]).encoder();
    let mut out = b"before\n".to_vec();
    for _ in 0..2 {
        let start = out.len();
        match encoder.row(body, &mut out) {
            Ok(()) => assert!(out[start..].starts_with(b"{") && out.ends_with(b"}\n")),
            Err(_) => assert_eq!(out.len(), start),
        }
    }
}

fn row(data: &[u8]) {
    let Some((options, columns, body)) = split(data) else { return };
    object(&columns, body);
    let encoding = CsvEncoding::new(&columns, &options);
    let mut encoder = encoding.encoder();
    assert_eq!(encoding.formats().len(), columns.len());
    // Numbers in text format are copied without a check, since no server puts a quote into them.
    let trusted = encoding
        .formats()
        .iter()
        .zip(&columns)
        .any(|(format, column)| *format == WireFormat::Text && column.type_oid != 25);
    let mut out = b"before\n".to_vec();
    encoding.head(&mut out);
    let before = out.clone();
    // Twice, because columns remember values of the row before.
    for _ in 0..2 {
        let start = out.len();
        match encoder.row(body, &mut out) {
            Ok(()) => {
                assert!(out.ends_with(b"\n") && out.len() > start);
                let quotes = out[start..].iter().filter(|byte| **byte == b'"').count();
                assert!(trusted || quotes % 2 == 0, "every quote that opens is closed or doubled");
            }
            Err(error) => {
                assert_eq!(out.len(), start);
                assert!(error.column <= columns.len());
            }
        }
    }
    assert!(out.starts_with(&before));
    let (first, second) = out[before.len()..].split_at((out.len() - before.len()) / 2);
    assert_eq!(first, second, "a row prints the same again");
}

fuzz::target!(row);
