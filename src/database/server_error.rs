//! The server's errors: which words of it may be passed on, and which `errorType` they are.

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;

use super::wire::WireError;
use crate::error::{Error, ErrorType, Stage};

/// What is kept of an `ErrorResponse`. DETAIL, CONTEXT and HINT are not: they can carry a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// SQLSTATE, five characters.
    pub code: String,
    message: String,
    /// The character of the statement, counted from 1.
    position: Option<String>,
}

/// SQLSTATE classes about the statement, the session and the server, whose message carries no cell.
const HARMLESS: [&str; 12] = ["42", "28", "3D", "53", "55", "57", "08", "0A", "25", "40", "58", "XX"];

impl ServerError {
    /// An error of which SQLSTATE and message are known.
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), position: None }
    }

    pub(super) fn read(mut fields: ErrorFields<'_>) -> Result<Self, WireError> {
        let mut error = Self::new("XX000", "");
        while let Some(field) = fields.next().map_err(|error| WireError::Protocol(error.to_string()))? {
            let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'C' => error.code = value(),
                b'M' => error.message = value(),
                b'P' => error.position = Some(value()),
                _ => {}
            }
        }
        Ok(error)
    }

    /// SQLSTATE's first two characters.
    pub fn class(&self) -> &str {
        self.code.get(..2).unwrap_or("XX")
    }

    /// The same error met while rows are made: what the message quotes may be a cell then, as in
    /// `SELECT name::regclass`, so it is taken out.
    #[must_use]
    pub fn without_quotations(mut self) -> Self {
        const QUOTES: [char; 7] = ['"', '«', '»', '„', '“', '”', '‟'];
        // From the first to the last, for what is quoted may hold quotes of its own.
        if let (Some(start), Some(end)) = (self.message.find(QUOTES), self.message.rfind(QUOTES)) {
            let after = self.message[end..].chars().next().map_or(end, |quote| end + quote.len_utf8());
            self.message.replace_range(start..after, "\"…\"");
        }
        self
    }

    /// The server's message where it cannot carry a cell, else SQLSTATE and the condition's name.
    pub fn words(&self) -> String {
        let position = self.position.as_ref().map_or(String::new(), |at| format!(" at character {at}"));
        let words = if HARMLESS.contains(&self.class()) { &self.message } else { condition_name(&self.code) };
        format!("{words} (SQLSTATE {}{position})", self.code)
    }

    /// The error to answer where the statement was parsed, bound or run.
    pub fn of_statement(&self, stage: Stage) -> Error {
        let (error_type, what) = match (self.class(), self.code.as_str()) {
            (_, "42501") => (ErrorType::QueryDenied, "The user may not run the query"),
            (_, "25006") => {
                (ErrorType::QueryDenied, "The query wants to change data, and the session is read-only")
            }
            (_, "57014") => (ErrorType::QueryTimeout, "The server cancelled the query"),
            (_, "57P01" | "57P02" | "57P03" | "57P05") | ("08", _) => {
                (ErrorType::ConnectionLost, "The server ended the session")
            }
            ("42" | "0A" | "26" | "34" | "3F" | "25", _) => {
                (ErrorType::QueryInvalid, "The server does not accept the query")
            }
            _ => (ErrorType::QueryFailed, "The query failed on the server"),
        };
        let error = Error::new(error_type, stage, format!("{what}: {}.", self.words()));
        match self.class() {
            // Recovery conflicts, deadlocks, lack of resources, a busy object: another moment may be better.
            "40" | "53" | "55" => error.with_retryable(true).with_hint(
                "The server was busy or, on a replica, recovery was in the way: run it again, or raise \
                 max_standby_streaming_delay there.",
            ),
            _ => error,
        }
    }
}

