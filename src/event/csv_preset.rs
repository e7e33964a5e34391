//! Presets of the CSV options, each for a program that loads the file (`csv.preset`).

use extractor_encode::csv::{CsvOptions, Dialect, LineEnding, Quote};

/// A program that loads CSV files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preset {
    Redshift,
    Snowflake,
    Athena,
    BigQuery,
    Excel,
}

impl Preset {
    pub(super) const NAMES: &[(&str, Self)] = &[
        ("redshift", Self::Redshift),
        ("snowflake", Self::Snowflake),
        ("athena", Self::Athena),
        ("bigquery", Self::BigQuery),
        ("excel", Self::Excel),
    ];

    /// Returns the dialect whose values the program reads. Excel takes `true` and a timestamp without offset for
    /// what they are, and `t` and `+00` for texts; the others read the lossless dialect.
    pub(super) fn dialect(self) -> Dialect {
        match self {
            Self::Excel => Dialect::Java,
            Self::Redshift | Self::Snowflake | Self::Athena | Self::BigQuery => Dialect::Postgres,
        }
    }

    /// Returns the options with which the program reads the values of a dialect as they are.
    pub(super) fn options(self, dialect: Dialect) -> CsvOptions {
        let options = CsvOptions::for_dialect(dialect);
        match self {
            // A text for NULL, since these programs take the empty field for the empty string, or for the end
            // of the file where it is the only one. Quotes around all else keep blanks at the ends.
            Self::Redshift | Self::Athena | Self::BigQuery => {
                CsvOptions { quote: Quote::All, null: Some("\\N".to_owned()), ..options }
            }
            // NULL is what is not quoted, since its texts for NULL also count within quotes. A backslash
            // begins an escape outside of quotes.
            Self::Snowflake => CsvOptions { quote: Quote::All, null: Some(String::new()), ..options },
            Self::Excel => CsvOptions {
                quote: Quote::Minimal,
                null: Some(String::new()),
                line_ending: LineEnding::CrLf,
                bom: true,
                escape_formulas: true,
                ..options
            },
        }
    }
}
