//! Whether the rows become one file or a set of files.

/// Whether the rows become one file or a set of files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One file.
    File,
    /// Several files in a folder, which appear as one.
    Set(SetOptions),
}

/// How rows are distributed among the files of a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SetOptions {
    /// The size in bytes at which a file ends; `None` for files of any size.
    pub max_file_size: Option<u64>,
    /// The columns whose values become folders, and which the files do not have.
    pub partition_by: Vec<String>,
    /// Whether a manifest for Redshift's COPY is written too.
    pub redshift: bool,
}

impl Layout {
    /// Returns the options of a set.
    pub fn set(&self) -> Option<&SetOptions> {
        match self {
            Self::File => None,
            Self::Set(options) => Some(options),
        }
    }
}
