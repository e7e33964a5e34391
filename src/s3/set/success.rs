//! `_SUCCESS`, the empty object for readers that wait for a complete set.

use super::upload::SetUpload;
use crate::part::{Part, SUCCESS};

/// Metadata of `_SUCCESS`.
pub(super) const ROWS: &str = "rows";
pub(super) const FILES: &str = "files";
pub(super) const BYTES: &str = "bytes";

impl SetUpload {
    /// Writes `_SUCCESS` after the manifest. The set is complete without it, so a failure is a warning, which is
    /// returned.
    pub(super) async fn write_success(&self, bytes: u64) -> Option<String> {
        let destination = self.destination.describing(SUCCESS);
        let mut properties = destination.properties();
        "application/octet-stream".clone_into(&mut properties.content_type);
        if let Some((rows, files)) = self.figures {
            let figures = [(ROWS, rows), (FILES, files), (BYTES, bytes)];
            properties.metadata.extend(figures.map(|(name, figure)| (name.to_owned(), figure.to_string())));
        }
        let key = destination.keys.current();
        match self.bucket.put(&properties, &key, &Part::empty()).await {
            Ok(_) => None,
            // The response to an earlier attempt was lost.
            Err(failure) if failure.refused() => None,
            Err(failure) => {
                let error = failure.into_error(&self.bucket.name, &key);
                Some(format!("The set is complete, but {SUCCESS} was not written: {}", error.message))
            }
        }
    }
}
