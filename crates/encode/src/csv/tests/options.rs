//! Options whose files no reader could read back are refused.

use crate::csv::{CsvOptions, Dialect, Quote};

fn java(change: impl FnOnce(&mut CsvOptions)) -> CsvOptions {
    let mut options = CsvOptions::for_dialect(Dialect::Java);
    change(&mut options);
    options
}

fn delimiter(delimiter: u8) -> CsvOptions {
    java(|options| options.delimiter = delimiter)
}

fn null(text: &str) -> CsvOptions {
    java(|options| options.null = Some(text.to_owned()))
}

#[test]
fn what_cannot_be_read_back_is_refused() {
    for (options, option, reason) in [
        (delimiter(b'"'), "delimiter", "quote"),
        (delimiter(b'\n'), "delimiter", "line ending"),
        (delimiter(b'\r'), "delimiter", "line ending"),
        (delimiter(0), "delimiter", "NUL"),
        (delimiter(0xe9), "delimiter", "ASCII"),
        (CsvOptions { quote: Quote::Minimal, ..delimiter(b'\\') }, "delimiter", "COPY FROM"),
        (CsvOptions { quote: Quote::Minimal, ..delimiter(b'.') }, "delimiter", "COPY FROM"),
        (null("a,b"), "null", "delimiter"),
        (null("\"\""), "null", "quote"),
        (null("a\nb"), "null", "line ending"),
        (null("\\."), "null", "COPY FROM"),
        (CsvOptions { delimiter: b'/', ..null("N/A") }, "null", "delimiter"),
    ] {
        let found = options.check().expect_err("should be refused");
        assert!(found[0].option == option && found[0].reason.contains(reason), "{options:?}: {found:?}");
    }
    for options in [delimiter(b'\\'), delimiter(b'.'), null(""), null("NULL")] {
        assert_eq!(options.check(), Ok(()));
    }
}
