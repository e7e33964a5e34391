//! Errors of sets, in which a folder stands for what is in it: keys hold cells' values.

use crate::error::{Error, ErrorType, Stage};
use crate::s3::destination::Destination;

/// Returns the error for a folder in which something stands.
pub(super) fn folder_taken(location: &str) -> Error {
    let message = format!("{location} holds objects, and a set is written to an empty folder.");
    Error::new(ErrorType::ObjectExists, Stage::Upload, message)
}

/// Returns the error for a folder that another run has claimed.
pub(super) fn being_written(location: &str) -> Error {
    let message = format!("Another run is writing to {location}.");
    Error::new(ErrorType::ObjectExists, Stage::Upload, message)
}

/// Returns the error for what a killed run has left and cannot be removed without permission for `action`.
pub(super) fn cannot_clear(location: &str, action: &str) -> Error {
    let message = format!(
        "{location} holds what a run that was killed has left, and it cannot be removed without {action}."
    );
    Error::new(ErrorType::ObjectExists, Stage::Upload, message).with_retryable(false).with_hint(format!(
        "Grant {action} to the function's role, or remove it: aws s3 rm --recursive {location}"
    ))
}

/// Returns the error for a set that may be complete or not.
pub(super) fn in_doubt(manifest: &Destination) -> Error {
    let (bucket, key) = (&manifest.bucket, manifest.keys.current());
    let message = format!(
        "S3 does not say whether s3://{bucket}/{key} was written: if it exists, its set is complete, otherwise the files \
         beside it are left over."
    );
    let hint = format!("Look for it: aws s3api head-object --bucket {bucket} --key '{key}'");
    Error::new(ErrorType::UploadFailed, Stage::Upload, message).with_retryable(false).with_hint(hint)
}