/// The name that PostgreSQL's manual gives a condition, or its class.
fn condition_name(code: &str) -> &'static str {
    match code {
        "22P02" => "invalid text representation",
        "22P03" => "invalid binary representation",
        "22P05" => "untranslatable character",
        "22003" => "numeric value out of range",
        "22007" => "invalid datetime format",
        "22008" => "datetime field overflow",
        "22012" => "division by zero",
        "22021" => "character not in repertoire",
        "22023" => "invalid parameter value",
        "22001" => "string data right truncation",
        "22004" => "null value not allowed",
        "2201B" => "invalid regular expression",
        "21000" => "cardinality violation: a subquery returned more than one row",
        "23502" => "not null violation",
        "23503" => "foreign key violation",
        "23505" => "unique violation",
        "23514" => "check violation",
        "23P01" => "exclusion violation",
        "26000" => "invalid SQL statement name",
        "34000" => "invalid cursor name",
        "3F000" => "invalid schema name",
        "54000" => "program limit exceeded",
        "54001" => "statement too complex",
        "54011" => "too many columns",
        "P0001" => "an exception raised by a function",
        "P0002" => "no data found",
        "P0003" => "too many rows",
        "P0004" => "assertion failure",
        _ => match code.get(..2) {
            Some("20") => "case not found",
            Some("21") => "cardinality violation",
            Some("22") => "data exception",
            Some("23") => "integrity constraint violation",
            Some("24") => "invalid cursor state",
            Some("2B") => "dependent privilege descriptors still exist",
            Some("2F") => "SQL routine exception",
            Some("34") => "invalid cursor name",
            Some("38") => "external routine exception",
            Some("39") => "external routine invocation exception",
            Some("44") => "WITH CHECK OPTION violation",
            Some("54") => "program limit exceeded",
            Some("F0") => "configuration file error",
            Some("HV") => "foreign data wrapper error",
            Some("P0") => "PL/pgSQL error",
            _ => "error",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_can_carry_a_cell_are_replaced_by_the_condition() {
        let error = ServerError::new("22P02", "invalid input syntax for type integer: \"cell\"");
        assert_eq!(error.words(), "invalid text representation (SQLSTATE 22P02)");
        let raised = ServerError::new("P0001", "cell").of_statement(Stage::Rows);
        assert_eq!(raised.error_type, ErrorType::QueryFailed);
        assert!(!raised.message.contains("cell"));
    }

    #[test]
    fn what_is_quoted_while_rows_are_made_is_taken_out() {
        let words = |message: &str| ServerError::new("42P01", message).without_quotations().words();
        assert_eq!(
            words("relation \"a\"b\" does not exist"),
            "relation \"…\" does not exist (SQLSTATE 42P01)"
        );
        assert_eq!(words("Relation »ü« existiert nicht"), "Relation \"…\" existiert nicht (SQLSTATE 42P01)");
        assert_eq!(
            words("la relation « a » n'existe pas"),
            "la relation \"…\" n'existe pas (SQLSTATE 42P01)"
        );
        assert_eq!(words("permission denied for table t"), "permission denied for table t (SQLSTATE 42P01)");
        assert_eq!(words("one \" only"), "one \"…\" only (SQLSTATE 42P01)");
        assert_eq!(words(""), " (SQLSTATE 42P01)");
    }

    #[test]
    fn words_about_the_statement_pass() {
        let error = ServerError::new("42P01", "relation \"users\" does not exist").of_statement(Stage::Query);
        assert_eq!(error.error_type, ErrorType::QueryInvalid);
        assert!(error.message.contains("relation \"users\" does not exist (SQLSTATE 42P01)"), "{error}");
    }

    #[test]
    fn each_kind_of_refusal_has_its_type() {
        let of = |code| ServerError::new(code, "").of_statement(Stage::Rows).error_type;
        assert_eq!(of("25006"), ErrorType::QueryDenied);
        assert_eq!(of("42501"), ErrorType::QueryDenied);
        assert_eq!(of("57014"), ErrorType::QueryTimeout);
        assert_eq!(of("57P01"), ErrorType::ConnectionLost);
        assert_eq!(of("22012"), ErrorType::QueryFailed);
        assert_eq!(of(""), ErrorType::QueryFailed);
    }
}
