//! A row in pieces has the bytes of the row at once.

use proptest::prelude::*;

use super::reading_back::any_options;
use super::{body, columns};
use crate::csv::{CsvEncoding, CsvOptions, Dialect};
use crate::in_pieces::{pieces, text};
use crate::{Cursor, Encoder, FileEncoding, PIECE};

/// text, int8, varbit, text, bit, jsonb, timestamp
const TYPES: [u32; 7] = [25, 20, 1562, 25, 1560, 3802, 1114];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_row_in_pieces_is_the_row(
        options in any_options().prop_filter("refused", |options| options.check().is_ok()),
        escapes in any::<bool>(),
        equal_labels in any::<bool>(),
        texts in prop::collection::vec(text(), 5),
        (number, moment) in (prop::option::of(any::<i64>()), prop::option::of(0..1_000_000_000_i64)),
        room in PIECE..4 * PIECE,
    ) {
        let options = CsvOptions { escape_formulas: escapes, ..options };
        let mut columns = columns(&TYPES);
        if equal_labels {
            columns[5].name = columns[0].name.clone();
        }
        let (number, moment) = (number.map(i64::to_be_bytes), moment.map(i64::to_be_bytes));
        let text = |i: usize| texts[i].as_deref();
        let cells = [
            text(0), number.as_ref().map(|bytes| &bytes[..]), text(1), text(2), text(3), text(4),
            moment.as_ref().map(|bytes| &bytes[..]),
        ];
        let body = body(&cells);
        let mut encoder = CsvEncoding::new(&columns, &options).encoder();
        let mut whole = Vec::new();
        encoder.row(&body, &mut whole).unwrap();
        let pieces = pieces(&mut encoder, &body, room);
        prop_assert!(pieces.concat() == whole);
        prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
    }
}

#[test]
fn a_long_text_needs_no_more_room_than_is_given() {
    for (dialect, byte) in [(Dialect::Java, b'x'), (Dialect::Postgres, b'x'), (Dialect::Postgres, b'"')] {
        let long = vec![byte; 50 * PIECE];
        let mut encoder = CsvEncoding::new(&columns(&[25, 25]), &CsvOptions::for_dialect(dialect)).encoder();
        let pieces = pieces(&mut encoder, &body(&[Some(&long), Some(&long)]), 2 * PIECE);
        assert!(pieces.len() >= 50);
        assert!(pieces.iter().all(|piece| piece.len() <= 2 * PIECE), "{dialect:?}");
    }
}

#[test]
fn a_row_that_is_cut_off_is_refused_in_pieces_too() {
    let long = vec![b'x'; 3 * PIECE];
    let mut encoder =
        CsvEncoding::new(&columns(&[25, 25]), &CsvOptions::for_dialect(Dialect::Postgres)).encoder();
    let body = body(&[Some(&long), Some(&long)]);
    let mut cursor = Cursor::default();
    let error = encoder.piece(&body[..body.len() - 1], &mut cursor, &mut Vec::new()).unwrap_err();
    assert_eq!((error.column, error.label.as_str()), (2, "c2"));
}
