//! The ends of a range and the step between its parts.

use std::fmt;

use chrono::{DateTime, FixedOffset, Months, NaiveDate, NaiveDateTime, TimeDelta};
use serde_json::{Value, json};

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Point {
    /// A whole number.
    Number(i64),
    /// A day.
    Date(NaiveDate),
    /// A time without a time zone.
    Time(NaiveDateTime),
    /// A time at an offset from UTC.
    Zoned(DateTime<FixedOffset>),
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole number.
    Number(i64),
    /// Months of the calendar.
    Months(u32),
    /// Days of the calendar.
    Days(i64),
    /// A time.
    Seconds(i64),
}

/// The units of a step, each with the step of one.
const UNITS: [(&str, Step); 8] = [
    ("second", Step::Seconds(1)),
    ("minute", Step::Seconds(60)),
    ("hour", Step::Seconds(3_600)),
    ("day", Step::Days(1)),
    ("week", Step::Days(7)),
    ("month", Step::Months(1)),
    ("quarter", Step::Months(3)),
    ("year", Step::Months(12)),
];
const POINT: &str =
    "must be a whole number, a date such as 2026-01-31, or a time such as 2026-01-31T00:00:00Z";
const STEP: &str = "must be a whole number from 1, or one of a unit, such as 1 month, 7 days or 6 hours";

impl Point {
    /// Reads a whole number, a date or a time, as ISO 8601 and PostgreSQL write them.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        const TIMES: [&str; 4] =
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
        // Other years would be written with a sign, or with more digits.
        let is_usual =
            text.as_bytes().get(4) == Some(&b'-') && text.bytes().take(4).all(|byte| byte.is_ascii_digit());
        if !is_usual {
            return text.parse().map(Self::Number).map_err(|_| POINT.to_owned());
        }
        let date =
            || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10).map(Self::Date);
        let time =
            || TIMES.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).map(Self::Time);
        let zoned = || DateTime::parse_from_rfc3339(text).ok().map(Self::Zoned);
        date().or_else(time).or_else(zoned).ok_or_else(|| POINT.to_owned())
    }

    /// Returns whether both are ends of one range.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Returns whether it comes before a point like it.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one < other,
            (Self::Date(one), Self::Date(other)) => one < other,
            (Self::Time(one), Self::Time(other)) => one < other,
            (Self::Zoned(one), Self::Zoned(other)) => one < other,
            _ => false,
        }
    }

    /// Returns the point this many steps later, or `None` beyond all that can be written.
    pub(super) fn after(&self, step: Step, count: i64) -> Option<Self> {
        Some(match (self, step) {
            (Self::Number(from), Step::Number(step)) => {
                Self::Number(from.checked_add(step.checked_mul(count)?)?)
            }
            (Self::Date(from), Step::Months(months)) => {
                Self::Date(from.checked_add_months(in_all(months, count)?)?)
            }
            (Self::Time(from), Step::Months(months)) => {
                Self::Time(from.checked_add_months(in_all(months, count)?)?)
            }
            (Self::Zoned(from), Step::Months(months)) => {
                Self::Zoned(from.checked_add_months(in_all(months, count)?)?)
            }
            (from, step) => {
                let time = match step {
                    Step::Days(days) => TimeDelta::try_days(days.checked_mul(count)?)?,
                    Step::Seconds(seconds) => TimeDelta::try_seconds(seconds.checked_mul(count)?)?,
                    Step::Number(_) | Step::Months(_) => return None,
                };
                match from {
                    Self::Number(_) => return None,
                    Self::Date(from) => Self::Date(from.checked_add_signed(time)?),
                    Self::Time(from) => Self::Time(from.checked_add_signed(time)?),
                    Self::Zoned(from) => Self::Zoned(from.checked_add_signed(time)?),
                }
            }
        })
    }

    /// Returns which steps fit, for messages.
    pub(super) fn steps(&self) -> &'static str {
        match self {
            Self::Number(_) => "a whole number from 1, as `from` is one",
            Self::Date(_) => "in days, weeks, months, quarters or years, as `from` is a date",
            Self::Time(_) | Self::Zoned(_) => {
                "of a unit, such as 1 month, 7 days or 6 hours, as `from` is a time"
            }
        }
    }

    /// Returns the value that is bound.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Number(number) => json!(number),
            other => json!(other.to_string()),
        }
    }
}

fn in_all(months: u32, count: i64) -> Option<Months> {
    Some(Months::new(months.checked_mul(count.try_into().ok()?)?))
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Time(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.f")),
            Self::Zoned(time) => {
                let text = time.format("%Y-%m-%dT%H:%M:%S%.f%:z").to_string();
                f.write_str(&text.replace("+00:00", "Z"))
            }
        }
    }
}

impl Step {
    /// Reads a step. A unit alone is one of it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let count = if digits == 0 { Some(1) } else { text[..digits].parse::<i64>().ok() };
        let count = count.filter(|count| *count > 0).ok_or_else(|| STEP.to_owned())?;
        let unit = text[digits..].trim().to_ascii_lowercase();
        if unit.is_empty() && digits > 0 {
            return Ok(Self::Number(count));
        }
        let unit = unit.strip_suffix('s').unwrap_or(&unit);
        let found = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, step)| *step);
        let step = found.and_then(|step| {
            Some(match step {
                Self::Months(months) => Self::Months(months.checked_mul(count.try_into().ok()?)?),
                Self::Days(days) => Self::Days(days.checked_mul(count)?),
                Self::Seconds(seconds) => Self::Seconds(seconds.checked_mul(count)?),
                Self::Number(_) => return None,
            })
        });
        step.ok_or_else(|| STEP.to_owned())
    }

    /// Returns whether a range that begins at this point can have such steps.
    pub(super) fn fits(self, from: &Point) -> bool {
        match from {
            Point::Number(_) => matches!(self, Self::Number(_)),
            Point::Date(_) => matches!(self, Self::Days(_) | Self::Months(_)),
            Point::Time(_) | Point::Zoned(_) => !matches!(self, Self::Number(_)),
        }
    }
}
