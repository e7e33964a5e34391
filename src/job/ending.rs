//! What the end of a file's name says of the file.

use super::compression::Compression;

/// What the end of a file's name says of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The file is compressed.
    Compressed(Compression),
    /// The file is something that is not written: this ending stands for it.
    Foreign(&'static str),
    /// Nothing that matters here, such as `.csv`.
    Other,
    /// The name has no ending.
    None,
}

/// The endings of compressed files and archives that are not written.
const OTHER_COMPRESSIONS: &[&str] = &[
    ".7z", ".br", ".bz2", ".gzip", ".lz4", ".lzma", ".lzo", ".rar", ".snappy", ".sz", ".tar", ".tbz2",
    ".tgz", ".txz", ".xz", ".zip", ".zstd",
];
/// The endings of formats that are not written.
const OTHER_FORMATS: &[&str] = &[
    ".arrow", ".avro", ".duckdb", ".feather", ".json", ".jsonl", ".ndjson", ".ods", ".orc", ".parquet",
    ".sqlite", ".xls", ".xlsx",
];

impl Ending {
    /// Returns the ending of a name, whatever the case of its letters.
    pub(crate) fn of(name: &str) -> Self {
        let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        let compressed = Compression::NAMES
            .into_iter()
            .map(|(_, compression)| compression)
            .find(|compression| *compression != Compression::None && file.ends_with(compression.extension()));
        if let Some(compression) = compressed {
            return Self::Compressed(compression);
        }
        let foreign = OTHER_COMPRESSIONS.iter().chain(OTHER_FORMATS).find(|ending| file.ends_with(**ending));
        match (foreign, file.rfind('.')) {
            (Some(ending), _) => Self::Foreign(ending),
            (None, Some(dot)) if dot > 0 && dot + 1 < file.len() => Self::Other,
            (None, _) => Self::None,
        }
    }

    /// Says what is wrong with a name that ends in this way, if it stands for a file that is not written. Goes on after
    /// the field's name, without a full stop.
    pub(crate) fn refusal(self) -> Option<String> {
        let Self::Foreign(ending) = self else { return None };
        Some(if OTHER_FORMATS.contains(&ending) {
            format!("ends with {ending}, but the file is CSV")
        } else {
            format!("ends with {ending}, but files are compressed with gzip (.gz) or zstd (.zst) only")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_says_what_the_file_is() {
        for (name, ending) in [
            ("o.csv.gz", Ending::Compressed(Compression::Gzip)),
            ("O.CSV.GZ", Ending::Compressed(Compression::Gzip)),
            ("p/.gz", Ending::Compressed(Compression::Gzip)),
            ("o.zst", Ending::Compressed(Compression::Zstd)),
            ("o.csv.bz2", Ending::Foreign(".bz2")),
            ("o.Parquet", Ending::Foreign(".parquet")),
            ("o.csv", Ending::Other),
            ("v1.2/orders", Ending::None),
            ("/dev/null", Ending::None),
            (".hidden", Ending::None),
            ("", Ending::None),
        ] {
            assert_eq!(Ending::of(name), ending, "{name}");
        }
    }
}
