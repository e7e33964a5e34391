//! Cells that a spreadsheet would execute.

use super::{body, columns};
use crate::csv::{CsvEncoding, CsvOptions, Dialect};
use crate::{Column, Encoder, FileEncoding};

fn file(dialect: Dialect, escape_formulas: bool, type_oid: u32, cell: &[u8]) -> String {
    let options = CsvOptions { escape_formulas, header: false, ..CsvOptions::for_dialect(dialect) };
    let encoding = CsvEncoding::new(&columns(&[type_oid]), &options);
    let mut out = Vec::new();
    encoding.head(&mut out);
    encoding.encoder().row(&body(&[Some(cell)]), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn texts_that_begin_like_formulas_get_an_apostrophe_if_asked() {
    for text in
        ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1", "=\"a\",1"]
    {
        for dialect in [Dialect::Java, Dialect::Postgres] {
            let plain = file(dialect, false, 25, text.as_bytes());
            let escaped = file(dialect, true, 25, text.as_bytes());
            assert_eq!(plain, file(dialect, false, 1043, text.as_bytes()));
            // Quotes are decided for the text as it is written.
            assert_eq!(escaped, file(dialect, false, 25, format!("'{text}").as_bytes()), "{text}");
            assert!(escaped.trim_start_matches('"').starts_with('\''), "{escaped}");
        }
    }
    for text in ["", "a=1", "1-1", "'=1", "ｅ", "{-1}", "\u{ff0c}"] {
        assert_eq!(
            file(Dialect::Java, true, 25, text.as_bytes()),
            file(Dialect::Java, false, 25, text.as_bytes())
        );
    }
}

#[test]
fn numbers_and_dates_stay() {
    for (type_oid, cell) in [(23, &b"-1"[..]), (1700, b"-1.5"), (20, &[0xff; 8]), (701, &[0xff; 8])] {
        for dialect in [Dialect::Java, Dialect::Postgres] {
            assert!(!file(dialect, true, type_oid, cell).contains('\''));
        }
    }
    // Money of a locale is a text.
    assert_eq!(file(Dialect::Postgres, true, 790, b"-$1.00"), "'-$1.00\n");
}

#[test]
fn labels_are_escaped_too() {
    let column = Column { name: b"=1".to_vec(), type_oid: 25, type_modifier: -1 };
    for (escape_formulas, head) in [(true, "'=1\n"), (false, "=1\n")] {
        let options = CsvOptions { escape_formulas, ..CsvOptions::for_dialect(Dialect::Postgres) };
        let mut out = Vec::new();
        CsvEncoding::new(std::slice::from_ref(&column), &options).head(&mut out);
        assert_eq!(out, head.as_bytes());
    }
}
