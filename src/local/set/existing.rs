//! A set that was complete before.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::part::{MANIFEST, SetExisting};

/// What a manifest says about its set.
#[derive(Debug, Default, Deserialize)]
struct Figures {
    rows: Option<u64>,
    bytes: Option<u64>,
    files: Option<Vec<IgnoredAny>>,
}

/// Describes the set in a folder, if there is one.
pub(super) fn existing(folder: &Path) -> Option<SetExisting> {
    let path = folder.join(MANIFEST);
    let manifest = std::fs::read(&path).ok()?;
    let Figures { rows, bytes, files } = serde_json::from_slice(&manifest).unwrap_or_default();
    Some(SetExisting {
        location: folder.display().to_string(),
        manifest: path.display().to_string(),
        rows,
        files: files.map(|files| files.len() as u64),
        bytes,
    })
}
