//! Why a query is refused, with the place in it.

use std::fmt;

/// A place in the query as it was written; both count from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which line.
    pub line: usize,
    /// Which character of the line.
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

/// Why a query cannot be sent. The words name places, never the query's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing but blanks, comments and semicolons.
    #[error("The query is empty: it holds no statement, at most blanks, comments and semicolons.")]
    Empty,
    /// Something stands behind the semicolon that ends the statement.
    #[error("The query holds more than one statement, the second begins at {0}; one is run at a time.")]
    SecondStatement(Place),
    /// A JDBC function with too few or too many arguments.
    #[error("The JDBC escape {{fn {function}(…)}} at {place} takes {takes}.")]
    Arguments {
        /// The function's name in JDBC.
        function: &'static str,
        /// How many it takes, in words.
        takes: &'static str,
        /// Where the escape begins.
        place: Place,
    },
    /// A JDBC function of time with a unit that it does not know.
    #[error("The JDBC escape {{fn {function}(…)}} at {place} begins with a unit, one of {units}.")]
    Unit {
        /// The function's name in JDBC.
        function: &'static str,
        /// The units that it knows.
        units: &'static str,
        /// Where the escape begins.
        place: Place,
    },
    /// JDBC escapes within JDBC escapes, too many levels of them.
    #[error("The JDBC escapes at {0} are nested too deep; write them as plain SQL.")]
    TooDeep(Place),
    /// JDBC escapes that repeat their arguments make a huge text.
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

/// Why an escape cannot be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Arguments { function: &'static str, takes: &'static str },
    AddUnit,
    DiffUnit,
    Depth,
    Growth,
}
