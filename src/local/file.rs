//! A file that gets its name only when it is complete.

use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::errors::{file_exists, output_failed};
use super::finished::Finished;
use crate::error::Result;
use crate::job::IfFileExists;
use crate::names::Names;

/// The permissions before the umask; a temporary file would be accessible to the user only.
pub(super) const MODE: u32 = 0o666;
/// The number of names that are tried.
pub(super) const TRIES: u32 = 12;

/// A temporary file, which is removed when dropped.
#[derive(Debug)]
pub(super) struct Unfinished {
    temporary: TempPath,
    wanted: PathBuf,
    names: Names,
    if_exists: IfFileExists,
}

impl Unfinished {
    /// Creates a temporary file beside `wanted`. If `wanted` is a link to a file that is to be replaced, the
    /// temporary file is beside that file; `replaced` is its metadata. If the name is taken, other names are
    /// derived from `id`.
    pub(super) fn create(
        mut wanted: PathBuf,
        if_exists: IfFileExists,
        replaced: Option<&Metadata>,
        id: String,
    ) -> io::Result<(File, Self)> {
        let mut mode = MODE;
        if let Some(replaced) = replaced {
            // Renaming would replace the link itself, and a file that only its owner can read must stay so.
            wanted = std::fs::canonicalize(&wanted)?;
            mode = replaced.permissions().mode() & 0o777;
        }
        let name = wanted.file_name().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".part")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder_of(&wanted))
            // The crate's own message names the temporary file, which means nothing to the user.
            .map_err(|error| io::Error::from(error.kind()))?;
        let (file, temporary) = file.into_parts();
        if replaced.is_some() {
            // The umask does not apply to a file that exists.
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        let names = Names::new(&name, id);
        Ok((file, Self { temporary, wanted, names, if_exists }))
    }

    /// Gives the complete file the first name that is free. There is no await between the renaming and the
    /// result, so an interruption cannot undo a complete file.
    pub(super) fn finish(self, bytes: u64) -> Result<Finished> {
        let Self { mut temporary, wanted, mut names, if_exists } = self;
        if if_exists == IfFileExists::Overwrite {
            let replaced = temporary.persist(&wanted);
            replaced.map_err(|refused| output_failed(&wanted.display().to_string(), &refused.error))?;
            sync_folder(folder_of(&wanted));
            return Ok(Finished::Written(wanted, bytes));
        }
        let mut path = wanted.clone();
        for _ in 0..TRIES {
            let refused = match temporary.persist_noclobber(&path) {
                Ok(()) => {
                    sync_folder(folder_of(&wanted));
                    return Ok(Finished::Written(path, bytes));
                }
                Err(refused) => refused,
            };
            if refused.error.kind() != io::ErrorKind::AlreadyExists {
                return Err(output_failed(&path.display().to_string(), &refused.error));
            }
            match if_exists {
                IfFileExists::Fail | IfFileExists::Overwrite => return Err(file_exists(&path)),
                IfFileExists::Skip => {
                    let bytes = std::fs::metadata(&path).map_or(0, |found| found.len());
                    return Ok(Finished::Exists(path, bytes));
                }
                IfFileExists::Suffix => {
                    names.advance();
                    path = wanted.with_file_name(names.current());
                }
            }
            temporary = refused.path;
        }
        Err(file_exists(&path))
    }
}

/// Returns the folder of a file; for a bare name, the current one.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Synchronizes a folder, since a new name could be lost in a power failure otherwise. File systems that
/// cannot do so are ignored.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
