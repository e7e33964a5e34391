//! Printer of numeric, from the server's text: converting its base-10000 digits here would not be cheaper.

use super::{Malformed, Memo};

/// Prints a number as `BigDecimal.toString()` does. The only difference from the server's text is that Java
/// writes an exponent if the first significant digit (for zero, the last digit) is more than six places after
/// the point.
pub fn java(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let (sign, unsigned): (&[u8], _) = match cell {
        [b'-', rest @ ..] => (b"-", rest),
        _ => (b"", cell),
    };
    match unsigned.strip_prefix(b"0.000000") {
        Some(small @ [_, ..]) => {
            out.extend_from_slice(sign);
            scientific(small, out);
        }
        _ => out.extend_from_slice(cell),
    }
    Ok(())
}

/// Prints 0.000000`small` with an exponent.
#[cold]
fn scientific(small: &[u8], out: &mut Vec<u8>) {
    let leading = small.iter().take_while(|digit| **digit == b'0').count();
    let (significant, place) = match &small[leading..] {
        [] => (&b"0"[..], small.len()),
        digits => (digits, leading + 1),
    };
    out.push(significant[0]);
    if significant.len() > 1 {
        out.push(b'.');
        out.extend_from_slice(&significant[1..]);
    }
    out.extend_from_slice(b"E-");
    super::digits::push_u64(out, place as u64 + 6);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_from_the_seventh_place_on() {
        for (server, java_text) in [
            ("0.000001", "0.000001"),
            ("0.00000100", "0.00000100"),
            ("0.0000012", "0.0000012"),
            ("0.0000001", "1E-7"),
            ("-0.0000001", "-1E-7"),
            ("0.000000100", "1.00E-7"),
            ("0.00000012", "1.2E-7"),
            ("0.000000", "0.000000"),
            ("0.0000000", "0E-7"),
            ("0.00000000000000000000", "0E-20"),
            ("1.0000000001", "1.0000000001"),
            ("NaN", "NaN"),
            ("-Infinity", "-Infinity"),
            ("", ""),
        ] {
            let mut out = Vec::new();
            java(server.as_bytes(), &mut out, &mut Memo::new()).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), java_text);
        }
    }
}
