//! Standard output.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use rustix::fs::{OFlags, fcntl_getfl};

/// Returns standard output without the buffer of the standard library, which looks for line endings.
///
/// # Errors
/// If standard output is closed. Programs that are started without one get an error instead of losing what they write.
pub(crate) fn stdout() -> io::Result<File> {
    let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    if is_closed(&file)? { Err(io::Error::other("it is closed")) } else { Ok(file) }
}

/// Returns whether standard output was closed when the program started. The standard library opens the null device in its
/// place, for reading and writing; a redirection to the null device is for writing only.
fn is_closed(stdout: &File) -> io::Result<bool> {
    let found = stdout.metadata()?;
    if !found.file_type().is_char_device() || std::fs::metadata("/dev/null")?.rdev() != found.rdev() {
        return Ok(false);
    }
    Ok(fcntl_getfl(stdout)? & OFlags::RWMODE == OFlags::RDWR)
}
