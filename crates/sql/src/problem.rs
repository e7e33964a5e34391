//! The errors of a query, with their places.

use std::fmt;

/// A place in the query as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
}

impl Place {
    pub(super) fn of(sql: &str, byte: usize) -> Self {
        let before = &sql[..byte];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The reason why a query cannot be sent. The message names places and never contains the query's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The query has nothing but whitespace, comments and semicolons.
    #[error("The query is empty: it has no statement, at most whitespace, comments and semicolons.")]
    Empty,
    /// There is more text after the semicolon that ends the statement.
    #[error("The query has more than one statement, and only one can be run; the second begins at {0}.")]
    SecondStatement(Place),
    /// A JDBC function with too few or too many arguments.
    #[error("The JDBC escape {{fn {function}(…)}} at {place} takes {takes}.")]
    Arguments {
        /// The function's name in JDBC.
        function: &'static str,
        /// How many arguments it takes, in words.
        takes: &'static str,
        /// Where the escape begins.
        place: Place,
    },
    /// A JDBC function of time with an unknown unit.
    #[error("The first argument of the JDBC escape {{fn {function}(…)}} at {place} must be one of {units}.")]
    Unit {
        /// The function's name in JDBC.
        function: &'static str,
        /// The units that the function takes.
        units: &'static str,
        /// Where the escape begins.
        place: Place,
    },
    /// JDBC escapes are nested on too many levels.
    #[error("The JDBC escapes at {0} are nested too deeply; write them as plain SQL.")]
    TooDeep(Place),
    /// JDBC escapes that repeat their arguments make the text too long.
    #[error("The JDBC escapes up to {0} make the query too long; write them as plain SQL.")]
    TooLong(Place),
}

impl Problem {
    pub(super) fn of(refusal: Refusal, place: Place) -> Self {
        match refusal {
            Refusal::Arguments { function, takes } => Self::Arguments { function, takes, place },
            Refusal::AddUnit => Self::Unit {
                function: "timestampadd",
                units: "SQL_TSI_SECOND, _MINUTE, _HOUR, _DAY, _WEEK, _MONTH, _QUARTER, _YEAR",
                place,
            },
            Refusal::DiffUnit => {
                Self::Unit { function: "timestampdiff", units: "SQL_TSI_SECOND, _MINUTE, _HOUR, _DAY", place }
            }
            Refusal::Depth => Self::TooDeep(place),
            Refusal::Growth => Self::TooLong(place),
        }
    }
}

/// The reason why an escape cannot be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Arguments { function: &'static str, takes: &'static str },
    AddUnit,
    DiffUnit,
    Depth,
    Growth,
}
