//! Errors of local output.

use std::io;
use std::path::Path;

use crate::error::{Error, ErrorType, Stage};

/// The name of standard output in messages.
pub(super) const STANDARD_OUTPUT: &str = "standard output";

/// Returns the error for a name that is taken.
pub(super) fn file_exists(path: &Path) -> Error {
    let message = format!("{} exists and is not overwritten.", path.display());
    Error::new(ErrorType::ObjectExists, Stage::Upload, message)
        .with_retryable(false)
        .with_hint(
            "Choose another --output, or say what happens to the file: --if-exists overwrite replaces it once the new one is \
             complete, suffix writes another beside it, skip leaves it at that.",
        )
}

/// Returns the error for a set whose folder is not empty.
pub(super) fn folder_taken(folder: &Path) -> Error {
    let message = format!("{} is not empty, and a set is written to an empty folder.", folder.display());
    Error::new(ErrorType::ObjectExists, Stage::Upload, message)
        .with_retryable(false)
        .with_hint(
            "Choose another --output, or say what happens: --if-exists suffix writes another folder beside it, skip leaves it \
             at that if it holds a complete set.",
        )
}

/// Returns the error for an output that cannot be written; `what` names it.
pub(super) fn output_failed(what: &str, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        let message = format!("The reader of {what} stopped reading.");
        return Error::new(ErrorType::Cancelled, Stage::Upload, message);
    }
    let why = match error.kind() {
        io::ErrorKind::NotFound => "its folder does not exist".to_owned(),
        _ => error.to_string(),
    };
    let failed =
        Error::new(ErrorType::OutputFailed, Stage::Upload, format!("{what} could not be written: {why}."));
    if what != STANDARD_OUTPUT {
        return failed;
    }
    failed.with_hint(
        "Check where standard output goes: > FILE, a pipe, a full disk. --output FILE writes a file.",
    )
}
