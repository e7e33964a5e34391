//! Names whose extensions determine the format and the compression of the file.

use crate::job::{Ending, FileName, Template};

/// A name whose extensions determine the format and the compression of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    /// The name in errors.
    pub(super) source: &'static str,
    pub(super) ending: Ending,
    /// Whether `Content-Encoding` can state a compression that the name does not show.
    pub(super) has_header: bool,
}

impl Named {
    /// Returns the name of standard output, which has no extension.
    pub(super) fn nothing() -> Self {
        Self { source: "--output", ending: Ending::NONE, has_header: false }
    }

    /// Returns the name of a set's folder, whose extension says nothing about the files in it.
    pub(super) fn folder() -> Self {
        Self { source: "The set", ending: Ending::NONE, has_header: true }
    }

    /// Returns the name of a local file.
    pub(super) fn file(path: &Template) -> Self {
        Self { source: "--output", ending: path.ending(), has_header: false }
    }

    /// Returns the name of an object. A name that is made of a prefix gets the extensions of the format and
    /// the compression.
    pub(super) fn object(name: &FileName) -> Self {
        let ending = match name {
            FileName::Exact(name) => name.ending(),
            FileName::Prefix(_) => Ending::NONE,
        };
        Self { source: "`fileName`", ending, has_header: true }
    }
}
