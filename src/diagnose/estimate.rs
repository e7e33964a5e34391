//! Estimates bytes, time and memory of an extraction from the planner's figures. The estimate is rough.

use std::time::Duration;

use crate::database::Plan;
use crate::database::statement::ResultColumn;
use crate::job::FileFormat;
use crate::part::PartSizes;
use crate::part::sizes::{MAX_PART, MAX_PARTS};

/// An estimate of an extraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    pub rows: f64,
    pub bytes: f64,
    pub time: Duration,
    /// The bytes of memory for the parts of a file of that size.
    pub memory: f64,
}

/// The bytes of the quotes and the delimiter of a field of CSV.
const FIELD: f64 = 3.0;
/// The bytes of the quotes, the colon and the comma of a member of a JSON object.
const MEMBER: f64 = 6.0;
/// A cost of 1 is a sequential read of a page of 8 KB, which takes about 20 µs on the disks of RDS.
const SECONDS_A_COST: f64 = 20e-6;
/// The bytes of a file per second on a whole core, database and network included: a third of the local
/// measurements.
const BYTES_A_SECOND: f64 = 40e6;
/// The memory in MB with which a Lambda function has a whole core.
const CORE: f64 = 1_769.0;
/// What one reader takes beside the encoded row group: pages and dictionaries that are open, and the parts of the last one.
const BESIDE_GROUP: f64 = 128.0 * 1024.0 * 1024.0;
/// The minimum number of parts in memory: one being filled and two being sent.
const PARTS: f64 = 3.0;

impl Estimate {
    /// Estimates an extraction whose rows have `around` bytes besides their values. `memory` is the memory of
    /// the function in MB, or `None` outside of Lambda.
    pub fn of(plan: Plan, around: f64, memory: Option<u64>) -> Self {
        let bytes = plan.rows * (plan.width + around);
        let cores = memory.map_or(1.0, |memory| (memory as f64 / CORE).clamp(0.05, 1.0));
        let seconds = plan.cost * SECONDS_A_COST + bytes / (BYTES_A_SECOND * cores);
        Self {
            rows: plan.rows,
            bytes,
            time: Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
            memory: PARTS * largest_part(bytes) as f64,
        }
    }
}

/// Returns the number of bytes of a row besides its values.
pub(super) fn around_values(format: &FileFormat, columns: &[ResultColumn]) -> f64 {
    match format {
        FileFormat::Csv(_) => FIELD * columns.len() as f64 + 1.0,
        FileFormat::JsonLines => {
            columns.iter().map(|column| column.name.len() as f64 + MEMBER).sum::<f64>() + 2.0
        }
        // Compression, of which nothing is known, saves more than lengths and levels take.
        FileFormat::Parquet(_) => 0.0,
    }
}

/// Returns the memory that the row groups of Parquet take while they are filled; other formats have none.
pub(super) fn memory_of_row_groups(format: &FileFormat, readers: usize) -> f64 {
    let FileFormat::Parquet(options) = format else { return 0.0 };
    readers as f64 * (options.row_group_size.get() as f64 + BESIDE_GROUP)
}

/// Returns the size of the largest part of a file of this many bytes.
fn largest_part(bytes: f64) -> u64 {
    let sizes = PartSizes::of_object();
    let mut sum = 0.0;
    for number in 1..=MAX_PARTS {
        sum += sizes.size(number) as f64;
        if sum >= bytes {
            return sizes.size(number);
        }
    }
    MAX_PART
}

/// Formats a number of bytes, such as `1.5 GB`.
pub(crate) fn bytes_in_words(bytes: f64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    if value < 10.0 && unit > 0 {
        format!("{value:.1} {}", UNITS[unit])
    } else {
        format!("{value:.0} {}", UNITS[unit])
    }
}

/// Formats a duration, such as `45 s`, `12 min` or `3 h`.
pub(crate) fn time_in_words(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => "less than 1 s".to_owned(),
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        seconds => format!("{:.0} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use extractor_encode::csv::{CsvOptions, Dialect};
    use extractor_encode::parquet::ParquetOptions;

    use super::*;

    #[test]
    fn estimates_grow_with_rows_and_shrink_with_memory() {
        let plan = Plan { rows: 1e9, width: 40.0, cost: 1e6, writes: false };
        let large = Estimate::of(plan, 16.0, Some(1_769));
        assert_eq!(bytes_in_words(large.bytes), "56 GB");
        assert_eq!(time_in_words(large.time), "24 min");
        assert!(large.memory > 3.0 * 8e6);
        assert!(Estimate::of(plan, 16.0, Some(256)).time > large.time * 6);
        let none = Estimate::of(Plan { rows: 0.0, ..plan }, 16.0, None);
        assert_eq!(bytes_in_words(none.bytes), "0 B");
    }

    #[test]
    fn an_object_repeats_the_labels() {
        let column = |name: &str| ResultColumn { name: name.to_owned(), type_oid: 25, type_modifier: -1 };
        let columns = ["id", "name"].map(column);
        let of = |format| around_values(&format, &columns).to_string();
        let line = "{\"id\":\"\",\"name\":\"\"}\n";
        assert_eq!(of(FileFormat::JsonLines), line.len().to_string());
        let csv = CsvOptions::for_dialect(Dialect::Java);
        // This counts one delimiter too many.
        assert_eq!(of(FileFormat::Csv(csv)), "7");
    }

    #[test]
    fn every_reader_of_parquet_fills_a_row_group() {
        assert_eq!(bytes_in_words(memory_of_row_groups(&FileFormat::JsonLines, 4)), "0 B");
        let parquet = FileFormat::Parquet(ParquetOptions::default());
        assert_eq!(bytes_in_words(memory_of_row_groups(&parquet, 1)), "168 MB");
        assert_eq!(bytes_in_words(memory_of_row_groups(&parquet, 4)), "671 MB");
    }

    #[test]
    fn sizes_and_times_are_rounded() {
        assert_eq!(bytes_in_words(1_499_000_000.0), "1.5 GB");
        assert_eq!(bytes_in_words(812.0), "812 B");
        assert_eq!(bytes_in_words(999_999.0), "1.0 MB");
        assert_eq!(time_in_words(Duration::from_millis(3)), "less than 1 s");
        assert_eq!(time_in_words(Duration::from_secs(600)), "10 min");
        assert_eq!(time_in_words(Duration::MAX), "213503982334601 days");
    }
}
