//! Small files, which are written whole.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::errors::output_failed;
use super::file::Unfinished;
use crate::error::Result;
use crate::job::IfFileExists;

/// Writes a file, which appears under its name only when it is complete and replaces one that exists. A named pipe or a
/// device is written to directly.
///
/// # Errors
/// `OutputFailed`.
pub(crate) async fn write_whole(path: PathBuf, bytes: Vec<u8>) -> Result<()> {
    let what = path.display().to_string();
    // Opening a named pipe waits for its reader.
    let written = tokio::task::spawn_blocking(move || write(&path, &bytes)).await;
    written.map_err(io::Error::other).flatten().map_err(|error| output_failed(&what, &error))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let found = std::fs::metadata(path).ok();
    if found.as_ref().is_some_and(|found| !found.is_file()) {
        return std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let id = String::new();
    let (mut file, unfinished) =
        Unfinished::create(path.to_owned(), IfFileExists::Overwrite, found.as_ref(), id)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let finished = unfinished.finish(bytes.len() as u64);
    finished.map(drop).map_err(|error| io::Error::other(error.message))
}
