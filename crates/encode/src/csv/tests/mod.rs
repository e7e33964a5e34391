//! Tests of the encoder's interface: columns and `DataRow` bodies in, bytes out.

mod changed;
mod floats;
mod formulas;
mod golden;
mod labels;
mod malformed;
mod options;
mod pieces;
mod reading_back;
mod values;

use super::{CsvEncoding, CsvOptions};
use crate::{Column, Encoder, FileEncoding};

/// Returns columns of these types, labelled c1, c2 …
fn columns(types: &[u32]) -> Vec<Column> {
    let column = |(i, oid): (usize, &u32)| Column {
        name: format!("c{}", i + 1).into_bytes(),
        type_oid: *oid,
        type_modifier: -1,
    };
    types.iter().enumerate().map(column).collect()
}

/// Returns the body of a `DataRow` message.
fn body(cells: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = (cells.len() as u16).to_be_bytes().to_vec();
    for cell in cells {
        match cell {
            Some(bytes) => {
                body.extend((bytes.len() as i32).to_be_bytes());
                body.extend(*bytes);
            }
            None => body.extend((-1_i32).to_be_bytes()),
        }
    }
    body
}

/// Returns the text of a value whose type needs no quotes.
fn field(type_oid: u32, options: &CsvOptions, cell: &[u8]) -> String {
    let mut out = Vec::new();
    CsvEncoding::new(&columns(&[type_oid]), options).encoder().row(&body(&[Some(cell)]), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    text.trim_end_matches('\n').trim_matches('"').to_owned()
}

/// Returns the file with these rows and the header.
fn file(types: &[u32], options: &CsvOptions, rows: &[Vec<Option<Vec<u8>>>]) -> Vec<u8> {
    let encoding = CsvEncoding::new(&columns(types), options);
    let mut encoder = encoding.encoder();
    let mut out = Vec::new();
    encoding.head(&mut out);
    for row in rows {
        let cells: Vec<_> = row.iter().map(Option::as_deref).collect();
        encoder.row(&body(&cells), &mut out).unwrap();
    }
    out
}
