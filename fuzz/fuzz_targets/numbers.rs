//! Prints any sixteen bytes as numbers, timestamps and intervals. Floats read back as the same number, and
//! timestamps and intervals have their form.
#![cfg_attr(fuzzing, no_main)]

use extractor_encode::csv::{CsvEncoding, CsvOptions, Dialect};
use extractor_encode::{Column, Encoder, FileEncoding};

fn printed(type_oid: u32, dialect: Dialect, cell: &[u8]) -> String {
    let column = Column { name: b"a".to_vec(), type_oid, type_modifier: -1 };
    let body = [&1_u16.to_be_bytes()[..], &(cell.len() as i32).to_be_bytes(), cell].concat();
    let mut out = Vec::new();
    let mut encoder = CsvEncoding::new(&[column], &CsvOptions::for_dialect(dialect)).encoder();
    encoder.row(&body, &mut out).expect("the cell is well-formed");
    String::from_utf8(out).expect("numbers are ASCII").trim_end().trim_matches('"').to_owned()
}

/// Returns the sign of a decimal number, its digits without leading zeros, and the exponent of the last digit.
fn value(text: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = text.split_once('E').unwrap_or((text, "0"));
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{decimals}", whole.trim_start_matches('-'));
    let digits = digits.trim_start_matches('0').to_owned();
    (text.starts_with('-'), digits, exponent.parse::<i64>().expect("an exponent") - decimals.len() as i64)
}

fn numbers(data: &[u8]) {
    let Some(cell) = data.first_chunk::<16>() else { return };
    let eight: [u8; 8] = *cell.first_chunk().expect("sixteen bytes");
    let four: [u8; 4] = *cell.first_chunk().expect("sixteen bytes");
    for dialect in [Dialect::Java, Dialect::Postgres] {
        let (wide, narrow) = (f64::from_be_bytes(eight), f32::from_be_bytes(four));
        let text = printed(701, dialect, &eight);
        assert!(wide.is_nan() || text.parse::<f64>().map(f64::to_bits) == Ok(wide.to_bits()), "{text}");
        let text = printed(700, dialect, &four);
        assert!(narrow.is_nan() || text.parse::<f32>().map(f32::to_bits) == Ok(narrow.to_bits()), "{text}");
        assert_eq!(printed(20, dialect, &eight), i64::from_be_bytes(eight).to_string());
        printed(1082, dialect, &four);
        let moment = printed(1114, dialect, &eight);
        assert!(moment.contains("infinity") || moment.contains(':'), "{moment}");
    }
    let interval = printed(1186, Dialect::Java, cell);
    assert!(interval.ends_with(" secs") || interval.ends_with("infinity"), "{interval}");

    // A numeric of at most 20 significant digits, with the scale given by the last byte.
    let scale = usize::from(cell[15] % 40);
    let unscaled = u64::from_be_bytes(eight) >> (cell[14] % 64);
    let padded = format!("{unscaled:0>width$}", width = scale + 1);
    let (whole, decimals) = padded.split_at(padded.len() - scale);
    let server = if scale == 0 { whole.to_owned() } else { format!("{whole}.{decimals}") };
    assert_eq!(value(&printed(1700, Dialect::Java, server.as_bytes())), value(&server));
}

fuzz::target!(numbers);
