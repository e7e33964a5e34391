//! Checks the folder before the query runs.

use std::path::Path;
use std::sync::Arc;

use super::existing::existing;
use super::target::SetTarget;
use super::temporary::create_beside;
use super::upload::LocalSet;
use super::writer::Writer;
use crate::error::Result;
use crate::job::IfFileExists;
use crate::local::errors::{folder_taken, output_failed};
use crate::part::SetExisting;

/// The result of the check before the query runs.
#[derive(Debug)]
pub enum SetPreflight {
    /// Files can be written.
    Ready(LocalSet),
    /// The set exists, and [`IfFileExists::Skip`] keeps it.
    Skip(SetExisting),
}

impl LocalSet {
    /// Creates a temporary folder beside the wanted one.
    ///
    /// # Errors
    ///
    /// `ObjectExists` if something is in the folder, unless the set gets a suffix, or is complete and
    /// [`IfFileExists::Skip`] keeps it; `OutputFailed`.
    #[allow(clippy::unused_async, reason = "a set in S3 has the same methods")]
    pub async fn preflight(mut target: SetTarget) -> Result<SetPreflight> {
        let what = target.folder.display().to_string();
        // Renaming would not replace a link to an empty folder.
        if let Ok(folder) = target.folder.canonicalize() {
            target.folder = folder;
        }
        if target.if_exists != IfFileExists::Suffix && is_taken(&target.folder) {
            return match existing(&target.folder) {
                Some(existing) if target.if_exists == IfFileExists::Skip => Ok(SetPreflight::Skip(existing)),
                _ => Err(folder_taken(&target.folder)),
            };
        }
        let create = || {
            let temporary = Arc::new(create_beside(&target.folder)?);
            let writer = Writer::start(Arc::clone(&temporary))?;
            Ok((temporary, writer))
        };
        let (temporary, writer) = create().map_err(|error| output_failed(&what, &error))?;
        Ok(SetPreflight::Ready(LocalSet::new(target, temporary, writer)))
    }
}

/// Returns whether the name is that of anything but an empty folder.
fn is_taken(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => folder.symlink_metadata().is_ok(),
    }
}
