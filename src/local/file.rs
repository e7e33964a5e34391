//! A file that has its name only when it is complete.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::errors::{file_exists, output_failed};
use super::writer::Finished;
use crate::error::Result;
use crate::event::IfExists;
use crate::s3::{ObjectKey, suffix};

/// Readable and writable as the user's umask says; temporary files are the user's alone otherwise.
const MODE: u32 = 0o666;
/// Names that are tried before giving up.
const TRIES: u32 = 12;

/// The wanted name and those after it.
#[derive(Debug)]
pub(super) struct Names {
    wanted: PathBuf,
    if_exists: IfExists,
    request_id: String,
    tries: u32,
}

impl Names {
    pub(super) fn new(wanted: PathBuf, if_exists: IfExists, request_id: String) -> Self {
        Self { wanted, if_exists, request_id, tries: 0 }
    }

    fn current(&self) -> PathBuf {
        if self.tries == 0 {
            return self.wanted.clone();
        }
        let name = self.wanted.file_name().unwrap_or_default().to_string_lossy();
        self.wanted.with_file_name(ObjectKey::new(&name).suffixed(&suffix(&self.request_id, self.tries)))
    }

    /// The folder, which an empty path means to be the current one.
    fn folder(&self) -> &Path {
        self.wanted.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

/// The temporary file; dropping it removes it.
#[derive(Debug)]
pub(super) struct Unfinished {
    temporary: TempPath,
    names: Names,
}

impl Unfinished {
    pub(super) fn create(names: Names) -> io::Result<(File, Self)> {
        let name = names.wanted.file_name().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".part")
            .permissions(Permissions::from_mode(MODE))
            .tempfile_in(names.folder())
            // The crate's own words name the temporary file, which nobody asked for.
            .map_err(|error| io::Error::from(error.kind()))?;
        let (file, temporary) = file.into_parts();
        Ok((file, Self { temporary, names }))
    }

    /// Gives the complete file the first name that is free. No await lies between the renaming and the answer, so
    /// that an interruption cannot take back what stands.
    pub(super) fn finish(self, bytes: u64) -> Result<Finished> {
        let Self { mut temporary, mut names } = self;
        for _ in 0..TRIES {
            let path = names.current();
            let refused = match temporary.persist_noclobber(&path) {
                Ok(()) => {
                    sync_folder(names.folder());
                    return Ok(Finished::Written(path, bytes));
                }
                Err(refused) => refused,
            };
            if refused.error.kind() != io::ErrorKind::AlreadyExists {
                return Err(output_failed(&path.display().to_string(), &refused.error));
            }
            match names.if_exists {
                IfExists::Fail => return Err(file_exists(&path)),
                IfExists::Skip => {
                    let bytes = std::fs::metadata(&path).map_or(0, |found| found.len());
                    return Ok(Finished::Exists(path, bytes));
                }
                IfExists::Suffix => names.tries += 1,
            }
            temporary = refused.path;
        }
        Err(file_exists(&names.current()))
    }
}

/// Without it the name could be gone after a power failure; where a file system cannot do it, nothing can.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_after_the_wanted_one_keep_folder_and_extension() {
        let mut names = Names::new("out/users.csv.gz".into(), IfExists::Suffix, "8f14e45f-ceea-467f".into());
        assert_eq!(names.current(), Path::new("out/users.csv.gz"));
        names.tries = 1;
        assert_eq!(names.current(), Path::new("out/users_8f14e45f.csv.gz"));
        let here = Names::new("users.csv".into(), IfExists::Suffix, String::new());
        assert_eq!(here.folder(), Path::new("."));
    }
}
