//! The format of the file.

use extractor_encode::csv::CsvOptions;
use extractor_encode::parquet::{self, ParquetOptions};

use super::compression::Compression;

/// The format of the file, with its options.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// CSV, with the options of the event's `csv`.
    Csv(CsvOptions),
    /// JSON lines: one object per row.
    JsonLines,
    /// Parquet, with the options of the event's `parquet` and the compression within the file.
    Parquet(ParquetOptions),
}

/// A format without its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    JsonLines,
    Parquet,
}

impl FileFormat {
    /// Returns the format without its options.
    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Csv(_) => Format::Csv,
            Self::JsonLines => Format::JsonLines,
            Self::Parquet(_) => Format::Parquet,
        }
    }

    /// Returns the name of the compression within the file, if the format has one.
    pub(crate) fn inner_compression(&self) -> Option<&'static str> {
        let Self::Parquet(options) = self else { return None };
        Some(match options.compression {
            parquet::Compression::None => "none",
            parquet::Compression::Snappy => "snappy",
            parquet::Compression::Zstd(_) => "zstd",
        })
    }

    /// Returns the extension of a file with this compression.
    pub(crate) fn extension(&self, compression: Compression) -> String {
        format!("{}{}", self.format().extension(), compression.extension())
    }
}

impl Format {
    /// All formats, by name.
    pub(crate) const NAMES: [(&str, Self); 3] =
        [("csv", Self::Csv), ("jsonl", Self::JsonLines), ("parquet", Self::Parquet)];

    /// Returns the name that the event uses.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// Returns the name in sentences.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::JsonLines => "JSON lines",
            Self::Parquet => "Parquet",
        }
    }

    /// Returns the file extension, which precedes that of a compression.
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => ".csv",
            Self::JsonLines => ".jsonl",
            Self::Parquet => ".parquet",
        }
    }

    /// Returns the `Content-Type` of a file that is not compressed.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}
