//! What each type becomes: one line of [`leaf`] for each type. Types that are not there become a `STRING` of the
//! server's text, as in the dialect `postgres` of CSV.

use ::parquet::basic::{LogicalType, TimeUnit, Type as Physical};

use super::options::{Arrays, Decimal, Json, ParquetOptions, Uuids};
use super::values::{self, Convert};
use crate::csv::{self, Dialect};
use crate::{Column, WireFormat};

/// What a column becomes.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The format to request.
    pub format: WireFormat,
    /// The type of the values.
    pub leaf: Leaf,
    /// Whether the column is a `LIST` of them.
    pub is_list: bool,
}

/// A type of values.
#[derive(Debug, Clone)]
pub struct Leaf {
    pub physical: Physical,
    pub logical: Option<LogicalType>,
    pub convert: Convert,
}

/// The array types that can become lists, and the types of their elements.
#[rustfmt::skip]
const ARRAYS: &[(u32, u32)] = &[
    (199, 114), (651, 650), (775, 774), (1000, 16), (1001, 17), (1003, 19), (1005, 21), (1007, 23), (1009, 25), (1014, 1042), (1015, 1043),
    (1016, 20), (1021, 700), (1022, 701), (1028, 26), (1040, 829), (1041, 869), (1115, 1114), (1182, 1082), (1183, 1083), (1185, 1184),
    (1231, 1700), (1270, 1266), (2951, 2950), (3807, 3802),
];

/// The types whose binary format is their text.
const TEXTS: &[u32] = &[
    19,   /* name */
    25,   /* text */
    114,  /* json */
    1042, /* char(n) */
    1043, /* varchar */
];

impl Mapping {
    /// Returns what a column becomes.
    pub fn of(column: &Column, options: &ParquetOptions) -> Self {
        let element = ARRAYS.iter().find(|(array, _)| *array == column.type_oid).map(|(_, element)| *element);
        match element.filter(|_| options.arrays == Arrays::List) {
            Some(element) => Self::list(element, column.type_modifier, options),
            None => Self::scalar(column.type_oid, column.type_modifier, options),
        }
    }

    fn scalar(type_oid: u32, modifier: i32, options: &ParquetOptions) -> Self {
        let (format, leaf) = leaf(type_oid, modifier, options);
        Self { format, leaf, is_list: false }
    }

    fn list(element: u32, modifier: i32, options: &ParquetOptions) -> Self {
        let (format, mut leaf) = leaf(element, modifier, options);
        match element {
            // jsonb: a version and the text.
            3802 => leaf.convert = Convert::VersionedText,
            _ if format == WireFormat::Binary || TEXTS.contains(&element) => {}
            // The elements of an array in binary format are in binary format, too.
            _ => return Self { format: WireFormat::Text, leaf: string(Convert::Text), is_list: false },
        }
        Self { format: WireFormat::Binary, leaf, is_list: true }
    }
}

impl Mapping {
    /// Returns the name of the type: that of the logical type if there is one, else that of the physical type.
    pub fn name(&self) -> String {
        let Leaf { physical, logical, .. } = &self.leaf;
        let name = match logical {
            None => physical.to_string(),
            Some(LogicalType::String) => "STRING".to_owned(),
            Some(LogicalType::Json) => "JSON".to_owned(),
            Some(LogicalType::Uuid) => "UUID".to_owned(),
            Some(LogicalType::Date) => "DATE".to_owned(),
            Some(LogicalType::Time(_)) => "TIME(MICROS,false)".to_owned(),
            Some(LogicalType::Timestamp(timestamp)) => {
                format!("TIMESTAMP(MICROS,{})", timestamp.is_adjusted_to_u_t_c)
            }
            Some(LogicalType::Integer(integer)) => {
                format!("INTEGER({},{})", integer.bit_width, integer.is_signed)
            }
            Some(other) => format!("{other:?}"),
        };
        let name = self
            .leaf
            .convert
            .decimal()
            .map_or(name, |decimal| format!("DECIMAL({},{})", decimal.precision(), decimal.scale()));
        if self.is_list { format!("LIST({name})") } else { name }
    }
}

