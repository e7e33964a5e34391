//! The compression of the file.

use std::ops::RangeInclusive;

/// The compression of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// No compression.
    None,
    /// gzip, `.gz`.
    Gzip,
    /// Zstandard, `.zst`.
    Zstd,
}

impl Compression {
    /// All compressions, by name.
    pub(crate) const NAMES: [(&str, Self); 3] =
        [("none", Self::None), ("gzip", Self::Gzip), ("zstd", Self::Zstd)];

    /// Returns the name that the event uses, which is also the name of the content coding in HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Returns the file extension that follows that of the format.
    pub fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    /// Returns the range of levels. Those of Zstandard above 19 take up to a gigabyte of memory; its own
    /// command requires `--ultra` for them.
    pub(crate) fn levels(self) -> Option<RangeInclusive<i32>> {
        match self {
            Self::None => None,
            Self::Gzip => Some(1..=9),
            Self::Zstd => Some(1..=19),
        }
    }
}
