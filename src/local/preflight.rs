//! Checks the output before the query runs.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::errors::{STANDARD_OUTPUT, file_exists, output_failed};
use super::file::Unfinished;
use super::stdout::stdout;
use super::writer::LocalWriter;
use super::{LocalTarget, Place};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::IfFileExists;

/// The result of the check before the query runs.
#[derive(Debug)]
pub enum Preflight {
    /// Writing can begin.
    Ready(LocalWriter),
    /// The file exists, with this many bytes, and [`IfFileExists::Skip`] keeps it.
    Skip(PathBuf, u64),
}

impl LocalWriter {
    /// Opens the output: a temporary file beside the wanted one, or the output itself if it cannot be
    /// renamed.
    ///
    /// # Errors
    ///
    /// `ObjectExists` with [`IfFileExists::Fail`]; `InvalidRequest` for a folder; `OutputFailed`.
    pub async fn preflight(target: LocalTarget) -> Result<Preflight> {
        let path = match &target.place {
            Place::Stdout => {
                let file = stdout().map_err(|error| output_failed(STANDARD_OUTPUT, &error))?;
                return Ok(Preflight::Ready(Self::start(STANDARD_OUTPUT.to_owned(), file, None)?));
            }
            Place::Path(path) => path.clone(),
        };
        let what = path.display().to_string();
        match std::fs::metadata(&path) {
            Ok(found) if found.is_dir() => Err(folder(&path)),
            Ok(found) if !found.is_file() => {
                // Opening a named pipe waits for its reader.
                let opened = tokio::task::spawn_blocking(move || open(&path)).await.map_err(io::Error::other);
                let file = opened.flatten().map_err(|error| output_failed(&what, &error))?;
                Ok(Preflight::Ready(Self::start(what, file, None)?))
            }
            Ok(found) if target.if_exists == IfFileExists::Skip => Ok(Preflight::Skip(path, found.len())),
            Ok(_) if target.if_exists == IfFileExists::Fail => Err(file_exists(&path)),
            found => {
                if target.if_exists == IfFileExists::Fail && std::fs::symlink_metadata(&path).is_ok() {
                    // A link without a target has the name too.
                    return Err(file_exists(&path));
                }
                let replaced = found.ok().filter(|_| target.if_exists == IfFileExists::Overwrite);
                let created =
                    Unfinished::create(path, target.if_exists, replaced.as_ref(), target.request_id);
                let (file, unfinished) = created.map_err(|error| output_failed(&what, &error))?;
                Ok(Preflight::Ready(Self::start(what, file, Some(unfinished))?))
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

fn folder(path: &Path) -> Error {
    let message = format!("{} is a folder; --output takes the name of a file.", path.display());
    Error::new(ErrorType::InvalidRequest, Stage::Upload, message)
        .with_hint(format!("Name a file in it: --output {}", path.join("FILE.csv").display()))
}
