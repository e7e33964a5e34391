//! Sizes in bytes, as people write them.

use std::ops::RangeInclusive;

/// The units of a size, in lower case. All of them end as the last one.
const UNITS: &[(&str, u64)] = &[
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", TB),
    ("b", 1),
];

/// The bytes of a terabyte.
pub(super) const TB: u64 = 1_000_000_000_000;

/// Reads a size within `range`: a number of bytes, or of a unit. `must_be` is the error for everything else.
pub(super) fn size(text: &str, range: &RangeInclusive<u64>, must_be: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(unit, bytes)| Some((lower.strip_suffix(unit)?, *bytes)));
    let (number, unit) = unit.unwrap_or((&lower, 1));
    let number = number.trim();
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = number.parse::<u64>().ok().filter(|_| is_number).and_then(|number| number.checked_mul(unit));
    bytes.filter(|bytes| range.contains(bytes)).ok_or_else(|| must_be.to_owned())
}
