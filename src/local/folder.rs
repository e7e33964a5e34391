//! A folder in which each run writes one file, and keeps what it remembers.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::errors::output_failed;
use super::file::{MODE, sync_folder};
use super::{LocalTarget, Place};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{IfFileExists, LocalOutput};

/// The file whose lock a run holds.
const LOCK: &str = ".lock";

/// A folder, which is created when it is locked. Names of files are relative to the output in which it lies.
#[derive(Debug)]
pub struct Folder {
    output: PathBuf,
    path: PathBuf,
    request_id: String,
}

/// The lock of a folder, which is released when dropped.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl Folder {
    /// Returns the folder `name` in the output.
    ///
    /// # Errors
    /// `InvalidRequest` if the output is not a folder.
    pub fn new(output: &LocalOutput, name: &str, request_id: &str) -> Result<Self> {
        let path = match output {
            LocalOutput::Path(path) => path.as_constant(),
            LocalOutput::Stdout => None,
        };
        let path = path.ok_or_else(|| {
            let message = "The output is not the name of a folder.";
            Error::new(ErrorType::InvalidRequest, Stage::Event, message)
        })?;
        let output = PathBuf::from(path);
        Ok(Self { path: output.join(name), output, request_id: request_id.to_owned() })
    }

    /// Creates the folder, and locks it unless another process has done so.
    ///
    /// # Errors
    /// `OutputFailed`.
    pub fn lock(&self) -> Result<Option<FolderLock>> {
        let locked = || {
            std::fs::create_dir_all(&self.path)?;
            let file = OpenOptions::new().create(true).append(true).open(self.path.join(LOCK))?;
            match file.try_lock() {
                Ok(()) => Ok(Some(FolderLock { _file: file })),
                Err(TryLockError::WouldBlock) => Ok(None),
                Err(TryLockError::Error(error)) => Err(error),
            }
        };
        locked().map_err(|error| self.failed(&error))
    }

    /// Returns the path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.output.join(name)
    }

    /// Reads a file; returns `None` if there is none.
    ///
    /// # Errors
    /// `OutputFailed`.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match std::fs::read(self.path(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Replaces a file at once.
    ///
    /// # Errors
    /// `OutputFailed`.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let written = || {
            let mut file = tempfile::Builder::new()
                .prefix(".state.")
                .suffix(".part")
                .permissions(Permissions::from_mode(MODE))
                .tempfile_in(&self.path)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(self.path(name)).map_err(|refused| refused.error)?;
            sync_folder(&self.path);
            Ok(())
        };
        written().map_err(|error| self.failed(&error))
    }

    /// Returns a file as the target of a run, which keeps one that is there. Its folder is created.
    ///
    /// # Errors
    /// `OutputFailed`.
    pub fn target(&self, name: &str) -> Result<LocalTarget> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| self.failed(&error))?;
        }
        Ok(LocalTarget {
            place: Place::Path(path),
            if_exists: IfFileExists::Skip,
            request_id: self.request_id.clone(),
        })
    }

    fn failed(&self, error: &io::Error) -> Error {
        output_failed(&self.path.display().to_string(), error)
    }
}
