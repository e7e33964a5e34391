//! Converts cells to values of Parquet's physical types.

use super::decimal;
use super::misfit::Misfit;
use super::options::Decimal;
use crate::types::{Memo, Print, WRONG_LENGTH, fixed};

/// How the cells of a column become values.
#[derive(Debug, Clone, Copy)]
pub enum Convert {
    Boolean,
    Int32(fn(&[u8]) -> Result<i32, Misfit>),
    Int64(fn(&[u8]) -> Result<i64, Misfit>),
    Float,
    Double,
    /// At most 9 digits.
    Decimal32(Decimal),
    /// At most 18 digits.
    Decimal64(Decimal),
    /// 16 bytes.
    Decimal128(Decimal),
    /// 16 bytes.
    Uuid,
    Bytes,
    /// A text of the server.
    Text,
    /// A text behind a byte with the version of its format.
    VersionedText,
    Printed(Print),
}

/// The values of a column that the column writer does not have yet.
#[derive(Debug)]
pub enum Values {
    Boolean(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    /// Also of arrays of fixed length.
    Bytes(Bytes),
}

/// Values one behind the other.
#[derive(Debug, Default)]
pub struct Bytes {
    pub data: Vec<u8>,
    pub ends: Vec<usize>,
}

impl Values {
    /// Creates the empty values of a conversion.
    pub fn new(convert: Convert) -> Self {
        match convert {
            Convert::Boolean => Self::Boolean(Vec::new()),
            Convert::Int32(_) | Convert::Decimal32(_) => Self::Int32(Vec::new()),
            Convert::Int64(_) | Convert::Decimal64(_) => Self::Int64(Vec::new()),
            Convert::Float => Self::Float(Vec::new()),
            Convert::Double => Self::Double(Vec::new()),
            Convert::Decimal128(_)
            | Convert::Uuid
            | Convert::Bytes
            | Convert::Text
            | Convert::VersionedText
            | Convert::Printed(_) => Self::Bytes(Bytes::default()),
        }
    }

    /// Converts a cell and appends its value. Values that have been appended stay after an error.
    #[inline]
    pub fn push(&mut self, cell: &[u8], convert: Convert, memo: &mut Memo) -> Result<(), Misfit> {
        match (self, convert) {
            (Self::Boolean(values), Convert::Boolean) => match cell {
                [0] => values.push(false),
                [1] => values.push(true),
                _ => return Err(WRONG_LENGTH.into()),
            },
            (Self::Int32(values), Convert::Int32(convert)) => values.push(convert(cell)?),
            (Self::Int32(values), Convert::Decimal32(decimal)) => {
                values.push(decimal::of_64_bits(cell, decimal)? as i32);
            }
            (Self::Int64(values), Convert::Int64(convert)) => values.push(convert(cell)?),
            (Self::Int64(values), Convert::Decimal64(decimal)) => {
                values.push(decimal::of_64_bits(cell, decimal)?);
            }
            (Self::Float(values), _) => values.push(f32::from_be_bytes(fixed(cell)?)),
            (Self::Double(values), _) => values.push(f64::from_be_bytes(fixed(cell)?)),
            (Self::Bytes(values), convert) => values.push(cell, convert, memo)?,
            _ => return Err(Misfit::Malformed("the column has values of another type")),
        }
        Ok(())
    }

    /// Returns about how many bytes the values have.
    pub fn size(&self) -> usize {
        match self {
            Self::Boolean(values) => values.len() / 8,
            Self::Int32(values) => 4 * values.len(),
            Self::Int64(values) => 8 * values.len(),
            Self::Float(values) => 4 * values.len(),
            Self::Double(values) => 8 * values.len(),
            Self::Bytes(Bytes { data, ends }) => data.len() + 4 * ends.len(),
        }
    }
}

impl Bytes {
    #[inline]
    fn push(&mut self, cell: &[u8], convert: Convert, memo: &mut Memo) -> Result<(), Misfit> {
        match convert {
            Convert::Text => self.text(cell)?,
            Convert::Printed(print) => {
                let start = self.data.len();
                if let Err(reason) = print(cell, &mut self.data, memo) {
                    self.data.truncate(start);
                    return Err(reason.into());
                }
            }
            Convert::VersionedText => match cell.split_first() {
                Some((1, text)) => self.text(text)?,
                _ => return Err(Misfit::Malformed("the value has an unknown version of its format")),
            },
            Convert::Decimal128(decimal) => {
                self.data.extend_from_slice(&decimal::of_128_bits(cell, decimal)?.to_be_bytes());
            }
            Convert::Uuid => self.data.extend_from_slice(&fixed::<16>(cell)?),
            _ => self.data.extend_from_slice(cell),
        }
        self.ends.push(self.data.len());
        Ok(())
    }

    /// Appends a text. A database with encoding `SQL_ASCII` sends any bytes, and so does the type "char".
    #[inline]
    fn text(&mut self, text: &[u8]) -> Result<(), Misfit> {
        if std::str::from_utf8(text).is_err() {
            return Err(Misfit::Unrepresentable("a text that is not in UTF-8"));
        }
        self.data.extend_from_slice(text);
        Ok(())
    }

    /// Returns the values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| &self.data[std::mem::replace(&mut start, *end)..*end])
    }
}

/// The days from 1970-01-01 to 2000-01-01, from which the server counts.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * DAY;
const DAY: i64 = 86_400_000_000;

pub fn int2(cell: &[u8]) -> Result<i32, Misfit> {
    Ok(i32::from(i16::from_be_bytes(fixed(cell)?)))
}

pub fn int4(cell: &[u8]) -> Result<i32, Misfit> {
    Ok(i32::from_be_bytes(fixed(cell)?))
}

pub fn int8(cell: &[u8]) -> Result<i64, Misfit> {
    Ok(i64::from_be_bytes(fixed(cell)?))
}

pub fn oid(cell: &[u8]) -> Result<i64, Misfit> {
    Ok(i64::from(u32::from_be_bytes(fixed(cell)?)))
}

pub fn date(cell: &[u8]) -> Result<i32, Misfit> {
    match int4(cell)? {
        i32::MIN | i32::MAX => Err(Misfit::Unrepresentable("an infinite date")),
        days => {
            days.checked_add(EPOCH_DAYS).ok_or(Misfit::Unrepresentable("a date after the year 5,874,897"))
        }
    }
}

pub fn time(cell: &[u8]) -> Result<i64, Misfit> {
    match int8(cell)? {
        DAY => Err(Misfit::Unrepresentable("the time 24:00:00")),
        micros @ 0..DAY => Ok(micros),
        _ => Err(Misfit::Malformed("the time of day lies outside of 00:00:00 to 24:00:00")),
    }
}

pub fn timestamp(cell: &[u8]) -> Result<i64, Misfit> {
    match int8(cell)? {
        i64::MIN | i64::MAX => Err(Misfit::Unrepresentable("an infinite timestamp")),
        micros => micros
            .checked_add(EPOCH_MICROS)
            .ok_or(Misfit::Unrepresentable("a timestamp after 294247-01-10 04:00:54.775807")),
    }
}
