//! The encoder prints any bytes or returns an error, and never changes the rows before.

use proptest::prelude::*;

use super::{body, columns};
use crate::csv::columns::known_types;
use crate::csv::{CsvEncoding, CsvOptions, Dialect, Quote};
use crate::{Encoder, FileEncoding};

fn any_options() -> impl Strategy<Value = CsvOptions> {
    (prop::bool::ANY, prop::bool::ANY, prop::sample::select(b",;\t-.0e1 (".to_vec())).prop_map(
        |(java, all, delimiter)| {
            let mut options = CsvOptions::for_dialect(if java { Dialect::Java } else { Dialect::Postgres });
            options.quote = if all { Quote::All } else { Quote::Minimal };
            options.delimiter = delimiter;
            options
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_body(types in prop::collection::vec(prop::sample::select(known_types()), 0..4),
                bytes in prop::collection::vec(any::<u8>(), 0..80), options in any_options()) {
        let mut out = b"before\n".to_vec();
        if CsvEncoding::new(&columns(&types), &options).encoder().row(&bytes, &mut out).is_err() {
            prop_assert_eq!(out, b"before\n");
        } else {
            prop_assert!(out.starts_with(b"before\n") && out.ends_with(b"\n"));
        }
    }

    #[test]
    fn any_cell(type_oid in prop::sample::select(known_types()), options in any_options(),
                cell in prop::collection::vec(any::<u8>(), 0..70)) {
        let mut out = b"before\n".to_vec();
        let row = body(&[Some(b"x"), Some(&cell)]);
        if let Err(error) = CsvEncoding::new(&columns(&[25, type_oid]), &options).encoder().row(&row, &mut out) {
            prop_assert_eq!((error.column, error.label.as_str()), (2, "c2"));
            prop_assert_eq!(out, b"before\n");
        }
    }
}

#[test]
fn a_fault_names_the_column_and_never_the_value() {
    let encoding = CsvEncoding::new(&columns(&[25, 20]), &CsvOptions::for_dialect(Dialect::Java));
    let mut encoder = encoding.encoder();
    let error = encoder.row(&body(&[Some(b"a"), Some(b"secret")]), &mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column 2 (\"c2\") cannot be read: the value does not have the length of its type's binary format"
    );
    for row in [&b""[..], &[0], &[0, 1], &[0, 3], &[0, 2, 0, 0, 0, 9, 1], &[0, 2, 0, 0]] {
        assert!(encoder.row(row, &mut Vec::new()).is_err());
    }
    let longer = [body(&[None, None]), vec![0]].concat();
    assert_eq!(encoder.row(&longer, &mut Vec::new()).unwrap_err().column, 0);
}
