//! Printers of time and timetz: microseconds since midnight, and for timetz the zone's offset in seconds west
//! of UTC.

use super::datetime::push_time;
use super::{Malformed, Memo, changed, digits, fixed};

const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;
const OUT_OF_RANGE: Malformed = "the time of day lies outside of 00:00:00 to 24:00:00";

/// Prints a time as Java does: without the fraction, and 24:00:00 as 00:00:00.
pub fn java_time(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    let micros = of_day(i64::from_be_bytes(fixed(cell)?))?;
    memo.changed.note(lost(micros));
    push_clock(out, micros);
    Ok(())
}

/// Prints a time as the server does.
pub fn postgres_time(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let micros = of_day(i64::from_be_bytes(fixed(cell)?))?;
    push_time(out, micros as u64);
    Ok(())
}

/// Prints a timetz as Java does: as [`java_time`] prints a time, in UTC.
pub fn java_timetz(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
    let (micros, west) = with_zone(cell)?;
    memo.changed.note(lost(micros) | (changed::OFFSET * u8::from(west != 0)));
    push_clock(out, micros + i64::from(west) * SECOND);
    Ok(())
}

/// Prints a timetz as the server does: `12:00:00+05:30`.
pub fn postgres_timetz(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let (micros, west) = with_zone(cell)?;
    push_time(out, micros as u64);
    let offset = west.unsigned_abs();
    out.push(if west > 0 { b'-' } else { b'+' });
    out.extend_from_slice(&digits::two(offset / 3600));
    if offset % 3600 != 0 {
        out.push(b':');
        out.extend_from_slice(&digits::two(offset / 60 % 60));
    }
    if offset % 60 != 0 {
        out.push(b':');
        out.extend_from_slice(&digits::two(offset % 60));
    }
    Ok(())
}

/// Returns what Java's rules change in a time of day. Without branches, since fractions are common.
#[inline]
fn lost(micros: i64) -> u8 {
    (changed::FRACTION * u8::from(micros % SECOND != 0)) | (changed::MIDNIGHT * u8::from(micros == DAY))
}

fn of_day(micros: i64) -> Result<i64, Malformed> {
    if (0..=DAY).contains(&micros) { Ok(micros) } else { Err(OUT_OF_RANGE) }
}

fn with_zone(cell: &[u8]) -> Result<(i64, i32), Malformed> {
    let cell: [u8; 12] = fixed(cell)?;
    let ([time @ .., _, _, _, _], [_, _, _, _, _, _, _, _, zone @ ..]) = (cell, cell);
    let west = i32::from_be_bytes(zone);
    if west.unsigned_abs() >= 86_400 {
        return Err("the offset of the time zone is a day or more");
    }
    Ok((of_day(i64::from_be_bytes(time))?, west))
}

/// Appends the hours, minutes and seconds of any number of microseconds, modulo a day.
fn push_clock(out: &mut Vec<u8>, micros: i64) {
    let whole = micros.rem_euclid(DAY);
    push_time(out, (whole - whole % SECOND) as u64);
}

#[cfg(test)]
mod tests {
    use super::*;

    type Print = fn(&[u8], &mut Vec<u8>, &mut Memo) -> Result<(), Malformed>;

    fn printed(print: Print, cell: &[u8]) -> Result<String, Malformed> {
        let mut out = Vec::new();
        print(cell, &mut out, &mut Memo::new())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn java_cuts_fractions_and_the_server_keeps_them() {
        for (micros, java, postgres) in [
            (0, "00:00:00", "00:00:00"),
            (45_296_789_000, "12:34:56", "12:34:56.789"),
            (DAY - 1, "23:59:59", "23:59:59.999999"),
            (DAY, "00:00:00", "24:00:00"),
        ] {
            assert_eq!(printed(java_time, &i64::to_be_bytes(micros)).unwrap(), java);
            assert_eq!(printed(postgres_time, &i64::to_be_bytes(micros)).unwrap(), postgres);
        }
        assert_eq!(printed(java_time, &i64::to_be_bytes(-1)), Err(OUT_OF_RANGE));
        assert_eq!(printed(postgres_time, &i64::to_be_bytes(DAY + 1)), Err(OUT_OF_RANGE));
    }

    #[test]
    fn java_moves_to_utc_and_the_server_prints_the_offset() {
        for (micros, west, java, postgres) in [
            (43_200_000_000, -19_800, "06:30:00", "12:00:00+05:30"),
            (3_600_000_000, -7_200, "23:00:00", "01:00:00+02"),
            (82_800_000_000, 18_000, "04:00:00", "23:00:00-05"),
            (0, -57_599, "08:00:01", "00:00:00+15:59:59"),
            (43_200_000_000, -1, "11:59:59", "12:00:00+00:00:01"),
            (500_000, 0, "00:00:00", "00:00:00.5+00"),
        ] {
            let cell = [&i64::to_be_bytes(micros)[..], &i32::to_be_bytes(west)].concat();
            assert_eq!(printed(java_timetz, &cell).unwrap(), java);
            assert_eq!(printed(postgres_timetz, &cell).unwrap(), postgres);
        }
        let far = [&i64::to_be_bytes(0)[..], &i32::to_be_bytes(i32::MIN)].concat();
        assert!(printed(postgres_timetz, &far).is_err());
    }
}
