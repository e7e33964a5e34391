//! How the file is packed.

use std::ops::RangeInclusive;

/// How the file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, `.gz`.
    Gzip,
    /// Zstandard, `.zst`.
    Zstd,
}

impl Compression {
    /// All of them, by name.
    pub(crate) const NAMES: [(&str, Self); 3] =
        [("none", Self::None), ("gzip", Self::Gzip), ("zstd", Self::Zstd)];

    /// The name, as the event has it and as HTTP has it for a content coding.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// What a file's name ends with, behind `.csv`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    /// The levels that there are. Those of Zstandard above 19 take up to a gigabyte of memory; its own command asks
    /// for `--ultra` before it goes there.
    pub(crate) fn levels(self) -> Option<RangeInclusive<i32>> {
        match self {
            Self::None => None,
            Self::Gzip => Some(1..=9),
            Self::Zstd => Some(1..=19),
        }
    }
}
