//! The options of a Parquet file.

use std::num::NonZeroU64;

/// The options of a Parquet file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ParquetOptions {
    /// How pages are compressed.
    pub compression: Compression,
    /// The number of encoded bytes at which a row group ends.
    pub row_group_size: NonZeroU64,
    /// What a uuid becomes.
    pub uuids: Uuids,
    /// What an array becomes.
    pub arrays: Arrays,
    /// What json and jsonb become.
    pub json: Json,
    /// What a numeric becomes whose own precision and scale are not known, or are not those of a `DECIMAL`. Without it,
    /// a `STRING`.
    pub numeric: Option<Decimal>,
    /// What happens to a value that its column's type cannot represent.
    pub unrepresentable: Unrepresentable,
}

/// The compression of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// No compression.
    None,
    /// Snappy.
    Snappy,
    /// Zstandard of this level, or of the library's default level.
    Zstd(Option<i32>),
}

/// What a uuid becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Uuids {
    /// A `STRING`.
    Text,
    /// A `UUID` of 16 bytes.
    Native,
}

/// What an array becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arrays {
    /// A `STRING` of the server's text.
    Text,
    /// A `LIST`, if the type of the elements is mapped here.
    List,
}

/// What json and jsonb become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Json {
    /// A `STRING`.
    Text,
    /// A `JSON`, which is a text with an annotation.
    Json,
}

/// What happens to a value that its column's type cannot represent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unrepresentable {
    /// The row is an error.
    Fail,
    /// The value becomes NULL, with a warning that counts such values.
    Null,
}

/// The precision and the scale of a `DECIMAL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    precision: u8,
    scale: u8,
}

impl Decimal {
    /// The largest precision.
    pub const MAX_PRECISION: u8 = 38;

    /// Returns a decimal of `precision` digits, `scale` of them after the point; `None` if Parquet has no such type, or
    /// one that few programs read.
    ///
    /// ```
    /// use extractor_encode::parquet::Decimal;
    ///
    /// assert!(Decimal::new(38, 38).is_some());
    /// assert!(Decimal::new(39, 0).is_none() && Decimal::new(5, 6).is_none() && Decimal::new(5, -2).is_none());
    /// ```
    pub fn new(precision: i64, scale: i64) -> Option<Self> {
        let allowed =
            (1..=i64::from(Self::MAX_PRECISION)).contains(&precision) && (0..=precision).contains(&scale);
        allowed.then_some(Self { precision: precision as u8, scale: scale as u8 })
    }

    /// Returns the decimal of a numeric with this type modifier, if it has one.
    pub(super) fn of_modifier(modifier: i32) -> Option<Self> {
        let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
        // The scale is a signed number of 11 bits.
        let scale = ((packed & 0x7ff) ^ 0x400) - 0x400;
        Self::new(i64::from(packed >> 16), i64::from(scale))
    }

    /// Returns the number of digits.
    pub fn precision(self) -> u8 {
        self.precision
    }

    /// Returns the number of digits after the point.
    pub fn scale(self) -> u8 {
        self.scale
    }
}

impl Default for ParquetOptions {
    fn default() -> Self {
        Self {
            compression: Compression::Zstd(None),
            row_group_size: NonZeroU64::new(32 << 20).expect("32 MiB is not 0"),
            uuids: Uuids::Text,
            arrays: Arrays::Text,
            json: Json::Text,
            numeric: None,
            unrepresentable: Unrepresentable::Fail,
        }
    }
}
