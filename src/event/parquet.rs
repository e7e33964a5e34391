//! The options of Parquet of an event (`parquet`), and its compression, which lies within the file.

use std::num::NonZeroU64;
use std::ops::RangeInclusive;

use extractor_encode::parquet::{Arrays, Compression, Decimal, Json, ParquetOptions, Unrepresentable, Uuids};

use super::compression::check_level;
use super::fields;
use super::named::Named;
use super::size::size;
use crate::fields::{Field, Fields, Read, Schema, Source};
use crate::job::{self, CompressionEnding};

const ROW_GROUP_SIZE: Field = Field::new("rowGroupSize");
const UUID: Field = Field::new("uuid");
const ARRAYS: Field = Field::new("arrays");
const JSON: Field = Field::new("json");
const NUMERIC: Field = Field::new("numeric");
const UNREPRESENTABLE: Field = Field::new("unrepresentable");
const PARQUET: Schema =
    Schema { fields: &[ROW_GROUP_SIZE, UUID, ARRAYS, JSON, NUMERIC, UNREPRESENTABLE], operators_alone: &[] };

const PRECISION: Field = Field::new("precision");
const SCALE: Field = Field::new("scale");
const DECIMAL: Schema = Schema { fields: &[PRECISION, SCALE], operators_alone: &[] };

const UUIDS: &[(&str, Uuids)] = &[("text", Uuids::Text), ("native", Uuids::Native)];
const ARRAY_TYPES: &[(&str, Arrays)] = &[("text", Arrays::Text), ("list", Arrays::List)];
const JSONS: &[(&str, Json)] = &[("text", Json::Text), ("json", Json::Json)];
const MISFITS: &[(&str, Unrepresentable)] =
    &[("fail", Unrepresentable::Fail), ("null", Unrepresentable::Null)];
const COMPRESSIONS: &[(&str, Compression)] =
    &[("zstd", Compression::Zstd(None)), ("snappy", Compression::Snappy), ("none", Compression::None)];

/// The sizes that a row group may have: one that readers take well, and one that fits into the memory of a function.
const ROW_GROUPS: RangeInclusive<u64> = 1 << 20..=256 << 20;
const ROW_GROUP: &str = "must be a size from 1MiB to 256MiB, such as 32MiB, 64MB or a number of bytes";

/// Reads the options and the compression.
pub(super) fn read(fields: &mut Fields<'_>, named: Named) -> ParquetOptions {
    let options = fields.object(fields::PARQUET, &PARQUET, options).unwrap_or_default();
    ParquetOptions { compression: compression(fields, named), ..options }
}

fn options(parquet: &mut Fields<'_>) -> ParquetOptions {
    let default = ParquetOptions::default();
    ParquetOptions {
        compression: default.compression,
        row_group_size: parquet
            .text_or_number(ROW_GROUP_SIZE, row_group_size)
            .value()
            .unwrap_or(default.row_group_size),
        uuids: parquet.one_of(UUID, UUIDS).value().unwrap_or(default.uuids),
        arrays: parquet.one_of(ARRAYS, ARRAY_TYPES).value().unwrap_or(default.arrays),
        json: parquet.one_of(JSON, JSONS).value().unwrap_or(default.json),
        numeric: numeric(parquet),
        unrepresentable: parquet.one_of(UNREPRESENTABLE, MISFITS).value().unwrap_or(default.unrepresentable),
    }
}

fn numeric(parquet: &mut Fields<'_>) -> Option<Decimal> {
    let (precision, scale) = parquet.object(NUMERIC, &DECIMAL, |numeric| {
        for field in [PRECISION, SCALE] {
            if numeric.in_object(field).is_none() {
                numeric.wrong(field, "is missing");
            }
        }
        (numeric.integer(PRECISION).value(), numeric.integer(SCALE).value())
    })?;
    let decimal = Decimal::new(precision?, scale?);
    if decimal.is_none() {
        parquet.wrong(NUMERIC, "must have a precision of 1 to 38, and a scale of 0 to the precision");
    }
    decimal
}

fn row_group_size(text: &str) -> Result<NonZeroU64, String> {
    let bytes = size(text, &ROW_GROUPS, ROW_GROUP)?;
    NonZeroU64::new(bytes).ok_or_else(|| ROW_GROUP.to_owned())
}

/// Reads the compression and its level. A variable, which is for every event, does not count if it is for other formats.
fn compression(fields: &mut Fields<'_>, named: Named) -> Compression {
    if let CompressionEnding::Of(_) | CompressionEnding::Foreign(_) = named.ending.compression {
        let name = named.source;
        fields.mistakes.add(format!(
            "{name} ends as that of a compressed file, but Parquet is compressed within the file: let it end with .parquet."
        ));
    }
    let is_operators = fields.in_object(fields::COMPRESSION).is_none();
    let asked = if is_operators && fields.in_environment(fields::COMPRESSION) == Some("gzip") {
        None
    } else {
        fields.one_of(fields::COMPRESSION, COMPRESSIONS).value()
    };
    let Some(compression) = asked else { return Compression::Zstd(level(fields)) };
    match compression {
        Compression::Zstd(_) => Compression::Zstd(level(fields)),
        other => {
            if fields.in_object(fields::COMPRESSION_LEVEL).is_some() {
                fields.wrong(fields::COMPRESSION_LEVEL, "is for compression zstd: leave it out");
            }
            other
        }
    }
}

/// Reads the level of zstd. The variable's belongs to the variable's compression.
fn level(fields: &mut Fields<'_>) -> Option<i32> {
    let Read::Given(level, source) = fields.integer::<i32>(fields::COMPRESSION_LEVEL) else { return None };
    let operators = fields.in_environment(fields::COMPRESSION);
    if matches!(source, Source::Variable(_)) && operators.is_some_and(|other| other != "zstd") {
        return None;
    }
    check_level(fields, &source, level, job::Compression::Zstd);
    Some(level)
}
