//! Names whose end says what the file is.

use crate::job::{Ending, FileName, Template};

/// A name whose end says what the file is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    /// The name in errors.
    pub(super) source: &'static str,
    pub(super) ending: Ending,
    /// Whether `Content-Encoding` can say what the name does not.
    pub(super) has_header: bool,
}

impl Named {
    /// Standard output.
    pub(super) fn nothing() -> Self {
        Self { source: "--output", ending: Ending::NONE, has_header: false }
    }

    /// A local file.
    pub(super) fn file(path: &Template) -> Self {
        Self { source: "--output", ending: path.ending(), has_header: false }
    }

    /// An object. A name that is made of a prefix gets the endings of the format and the compression.
    pub(super) fn object(name: &FileName) -> Self {
        let ending = match name {
            FileName::Exact(name) => name.ending(),
            FileName::Prefix(_) => Ending::NONE,
        };
        Self { source: "`fileName`", ending, has_header: true }
    }
}
