//! Printer of money, from the server's text: only the server knows how many of the digits come after the
//! point.

use super::{Malformed, Memo};

/// Prints an amount below a thousand as Java prints a double. From a thousand up, where Java fails, it prints
/// the amount with two decimals, without the currency sign and commas. Text of a locale other than C or
/// `en_US` is copied.
pub fn java(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let start = out.len();
    if amount(cell, out).is_none() {
        out.truncate(start);
        out.extend_from_slice(cell);
    }
    Ok(())
}

fn amount(cell: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (negative, text) = match cell {
        [b'-', rest @ ..] | [b'(', rest @ .., b')'] => (true, rest),
        _ => (false, cell),
    };
    let text = text.strip_prefix(b"$").unwrap_or(text);
    let (whole, cents) = text.split_last_chunk::<2>()?;
    let (whole, point) = whole.split_last_chunk::<1>()?;
    if point != b"." || whole.is_empty() || !cents.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if negative {
        out.push(b'-');
    }
    for byte in whole {
        match byte {
            b'0'..=b'9' => out.push(*byte),
            b',' => {}
            _ => return None,
        }
    }
    out.push(b'.');
    out.extend_from_slice(cents);
    if whole.len() <= 3 && cents[1] == b'0' {
        out.pop();
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_below_a_thousand_and_an_amount_above() {
        for (server, java_text) in [
            ("$0.00", "0.0"),
            ("-$1.50", "-1.5"),
            ("($1.50)", "-1.5"),
            ("$999.99", "999.99"),
            ("$100.00", "100.0"),
            ("$1,234.50", "1234.50"),
            ("-$92,233,720,368,547,758.08", "-92233720368547758.08"),
            ("1.234,56 €", "1.234,56 €"),
            ("¥1,234", "¥1,234"),
            ("", ""),
            (".50", ".50"),
        ] {
            let mut out = b"before".to_vec();
            java(server.as_bytes(), &mut out, &mut Memo::new()).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("before{java_text}"));
        }
    }
}
