//! A file that has its name only when it is complete.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::errors::{file_exists, output_failed};
use super::finished::Finished;
use crate::error::Result;
use crate::job::IfExists;
use crate::names::Names;

/// Readable and writable as the user's umask says; temporary files are the user's alone otherwise.
const MODE: u32 = 0o666;
/// Names that are tried before giving up.
const TRIES: u32 = 12;

/// The temporary file; dropping it removes it.
#[derive(Debug)]
pub(super) struct Unfinished {
    temporary: TempPath,
    wanted: PathBuf,
    names: Names,
    if_exists: IfExists,
}

impl Unfinished {
    /// Creates a temporary file beside `wanted`. Other names, where that is taken, are made of `id`.
    pub(super) fn create(wanted: PathBuf, if_exists: IfExists, id: String) -> io::Result<(File, Self)> {
        let name = wanted.file_name().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".part")
            .permissions(Permissions::from_mode(MODE))
            .tempfile_in(folder(&wanted))
            // The crate's own words name the temporary file, which nobody asked for.
            .map_err(|error| io::Error::from(error.kind()))?;
        let (file, temporary) = file.into_parts();
        let names = Names::new(&name, id);
        Ok((file, Self { temporary, wanted, names, if_exists }))
    }

    /// Gives the complete file the first name that is free. No await lies between the renaming and the answer, so
    /// that an interruption cannot take back what stands.
    pub(super) fn finish(self, bytes: u64) -> Result<Finished> {
        let Self { mut temporary, wanted, mut names, if_exists } = self;
        let mut path = wanted.clone();
        for _ in 0..TRIES {
            let refused = match temporary.persist_noclobber(&path) {
                Ok(()) => {
                    sync_folder(folder(&wanted));
                    return Ok(Finished::Written(path, bytes));
                }
                Err(refused) => refused,
            };
            if refused.error.kind() != io::ErrorKind::AlreadyExists {
                return Err(output_failed(&path.display().to_string(), &refused.error));
            }
            match if_exists {
                IfExists::Fail => return Err(file_exists(&path)),
                IfExists::Skip => {
                    let bytes = std::fs::metadata(&path).map_or(0, |found| found.len());
                    return Ok(Finished::Exists(path, bytes));
                }
                IfExists::Suffix => {
                    names.advance();
                    path = wanted.with_file_name(names.current());
                }
            }
            temporary = refused.path;
        }
        Err(file_exists(&path))
    }
}

/// The folder of a file; that of a bare name is the current one.
fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Without it the name could be gone after a power failure; where a file system cannot do it, nothing can.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
