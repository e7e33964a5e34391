//! Computes the bounds of ranges of a column, depending on the column's type.

use crate::database::Session;
use crate::error::Result;

/// A type whose values can be divided into ranges of equal width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RangeType {
    Integer,
    Numeric,
    Date,
    Timestamp,
    TimestampTz,
    Uuid,
}

/// The first version of PostgreSQL whose type `numeric` has infinities.
const INFINITE_NUMERIC: u32 = 140_000;

impl RangeType {
    pub(super) fn of(type_oid: u32) -> Option<Self> {
        Some(match type_oid {
            20 | 21 | 23 => Self::Integer,
            1700 => Self::Numeric,
            1082 => Self::Date,
            1114 => Self::Timestamp,
            1184 => Self::TimestampTz,
            2950 => Self::Uuid,
            _ => return None,
        })
    }

    /// Returns the query for the least and the greatest finite value of a column.
    fn ends(self, query: &str, column: &str, version: u32) -> String {
        let all = format!("FROM ({query}\n) AS q");
        let finite = match self {
            Self::Uuid => {
                let end = |direction| {
                    format!(
                        "(SELECT {column}::text {all} WHERE {column} IS NOT NULL ORDER BY {column} {direction} LIMIT 1)"
                    )
                };
                return format!("SELECT {}, {}", end("ASC"), end("DESC"));
            }
            Self::Integer => "",
            Self::Numeric if version < INFINITE_NUMERIC => " WHERE {} < 'NaN'",
            Self::Numeric => " WHERE {} > '-Infinity' AND {} < 'Infinity'",
            Self::Date | Self::Timestamp | Self::TimestampTz => " WHERE {} > '-infinity' AND {} < 'infinity'",
        };
        format!("SELECT min({column})::text, max({column})::text {all}{}", finite.replace("{}", column))
    }

    /// Returns the statement that selects the values that divide the range from `$1` to `$2` into this many
    /// ranges.
    fn between(self, ranges: u128) -> Option<String> {
        let (name, value) = match self {
            Self::Uuid => return None,
            Self::Integer => (
                "bigint",
                format!("($1::bigint + (($2::bigint)::numeric - $1::bigint) * i / {ranges})::bigint"),
            ),
            Self::Numeric => ("numeric", format!("$1::numeric + ($2::numeric - $1::numeric) * i / {ranges}")),
            Self::Date => {
                ("date", format!("$1::date + (($2::date - $1::date)::bigint * i / {ranges})::integer"))
            }
            Self::Timestamp => (
                "timestamp",
                format!("$1::timestamp + ($2::timestamp - $1::timestamp) * (i::float8 / {ranges})"),
            ),
            Self::TimestampTz => (
                "timestamptz",
                format!("$1::timestamptz + ($2::timestamptz - $1::timestamptz) * (i::float8 / {ranges})"),
            ),
        };
        // Ordered by the column of `d`, since `b` alone would be the output column, which is text.
        Some(format!(
            "SELECT d.b::text FROM (SELECT DISTINCT {value} AS b FROM pg_catalog.generate_series(1, {}) AS i) AS d \
             WHERE d.b > $1::{name} AND d.b < $2::{name} ORDER BY d.b",
            ranges - 1
        ))
    }

    /// Returns ascending values that divide the values of a column into ranges of about equal width. If the
    /// column does not have enough values, there are fewer ranges, or only one.
    pub(super) async fn bounds(
        self,
        session: &mut Session,
        (query, column): (&str, &str),
        parameters: &[Option<String>],
        ranges: usize,
    ) -> Result<Vec<String>> {
        let version = session.version().await?.unwrap_or(0);
        let ends = session.ask_with(&self.ends(query, column, version), parameters).await?;
        let Some([Some(least), Some(greatest)]) =
            ends.into_iter().next().and_then(|row| <[_; 2]>::try_from(row).ok())
        else {
            return Ok(Vec::new());
        };
        match self.between(ranges as u128) {
            Some(sql) => {
                let rows = session.ask_with(&sql, &[Some(least), Some(greatest)]).await?;
                Ok(rows.into_iter().flatten().flatten().collect())
            }
            None => Ok(uuids(&least, &greatest, ranges as u128)),
        }
    }
}

/// Divides a range of UUIDs as 128-bit numbers.
fn uuids(least: &str, greatest: &str, ranges: u128) -> Vec<String> {
    let number = |text: &str| u128::from_str_radix(&text.replace('-', ""), 16).ok();
    let (Some(least), Some(greatest)) = (number(least), number(greatest)) else { return Vec::new() };
    let width = greatest.saturating_sub(least) / ranges;
    let values = (1..ranges).map(|i| least + width * i);
    values.filter(|value| *value > least && width > 0).map(|value| format!("{value:032x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_divided_as_numbers() {
        let of =
            |least: u128, greatest: u128| uuids(&format!("{least:032x}"), &format!("{greatest:032x}"), 4);
        assert_eq!(of(0, 8), [2, 4, 6].map(|value: u128| format!("{value:032x}")));
        assert_eq!(of(7, 9), Vec::<String>::new());
        assert_eq!(of(0, u128::MAX).len(), 3);
    }

    #[test]
    fn text_has_no_ranges() {
        assert_eq!(RangeType::of(25), None);
        assert_eq!(RangeType::of(2950), Some(RangeType::Uuid));
    }
}
