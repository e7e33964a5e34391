//! The outcomes of runs that did not fail.

use super::run::Run;
use super::sink::Written;
use crate::job::{Compression, Extraction};
use crate::response::Outcome;

/// The message of the Java function, which this one replaces.
pub(super) const DONE: &str = "Data extraction completed successfully";

/// Returns the outcome of a complete file with the rows that were read.
pub(super) fn written(
    written: Written,
    run: &Run,
    extraction: &Extraction,
    columns: usize,
    warnings: Vec<String>,
) -> Outcome {
    // Readers count rows alone; a format can have a footer too.
    let is_packed = extraction.compression != Compression::None;
    Outcome {
        bytes_uncompressed: if is_packed { run.progress.bytes() } else { written.bytes },
        message: DONE.to_owned(),
        records_processed: run.progress.rows(),
        s3_location: written.s3_location,
        file: written.file,
        set: None,
        window: None,
        bytes_written: written.bytes,
        columns,
        warnings,
    }
}

/// Returns the outcome of an object that is complete although S3's response was not received.
pub(super) fn stands(found: Written, run: &Run, extraction: &Extraction) -> Outcome {
    let warning = "S3's answer was late; the object was found complete.".to_owned();
    written(found, run, extraction, 0, vec![warning])
}

/// Returns the outcome if another object appeared under the name while rows were read.
pub(super) fn exists(
    existing: Written,
    run: &Run,
    extraction: &Extraction,
    columns: usize,
    mut warnings: Vec<String>,
) -> Outcome {
    warnings.push(format!("The {} appeared meanwhile; this result was not written.", existing.noun()));
    Outcome { bytes_uncompressed: 0, ..written(existing, run, extraction, columns, warnings) }
}

/// Returns the outcome if the object existed before anything was done.
pub(super) fn skipped(existing: Written, warnings: Vec<String>) -> Outcome {
    Outcome {
        message: format!("The {} exists already; nothing was extracted", existing.noun()),
        records_processed: 0,
        s3_location: existing.s3_location,
        file: existing.file,
        set: None,
        window: None,
        bytes_written: existing.bytes,
        bytes_uncompressed: 0,
        columns: 0,
        warnings,
    }
}

/// Returns the outcome if an earlier attempt of the same delivery wrote the object.
pub(super) fn delivered(existing: Written, warnings: Vec<String>) -> Outcome {
    let message =
        "An earlier attempt of this delivery wrote the object; nothing was extracted again".to_owned();
    Outcome { message, ..skipped(existing, warnings) }
}

/// Returns the outcome if there was no row and the event asks for no file in that case.
pub(super) fn empty(columns: usize, warnings: Vec<String>) -> Outcome {
    Outcome {
        message: "The query returned no row; nothing was written".to_owned(),
        records_processed: 0,
        s3_location: None,
        file: None,
        set: None,
        window: None,
        bytes_written: 0,
        bytes_uncompressed: 0,
        columns,
        warnings,
    }
}
