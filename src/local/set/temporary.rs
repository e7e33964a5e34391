//! The folder in which a set is written before it has its name.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use crate::local::file::folder_of;

/// The permissions before the umask; a temporary folder would be accessible to the user only.
const MODE: u32 = 0o777;

/// Creates a temporary folder beside `wanted`, which is removed when dropped.
pub(super) fn create_beside(wanted: &Path) -> io::Result<TempDir> {
    let name = wanted.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".part")
        .permissions(Permissions::from_mode(MODE))
        .tempdir_in(folder_of(wanted))
        // The crate's own message names the temporary folder, which means nothing to the user.
        .map_err(|error| io::Error::from(error.kind()))
}

/// Opens a file to append to it, and creates it and the folders in which it is. It is closed after each part, since a set
/// can have more open files than a process may.
pub(super) fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).create(folder_of(path))?;
            options.open(path)
        }
        opened => opened,
    }
}

/// Writes a whole file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = append_to(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Synchronizes the folder and the folders in it, so that the names of their files last.
pub(super) fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    crate::local::file::sync_folder(folder);
    Ok(())
}
