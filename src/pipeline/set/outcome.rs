//! The outcomes of sets that did not fail.

use super::sink::{Existing, Written};
use crate::job::{Compression, Extraction};
use crate::pipeline::outcome::{self, DONE};
use crate::pipeline::run::Run;
use crate::response::{Outcome, SetOutcome};

/// Returns the outcome of a complete set with the rows that were read. `files` is their number, if it is known.
pub(in crate::pipeline) fn written(
    Written { place, manifest, bytes, warnings: mut late }: Written,
    run: &Run,
    extraction: &Extraction,
    files: Option<u64>,
    columns: usize,
    mut warnings: Vec<String>,
) -> Outcome {
    warnings.append(&mut late);
    let is_packed = extraction.compression != Compression::None;
    Outcome {
        message: DONE.to_owned(),
        records_processed: run.progress.rows(),
        s3_location: place.s3_location(),
        file: place.file(),
        set: Some(SetOutcome { manifest, files, tables: Vec::new() }),
        window: None,
        bytes_written: bytes,
        bytes_uncompressed: if is_packed { run.progress.bytes() } else { bytes },
        columns,
        warnings,
    }
}

/// Returns the outcome of a set that is complete although S3's response was not received.
pub(in crate::pipeline) fn stands(found: Written, run: &Run, extraction: &Extraction) -> Outcome {
    let warning = "S3's answer was late; the set was found complete.".to_owned();
    written(found, run, extraction, None, 0, vec![warning])
}

/// Returns the outcome if another set appeared under the name while rows were read.
pub(super) fn exists(existing: Existing, columns: usize, mut warnings: Vec<String>) -> Outcome {
    warnings.push("The set appeared meanwhile; this result was not written.".to_owned());
    Outcome { message: DONE.to_owned(), columns, ..skipped(existing, warnings) }
}

/// Returns the outcome if the set existed before anything was done.
pub(in crate::pipeline) fn skipped(existing: Existing, warnings: Vec<String>) -> Outcome {
    let Existing { place, manifest, files, bytes } = existing;
    Outcome {
        message: "The set exists already; nothing was extracted".to_owned(),
        s3_location: place.s3_location(),
        file: place.file(),
        set: Some(SetOutcome { manifest, files, tables: Vec::new() }),
        window: None,
        bytes_written: bytes.unwrap_or(0),
        ..outcome::empty(0, warnings)
    }
}

/// Returns the outcome if an earlier attempt of the same delivery wrote the set.
pub(in crate::pipeline) fn delivered(existing: Existing, warnings: Vec<String>) -> Outcome {
    let message = "An earlier attempt of this delivery wrote the set; nothing was extracted again".to_owned();
    Outcome { message, ..skipped(existing, warnings) }
}
