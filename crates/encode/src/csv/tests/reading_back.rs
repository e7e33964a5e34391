//! Files with any options are read back: the values are the same, and a NULL differs from the empty string.

use proptest::prelude::*;

use super::file;
use crate::csv::{CsvOptions, Dialect, LineEnding, Quote};

/// A field of the file: whether it is quoted, and its text.
type Parsed = (bool, Vec<u8>);

/// Reads a file by RFC 4180, and keeps whether each field was quoted, which the csv crate does not tell.
fn read(mut rest: &[u8], delimiter: u8, line_ending: &[u8]) -> Vec<Vec<Parsed>> {
    let (mut records, mut record) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let mut text = Vec::new();
        let quoted = rest[0] == b'"';
        if quoted {
            loop {
                let end = rest[1..].iter().position(|byte| *byte == b'"').expect("a quote ends") + 1;
                text.extend(&rest[1..end]);
                rest = &rest[end + 1..];
                if rest.first() != Some(&b'"') {
                    break;
                }
                text.push(b'"');
            }
        } else {
            let ends = |i: &usize| rest[*i] == delimiter || rest[*i..].starts_with(line_ending);
            let end = (0..rest.len()).find(ends).expect("a field ends");
            text.extend(&rest[..end]);
            rest = &rest[end..];
        }
        record.push((quoted, text));
        if let Some(behind) = rest.strip_prefix(line_ending) {
            records.push(std::mem::take(&mut record));
            rest = behind;
        } else {
            assert_eq!(rest[0], delimiter);
            rest = &rest[1..];
        }
    }
    assert!(record.is_empty(), "the last record ends too");
    records
}

/// Generates text that is hard for quoting, NULL and readers.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "",
        "\"",
        ",",
        ";",
        "\n",
        "\r",
        "\r\n",
        "\\.",
        "\\N",
        "NULL",
        "-",
        "é",
        " ",
        "plain text",
        "\t",
        "0",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..6)
        .prop_map(|pieces| pieces.concat().into_bytes())
}

/// Generates text that is longer than a word of the search for quotes.
fn long_text() -> impl Strategy<Value = Vec<u8>> {
    ("[a-z]{0,70}", text(), "[a-z]{0,70}").prop_map(|(a, b, c)| [a.as_bytes(), &b, c.as_bytes()].concat())
}

prop_compose! {
    pub(super) fn any_options()(java in any::<bool>(), all in any::<bool>(), delimiter in prop::sample::select(b",;\t|-.0N \\".to_vec()),
                     null in prop::sample::select(vec![None, Some(""), Some("NULL"), Some("\\N"), Some("0"), Some("-")]),
                     crlf in any::<bool>(), bom in any::<bool>(), header in any::<bool>()) -> CsvOptions {
        let mut options = CsvOptions::for_dialect(if java { Dialect::Java } else { Dialect::Postgres });
        options.quote = if all { Quote::All } else { Quote::Minimal };
        options.delimiter = delimiter;
        if let Some(null) = null {
            options.null = Some(null.to_owned());
        }
        options.line_ending = if crlf { LineEnding::CrLf } else { LineEnding::Lf };
        (options.bom, options.header) = (bom, header);
        options
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_value_comes_back(
        options in any_options().prop_filter("refused", |options| options.check().is_ok()),
        rows in prop::collection::vec((prop::option::of(prop_oneof![text(), long_text()]), prop::option::of(any::<i64>()), any::<i64>()), 0..8),
        numbers_only in any::<bool>(),
    ) {
        let number = |n: &Option<i64>| n.map(|n| n.to_be_bytes().to_vec());
        let types: &[u32] = if numbers_only { &[20] } else { &[25, 20, 1114] };
        let cells: Vec<Vec<_>> = rows.iter().map(|(text, n, micros)| {
            if numbers_only { vec![number(n)] } else { vec![text.clone(), number(n), Some((micros / 100).to_be_bytes().to_vec())] }
        }).collect();
        let file = file(types, &options, &cells);
        let mut bytes = &file[..];
        if options.bom {
            bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap();
        }
        let line_ending: &[u8] = if options.line_ending == LineEnding::CrLf { b"\r\n" } else { b"\n" };
        let mut records = read(bytes, options.delimiter, line_ending);
        if options.header {
            prop_assert_eq!(&records.remove(0)[0].1, b"c1");
        }
        prop_assert_eq!(records.len(), rows.len());
        let null = options.null.clone().unwrap_or_default().into_bytes();
        // By default dialect java prints a NULL as it prints the empty string.
        let apart = options.null.is_some() || options.quote == Quote::Minimal;
        for (record, (text, n, _)) in records.iter().zip(&rows) {
            prop_assert_eq!(record.len(), types.len());
            let n = n.map(|n| n.to_string().into_bytes());
            let expected = if numbers_only { vec![n] } else { vec![text.clone(), n] };
            for (parsed, value) in record.iter().zip(expected) {
                let is_null = if apart { *parsed == (false, null.clone()) } else { parsed.1.is_empty() };
                match value {
                    Some(value) => prop_assert!(parsed.1 == value && (!is_null || !apart), "{parsed:?} {value:?}"),
                    None => prop_assert!(is_null, "{parsed:?} should be NULL"),
                }
            }
        }
    }

    /// The csv crate, an independent reader of RFC 4180, reads the same values.
    #[test]
    fn the_csv_crate_reads_the_same_values(
        options in any_options().prop_filter("refused", |options| options.check().is_ok()),
        rows in prop::collection::vec((long_text(), any::<i64>()), 0..8),
    ) {
        let cells: Vec<Vec<_>> =
            rows.iter().map(|(text, n)| vec![Some(text.clone()), Some(n.to_be_bytes().to_vec())]).collect();
        let bytes = file(&[25, 20], &options, &cells);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(options.delimiter)
            .has_headers(options.header)
            .from_reader(&bytes[..]);
        let records: Vec<_> = reader.byte_records().map(Result::unwrap).collect();
        prop_assert_eq!(records.len(), rows.len());
        for (record, (text, n)) in records.iter().zip(&rows) {
            let number = n.to_string();
            prop_assert_eq!(&record[0], &text[..]);
            prop_assert_eq!(&record[1], number.as_bytes());
        }
    }
}
