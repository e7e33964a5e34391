//! How many sessions read, and how the rows are divided among them.

use std::num::NonZeroU8;

/// How many sessions read, and how the rows are divided among them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Readers {
    /// One session reads all.
    One,
    /// This many sessions read ranges of a table's pages.
    ByPages(NonZeroU8),
    /// This many sessions read ranges of a column of the query's result.
    ByColumn(NonZeroU8, String),
}

impl Readers {
    /// The highest number of readers.
    pub const MOST: i64 = 64;

    /// Returns the number of readers if there are several.
    pub fn several(&self) -> Option<usize> {
        match self {
            Self::One => None,
            Self::ByPages(readers) | Self::ByColumn(readers, _) => Some(usize::from(readers.get())),
        }
    }
}
