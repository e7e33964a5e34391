//! Makes a set appear.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::existing::existing;
use super::temporary::{sync_folders, write};
use super::upload::{LocalSet, SetFinished};
use crate::error::Result;
use crate::job::IfFileExists;
use crate::local::errors::{folder_taken, output_failed};
use crate::local::file::{TRIES, folder_of, sync_folder};
use crate::names::Names;
use crate::part::{MANIFEST, SUCCESS, SetManifest, SetWritten};

impl LocalSet {
    /// Makes the folder appear with all files and the manifest. Call it only after all files have ended and the
    /// database has confirmed that the result is complete.
    ///
    /// # Errors
    ///
    /// Those of [`Self::push`], and `ObjectExists` if something has appeared in the folder in the meantime. The set
    /// must then be aborted.
    pub async fn commit(&mut self, manifest: SetManifest) -> Result<SetFinished> {
        let written = self.writer.finish().await;
        written.map_err(|error| self.failed(&error))?;
        let Some(temporary) = &self.temporary else {
            return Err(self.failed(&io::Error::other("it was closed already")));
        };
        let folder = Arc::clone(temporary);
        let described = tokio::task::spawn_blocking(move || describe(folder.path(), &manifest)).await;
        described.map_err(io::Error::other).flatten().map_err(|error| self.failed(&error))?;
        self.rename()
    }

    /// Gives the complete folder the first name that is free. There is no await between the renaming and the
    /// result, so an interruption cannot undo a complete set.
    fn rename(&mut self) -> Result<SetFinished> {
        let Some(temporary) = self.temporary.take() else {
            return Err(self.failed(&io::Error::other("it was closed already")));
        };
        let wanted = &self.target.folder;
        let name = wanted.file_name().unwrap_or_default().to_string_lossy();
        let mut names = Names::new(&name, self.target.id.as_str());
        let mut path = wanted.clone();
        for _ in 0..TRIES {
            // This replaces an empty folder, and nothing else.
            match std::fs::rename(temporary.path(), &path) {
                Ok(()) => {
                    // Nothing is left under the temporary name.
                    drop(Arc::into_inner(temporary).map(tempfile::TempDir::keep));
                    sync_folder(folder_of(&path));
                    let (location, manifest) = (path.display(), path.join(MANIFEST).display().to_string());
                    let (location, bytes) = (location.to_string(), self.bytes);
                    self.named = Some(path);
                    return Ok(SetFinished::Written(SetWritten {
                        location,
                        manifest,
                        bytes,
                        warnings: Vec::new(),
                    }));
                }
                Err(error) if is_taken(&error) => {}
                Err(error) => return Err(output_failed(&path.display().to_string(), &error)),
            }
            match self.target.if_exists {
                IfFileExists::Suffix => {
                    names.advance();
                    path = wanted.with_file_name(names.current());
                }
                IfFileExists::Skip => {
                    return existing(&path).map(SetFinished::Exists).ok_or_else(|| folder_taken(&path));
                }
                IfFileExists::Fail | IfFileExists::Overwrite => break,
            }
        }
        Err(folder_taken(&path))
    }
}

fn is_taken(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory};
    matches!(error.kind(), AlreadyExists | DirectoryNotEmpty | NotADirectory)
}

/// Writes what describes the set, and synchronizes the names of all files.
fn describe(folder: &Path, manifest: &SetManifest) -> io::Result<()> {
    for (name, bytes) in &manifest.others {
        write(&folder.join(name), bytes)?;
    }
    write(&folder.join(MANIFEST), &manifest.bytes)?;
    write(&folder.join(SUCCESS), &[])?;
    sync_folders(folder)
}