/// Returns the format and the type of the values of a scalar type.
#[rustfmt::skip]
fn leaf(type_oid: u32, modifier: i32, options: &ParquetOptions) -> (WireFormat, Leaf) {
    let leaf = |physical, logical, convert| (WireFormat::Binary, Leaf { physical, logical, convert });
    let at = |utc| Some(LogicalType::timestamp(utc, TimeUnit::MICROS));
    match type_oid {
        16   /* bool */        => leaf(Physical::BOOLEAN, None, Convert::Boolean),
        17   /* bytea */       => leaf(Physical::BYTE_ARRAY, None, Convert::Bytes),
        20   /* int8 */        => leaf(Physical::INT64, None, Convert::Int64(values::int8)),
        21   /* int2 */        => leaf(Physical::INT32, Some(LogicalType::integer(16, true)), Convert::Int32(values::int2)),
        23   /* int4 */        => leaf(Physical::INT32, None, Convert::Int32(values::int4)),
        26   /* oid */         => leaf(Physical::INT64, None, Convert::Int64(values::oid)),
        114 | 3802 /* json */  => (WireFormat::Text, json(options.json)),
        700  /* float4 */      => leaf(Physical::FLOAT, None, Convert::Float),
        701  /* float8 */      => leaf(Physical::DOUBLE, None, Convert::Double),
        1082 /* date */        => leaf(Physical::INT32, Some(LogicalType::Date), Convert::Int32(values::date)),
        1083 /* time */        => leaf(Physical::INT64, Some(LogicalType::time(false, TimeUnit::MICROS)), Convert::Int64(values::time)),
        1114 /* timestamp */   => leaf(Physical::INT64, at(false), Convert::Int64(values::timestamp)),
        1184 /* timestamptz */ => leaf(Physical::INT64, at(true), Convert::Int64(values::timestamp)),
        1700 /* numeric */     => match Decimal::of_modifier(modifier).or(options.numeric) {
            Some(decimal) => (WireFormat::Binary, of_decimal(decimal)),
            None => (WireFormat::Text, string(Convert::Text)),
        },
        2950 if options.uuids == Uuids::Native
                               => leaf(Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid), Convert::Uuid),
        _ => {
            let printer = csv::printer(type_oid, Dialect::Postgres);
            (printer.format, string(printer.print.map_or(Convert::Text, Convert::Printed)))
        }
    }
}

fn string(convert: Convert) -> Leaf {
    Leaf { physical: Physical::BYTE_ARRAY, logical: Some(LogicalType::String), convert }
}

fn json(json: Json) -> Leaf {
    let text = string(Convert::Text);
    match json {
        Json::Text => text,
        Json::Json => Leaf { logical: Some(LogicalType::Json), ..text },
    }
}

fn of_decimal(decimal: Decimal) -> Leaf {
    let (physical, convert) = match decimal.precision() {
        ..=9 => (Physical::INT32, Convert::Decimal32(decimal)),
        10..=18 => (Physical::INT64, Convert::Decimal64(decimal)),
        _ => (Physical::FIXED_LEN_BYTE_ARRAY, Convert::Decimal128(decimal)),
    };
    let logical = LogicalType::decimal(i32::from(decimal.scale()), i32::from(decimal.precision()));
    Leaf { physical, logical: Some(logical), convert }
}

impl Convert {
    /// Returns the precision and the scale of the values, if they are decimals.
    pub fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Decimal32(decimal) | Self::Decimal64(decimal) | Self::Decimal128(decimal) => Some(decimal),
            _ => None,
        }
    }
}

/// Returns object ids of types with each of the mappings, and one of a type without.
#[cfg(test)]
pub fn known_types() -> Vec<u32> {
    let scalars = [16, 17, 20, 21, 23, 26, 114, 700, 701, 1082, 1083, 1114, 1184, 1700, 2950, 3802, 16_384];
    ARRAYS.iter().flat_map(|(array, element)| [*array, *element]).chain(scalars).collect()
}
