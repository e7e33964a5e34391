//! What the extensions of a file's name say about the file.

use super::compression::Compression;
use super::format::Format;

/// What the extensions of a file's name say about the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// The format, from the extension before that of the compression.
    pub(crate) format: FormatEnding,
    /// The compression.
    pub(crate) compression: CompressionEnding,
}

/// What the extension of a file's name says about its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormatEnding {
    /// The file is in this format.
    Of(Format, &'static str),
    /// The file is a JSON document, or JSON lines, for which many programs use this extension.
    Json,
    /// The extension stands for a format that is not supported.
    Foreign(&'static str),
    /// The extension says nothing about the format.
    Other,
}

/// What the extension of a file's name says about its compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompressionEnding {
    /// The file is compressed.
    Of(Compression),
    /// The extension stands for a compression that is not supported.
    Foreign(&'static str),
    /// The extension, such as `.csv`, says nothing about the compression.
    Other,
    /// The name has no extension.
    None,
}

/// The endings of formats.
const FORMATS: [(&str, Format); 4] = [
    (".csv", Format::Csv),
    (".jsonl", Format::JsonLines),
    (".ndjson", Format::JsonLines),
    (".parquet", Format::Parquet),
];
const JSON: &str = ".json";
/// The endings of formats that are not written.
const OTHER_FORMATS: &[&str] =
    &[".arrow", ".avro", ".duckdb", ".feather", ".ods", ".orc", ".sqlite", ".xls", ".xlsx"];
/// The endings of compressed files and archives that are not written.
const OTHER_COMPRESSIONS: &[&str] = &[
    ".7z", ".br", ".bz2", ".gzip", ".lz4", ".lzma", ".lzo", ".rar", ".snappy", ".sz", ".tar", ".tbz2",
    ".tgz", ".txz", ".xz", ".zip", ".zstd",
];

impl Ending {
    /// The ending of a name that has none.
    pub(crate) const NONE: Self = Self { format: FormatEnding::Other, compression: CompressionEnding::None };

    /// Returns what the extensions of a name say, whatever the case of its letters.
    pub(crate) fn of(name: &str) -> Self {
        let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        let compressed = Compression::NAMES
            .into_iter()
            .map(|(_, compression)| compression)
            .find(|compression| *compression != Compression::None && file.ends_with(compression.extension()));
        let bare = file.strip_suffix(compressed.map_or("", Compression::extension)).unwrap_or(&file);
        let foreign = OTHER_COMPRESSIONS.iter().find(|ending| file.ends_with(**ending));
        let compression = match (compressed, foreign, file.rfind('.')) {
            (Some(compression), ..) => CompressionEnding::Of(compression),
            (None, Some(ending), _) => CompressionEnding::Foreign(ending),
            (None, None, Some(dot)) if dot > 0 && dot + 1 < file.len() => CompressionEnding::Other,
            (None, None, _) => CompressionEnding::None,
        };
        Self { format: FormatEnding::of(bare), compression }
    }
}

impl FormatEnding {
    /// Returns what the extension of a name in lower case says.
    fn of(name: &str) -> Self {
        if let Some((ending, format)) = FORMATS.into_iter().find(|(ending, _)| name.ends_with(ending)) {
            return Self::Of(format, ending);
        }
        if name.ends_with(JSON) {
            return Self::Json;
        }
        OTHER_FORMATS
            .iter()
            .find(|ending| name.ends_with(**ending))
            .map_or(Self::Other, |ending| Self::Foreign(ending))
    }

    /// Returns what is wrong with the name, in words that follow it, if the extension stands for a format
    /// that is not supported, or for JSON although the file is not JSON lines.
    pub(crate) fn refusal(self, format: Format) -> Option<String> {
        match (self, format) {
            (Self::Foreign(ending), _) => {
                Some(format!("ends with {ending}, but the file is {}", format.in_words()))
            }
            (Self::Json, Format::Csv) => {
                Some(format!("ends with {JSON}, but the file is CSV: `format` jsonl writes an object a line"))
            }
            (Self::Json, Format::Parquet) => Some(format!("ends with {JSON}, but the file is Parquet")),
            _ => None,
        }
    }
}

impl CompressionEnding {
    /// Returns what is wrong with the name, in words that follow it, if the extension stands for a
    /// compression that is not supported.
    pub(crate) fn refusal(self) -> Option<String> {
        let Self::Foreign(ending) = self else { return None };
        Some(format!("ends with {ending}, but files are compressed with gzip (.gz) or zstd (.zst) only"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_says_what_the_file_is() {
        use {CompressionEnding as Packed, FormatEnding as Is};
        let csv = Is::Of(Format::Csv, ".csv");
        for (name, format, compression) in [
            ("o.csv.gz", csv, Packed::Of(Compression::Gzip)),
            ("O.CSV.GZ", csv, Packed::Of(Compression::Gzip)),
            ("p/.gz", Is::Other, Packed::Of(Compression::Gzip)),
            ("o.zst", Is::Other, Packed::Of(Compression::Zstd)),
            ("o.jsonl.zst", Is::Of(Format::JsonLines, ".jsonl"), Packed::Of(Compression::Zstd)),
            ("o.NDJSON", Is::Of(Format::JsonLines, ".ndjson"), Packed::Other),
            ("o.json", Is::Json, Packed::Other),
            ("o.csv.bz2", Is::Other, Packed::Foreign(".bz2")),
            ("o.Parquet", Is::Of(Format::Parquet, ".parquet"), Packed::Other),
            ("o.orc", Is::Foreign(".orc"), Packed::Other),
            ("o.csv", csv, Packed::Other),
            ("o.txt", Is::Other, Packed::Other),
            ("v1.2/orders", Is::Other, Packed::None),
            ("/dev/null", Is::Other, Packed::None),
            (".hidden", Is::Other, Packed::None),
            ("", Is::Other, Packed::None),
        ] {
            assert_eq!(Ending::of(name), Ending { format, compression }, "{name}");
        }
    }
}
