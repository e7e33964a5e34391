//! What an extraction may use, and whether that is enough.

use std::time::Duration;

use super::diagnosis::HopResult;
use super::estimate::{Estimate, bytes_in_words, memory_of_row_groups, time_in_words};
use crate::job::Extraction;

/// The time and memory available to an extraction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    /// The time limit of an invocation, or `None` if there is none.
    pub time: Option<Duration>,
    /// The memory of the function in MB, or `None` outside of Lambda.
    pub memory: Option<u64>,
}

/// Adds warnings if the extraction may need more time or memory than there is.
pub(super) fn weigh(
    mut result: HopResult,
    estimate: Estimate,
    extraction: &Extraction,
    means: Means,
) -> HopResult {
    let (bytes, time) = (bytes_in_words(estimate.bytes), time_in_words(estimate.time));
    if means.time.is_some_and(|limit| estimate.time > limit) {
        result = result.warn(
            format!("By the planner's estimate the extraction takes about {time}, but an invocation has {}.", time_in_words(means.time.unwrap_or_default())),
            "Give the function more time and memory (terraform: timeout, memory_size; 1769 MB is a whole core), split the query, or run it with rds-data-extractor extract, which has no limit. ANALYZE improves the estimate.",
        );
    }
    if let Some(memory) = means.memory.filter(|memory| estimate.memory > *memory as f64 * 1e6 / 2.0) {
        result = result.warn(
            format!(
                "A file of {bytes} needs parts of S3 that together take {} of the function's {memory} MB.",
                bytes_in_words(estimate.memory)
            ),
            "Give the function more memory (terraform: memory_size), or split the query.",
        );
    }
    let readers = extraction.readers.several().unwrap_or(1);
    let groups = memory_of_row_groups(&extraction.format, readers);
    if let Some(memory) = means.memory.filter(|memory| groups > *memory as f64 * 1e6) {
        result = result.warn(
            format!("The row groups of Parquet take up to {} of the function's {memory} MB.", bytes_in_words(groups)),
            "Give the function more memory (terraform: memory_size), or choose a smaller parquet.rowGroupSize or fewer readers.",
        );
    }
    result
}
