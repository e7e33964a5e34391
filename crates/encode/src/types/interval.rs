//! Printer of interval, from its binary parts: microseconds, days and months.

use super::{Malformed, Memo, digits, fixed};

/// Prints all six units, each with its own sign: `0 years 0 mons 1 days 0 hours 0 mins 0.0 secs`.
pub fn java(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let cell: [u8; 16] = fixed(cell)?;
    let [micros, days, months] = parts(cell);
    // PostgreSQL 17 has infinite intervals, for which the server's text is clearer than the limits of the
    // parts.
    if [micros, days, months] == [i64::MAX, i32::MAX.into(), i32::MAX.into()] {
        out.extend_from_slice(b"infinity");
        return Ok(());
    }
    if [micros, days, months] == [i64::MIN, i32::MIN.into(), i32::MIN.into()] {
        out.extend_from_slice(b"-infinity");
        return Ok(());
    }
    digits::push_i64(out, months / 12);
    out.extend_from_slice(b" years ");
    digits::push_i64(out, months % 12);
    out.extend_from_slice(b" mons ");
    digits::push_i64(out, days);
    out.extend_from_slice(b" days ");
    digits::push_i64(out, micros / 3_600_000_000);
    out.extend_from_slice(b" hours ");
    digits::push_i64(out, micros / 60_000_000 % 60);
    out.extend_from_slice(b" mins ");
    let seconds = micros % 60_000_000;
    if seconds < 0 {
        out.push(b'-');
    }
    digits::push_u64(out, seconds.unsigned_abs() / 1_000_000);
    let (fraction, shown) = digits::decimals((seconds.unsigned_abs() % 1_000_000) as u32);
    digits::append(out, &fraction.to_le_bytes(), shown.max(2));
    out.extend_from_slice(b" secs");
    Ok(())
}

fn parts(cell: [u8; 16]) -> [i64; 3] {
    let value = u128::from_be_bytes(cell);
    [(value >> 64) as i64, i64::from((value >> 32) as i32), i64::from(value as i32)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_keeps_its_sign() {
        for (micros, days, months, text) in [
            (0, 0, 0, "0 years 0 mons 0 days 0 hours 0 mins 0.0 secs"),
            (-1, 0, 0, "0 years 0 mons 0 days 0 hours 0 mins -0.000001 secs"),
            (-14_706_789_000, -3, -14, "-1 years -2 mons -3 days -4 hours -5 mins -6.789 secs"),
            (100_000, 7, 10, "0 years 10 mons 7 days 0 hours 0 mins 0.1 secs"),
            (i64::MAX, 0, 0, "0 years 0 mons 0 days 2562047788 hours 0 mins 54.775807 secs"),
            (i64::MIN, 0, 0, "0 years 0 mons 0 days -2562047788 hours 0 mins -54.775808 secs"),
            (i64::MAX, i32::MAX, i32::MAX, "infinity"),
            (i64::MIN, i32::MIN, i32::MIN, "-infinity"),
        ] {
            let cell = [&micros.to_be_bytes()[..], &days.to_be_bytes(), &months.to_be_bytes()].concat();
            let mut out = Vec::new();
            java(&cell, &mut out, &mut Memo::new()).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        assert!(java(&[0; 15], &mut Vec::new(), &mut Memo::new()).is_err());
    }
}
