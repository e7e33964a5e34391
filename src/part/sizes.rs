//! The sizes of parts.
//!
//! S3 accepts 10,000 parts of 5 MiB to 5 GiB (53.7 TB in total) and objects of 50 TB, so an object of 50 TB
//! can have only a few hundred small parts. But a part stays in memory until S3 has confirmed it, since it
//! may have to be sent again, so parts must stay small as long as the function may be small. The size of a
//! result is not known in advance. So the first 6,000 parts have the first size, 8 MiB, which makes 50.3 GB.
//! The next 2,000 grow geometrically to the largest size, which the last 2,000 have. That reaches 11 TB, far
//! more than Lambda can transfer in its 15 minutes.
//!
//! With several readers, a part ends with the row that fills it, and so may exceed its size by less than that
//! row. The largest size is therefore 320 MiB below S3's limit.

/// The maximum number of parts of one upload in S3.
pub const MAX_PARTS: u32 = 10_000;
/// The size of the smallest part that S3 accepts, in bytes; only the last one may be smaller.
pub const MIN_PART: u64 = 5 << 20;
/// The largest size in the schedule, in bytes.
pub const MAX_PART: u64 = 4_800 << 20;
/// The default size of the first parts, in bytes.
pub const FIRST_PART: u64 = 8 << 20;

/// The size of all parts of a file, in bytes.
const FILE_PART: u64 = 512 << 10;

const FLAT_PARTS: u32 = 6_000;
const GROWING_PARTS: u32 = 2_000;
const MIB: u64 = 1 << 20;

/// The schedule of part sizes of one object; see the module's documentation for its rules.
///
/// ```
/// use rds_data_extractor::part::PartSizes;
///
/// let sizes = PartSizes::of_object();
/// assert_eq!(sizes.size(1), 8 << 20);
/// assert_eq!(sizes.size(6_000), 8 << 20);
/// assert_eq!(sizes.size(10_000), 4_800 << 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartSizes {
    first: u64,
    grows: bool,
}

impl PartSizes {
    /// Returns the schedule of an object, whose size is not known in advance.
    pub fn of_object() -> Self {
        Self::starting_at(FIRST_PART)
    }

    /// Returns a schedule that begins with parts of `first` bytes, clamped to S3's limits.
    pub fn starting_at(first: u64) -> Self {
        Self { first: first.clamp(MIN_PART, MAX_PART), grows: true }
    }

    /// Returns the schedule of a file or a pipe, which can have any number of parts. They are small enough that the
    /// reader of a pipe does not have to wait, and large enough for efficient writes.
    pub fn of_file() -> Self {
        Self { first: FILE_PART, grows: false }
    }

    /// Returns the number of bytes that part `number` (the first is 1) should have before it is sent.
    pub fn size(self, number: u32) -> u64 {
        let Some(step) = number.checked_sub(FLAT_PARTS + 1).filter(|_| self.grows) else { return self.first };
        let grown = f64::from(step + 1) / f64::from(GROWING_PARTS);
        let factor = (MAX_PART as f64 / self.first as f64).powf(grown.min(1.0));
        ((self.first as f64 * factor) as u64).next_multiple_of(MIB).clamp(self.first, MAX_PART)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S3_MAX_PART: u64 = 5 << 30;
    const GB: u64 = 1_000_000_000;
    const TB: u64 = 1_000 * GB;

    /// Checks the invariants of a schedule and returns how many parts `bytes` take.
    fn parts_for(sizes: PartSizes, bytes: u64) -> u32 {
        let mut sum = 0;
        let mut last = 0;
        let mut needed = 0;
        for number in 1..=MAX_PARTS {
            let size = sizes.size(number);
            assert!((MIN_PART..S3_MAX_PART).contains(&size), "part {number} has {size} bytes");
            assert!(size >= last, "part {number} is smaller than the one before");
            last = size;
            if sum < bytes {
                needed = number;
            }
            sum += size;
        }
        assert!(sum >= bytes, "{bytes} bytes do not fit");
        needed
    }

    #[test]
    fn fifty_gigabytes_stay_at_the_first_size() {
        let sizes = PartSizes::of_object();
        assert_eq!(sizes.size(parts_for(sizes, 50 * GB)), FIRST_PART);
    }

    #[test]
    fn the_schedule_reaches_eleven_terabytes() {
        assert!(parts_for(PartSizes::of_object(), 11 * TB) <= MAX_PARTS);
    }

    #[test]
    fn a_chosen_first_size_keeps_within_the_limits() {
        assert_eq!(PartSizes::starting_at(1).size(1), MIN_PART);
        assert_eq!(PartSizes::starting_at(u64::MAX).size(1), MAX_PART);
    }
}
