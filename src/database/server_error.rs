//! The errors of the server: their `errorType`, and how much of the message may be shown.

use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;

use super::condition::condition_name;
use super::positions::Positions;
use super::sqlstate::{self, SqlState};
use crate::error::{Cause, Error, ErrorType, ServerCause, Stage};

/// The kept fields of an `ErrorResponse`. DETAIL, CONTEXT and HINT are dropped, since they can contain a
/// cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// The SQLSTATE, five characters.
    pub code: String,
    message: String,
    /// The function of the server that raised the error.
    routine: Option<String>,
    /// The position in the query as it was written, in characters counted from 1.
    position: Option<usize>,
}

/// The SQLSTATE classes about the statement, the session and the server, whose messages contain no cell.
const HARMLESS: [&str; 12] = ["42", "28", "3D", "53", "55", "57", "08", "0A", "25", "40", "58", "XX"];

impl ServerError {
    /// Creates an error from its SQLSTATE and message.
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), routine: None, position: None }
    }

    pub(super) fn read(mut fields: ErrorFields<'_>, positions: &Positions) -> io::Result<Self> {
        let mut error = Self::new("XX000", "");
        while let Some(field) = fields.next()? {
            let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'C' => error.code = value(),
                b'M' => error.message = value(),
                b'P' => {
                    error.position = value().parse().ok().and_then(|position| positions.written(position));
                }
                b'R' => error.routine = Some(value()),
                _ => {}
            }
        }
        Ok(error)
    }

    /// Sets the function of the server that raised the error.
    #[must_use]
    pub fn with_routine(mut self, routine: Option<&str>) -> Self {
        self.routine = routine.map(str::to_owned);
        self
    }

    /// Returns the cause, on which retries and diagnoses are based.
    pub(super) fn cause(&self) -> Cause {
        Cause::Server(ServerCause { sqlstate: self.code.clone(), routine: self.routine.clone() })
    }

    /// Returns the class of the SQLSTATE, its first two characters.
    pub fn class(&self) -> &str {
        self.code.get(..2).unwrap_or("XX")
    }

    /// Removes the message of an error during binding or execution unless it is about the server or
    /// privileges. A message about the statement may then contain a value, in quotes (`name::regclass`) or
    /// without (`name::regoperator`).
    #[must_use]
    pub fn under_way(mut self) -> Self {
        if !names_no_value(&self.message) {
            self.message.clear();
        }
        self
    }

    /// Returns the message if it cannot contain a cell, otherwise the name of the condition, with the
    /// SQLSTATE.
    pub fn words(&self) -> String {
        let position = self.position.as_ref().map_or(String::new(), |at| format!(" at character {at}"));
        let passes = HARMLESS.contains(&self.class()) && !self.message.is_empty();
        let words = if passes { &self.message } else { condition_name(&self.code) };
        format!("{words} (SQLSTATE {}{position})", self.code)
    }

    /// Returns whether the error ended the session.
    pub(super) fn ends_session(&self) -> bool {
        sqlstate::meaning(&self.code).error_type == ErrorType::ConnectionLost
            || self.ends_transaction_in_time()
    }

    /// Returns whether a limit on the time of a transaction ended the session, in which case the transaction
    /// was not committed.
    pub(super) fn ends_transaction_in_time(&self) -> bool {
        ["25P03", "25P04"].contains(&self.code.as_str())
    }

    /// Returns the name of the condition and the SQLSTATE, without the message.
    pub fn condition(&self) -> String {
        format!("{} (SQLSTATE {})", condition_name(&self.code), self.code)
    }

    /// Converts an error of binding or running the statement to the error to report.
    pub fn of_statement(&self, stage: Stage) -> Error {
        self.as_meant(sqlstate::meaning(&self.code), stage)
    }

    /// Converts an error of parsing the statement, before any row is read, to the error to report.
    pub fn of_parsing(&self) -> Error {
        let parsing = sqlstate::PARSING.codes.contains(&self.class());
        let meaning = if parsing { &sqlstate::PARSING } else { sqlstate::meaning(&self.code) };
        self.as_meant(meaning, Stage::Query)
    }

    fn as_meant(&self, meaning: &SqlState, stage: Stage) -> Error {
        let message = format!("{}: {}.", meaning.what, self.words());
        let error = Error::new(meaning.error_type, stage, message)
            .with_retryable(meaning.retryable)
            .caused_by(self.cause());
        match meaning.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// Returns whether a message is known to name nothing but a cause, a command or a relation.
fn names_no_value(message: &str) -> bool {
    const WHOLE: [&str; 4] =
        ["connection to client lost", "deadlock detected", "out of memory", "out of shared memory"];
    const BEGINNINGS: [&str; 6] = [
        "canceling statement due to ",
        "cannot execute ",
        "could not serialize access due to ",
        "permission denied for ",
        "terminating connection ",
        "the database system is ",
    ];
    WHOLE.contains(&message)
        || !message.contains('"') && BEGINNINGS.iter().any(|beginning| message.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_can_contain_a_cell_is_replaced_by_the_condition() {
        let error = ServerError::new("22P02", "invalid input syntax for type integer: \"cell\"");
        assert_eq!(error.words(), "invalid text representation (SQLSTATE 22P02)");
        let raised = ServerError::new("P0001", "cell").of_statement(Stage::Rows);
        assert_eq!(raised.error_type, ErrorType::QueryFailed);
        assert!(!raised.message.contains("cell"));
    }

    #[test]
    fn during_a_run_only_messages_that_name_no_value_pass() {
        let words = |code: &str, message: &str| ServerError::new(code, message).under_way().words();
        assert_eq!(words("42P01", "relation \"cell\" does not exist"), "undefined table (SQLSTATE 42P01)");
        assert_eq!(
            words("42883", "operator does not exist: cell(int4,int4)"),
            "undefined function (SQLSTATE 42883)"
        );
        assert_eq!(words("55000", "no account cell"), "object not in prerequisite state (SQLSTATE 55000)");
        assert_eq!(words("XX000", ""), "internal error (SQLSTATE XX000)");
        for passes in [
            "permission denied for table salaries",
            "cannot execute UPDATE in a read-only transaction",
            "canceling statement due to conflict with recovery",
            "deadlock detected",
        ] {
            assert_eq!(words("42501", passes), format!("{passes} (SQLSTATE 42501)"));
        }
    }

    #[test]
    fn messages_about_the_statement_pass() {
        let error = ServerError::new("42P01", "relation \"users\" does not exist").of_statement(Stage::Query);
        assert_eq!(error.error_type, ErrorType::QueryInvalid);
        assert!(error.message.contains("relation \"users\" does not exist (SQLSTATE 42P01)"), "{error}");
    }

    #[test]
    fn each_sqlstate_has_its_type_and_says_whether_it_passes() {
        for (code, error_type, retryable) in [
            ("25006", ErrorType::QueryDenied, false),
            ("42501", ErrorType::QueryDenied, false),
            ("57014", ErrorType::QueryTimeout, true),
            ("25P03", ErrorType::QueryTimeout, true),
            ("25P04", ErrorType::QueryTimeout, true),
            ("25P02", ErrorType::QueryInvalid, false),
            ("57P01", ErrorType::ConnectionLost, true),
            ("57P05", ErrorType::ConnectionLost, true),
            ("55P03", ErrorType::QueryFailed, true),
            ("2D000", ErrorType::QueryInvalid, false),
            ("22012", ErrorType::QueryFailed, false),
            ("", ErrorType::QueryFailed, false),
        ] {
            let error = ServerError::new(code, "").of_statement(Stage::Rows);
            assert_eq!((error.error_type, error.retryable), (error_type, retryable), "{code}");
        }
    }

    #[test]
    fn a_limit_on_the_time_of_a_transaction_is_named() {
        for (code, setting) in
            [("25P03", "idle_in_transaction_session_timeout"), ("25P04", "transaction_timeout")]
        {
            let error = ServerError::new(code, "").of_statement(Stage::Rows);
            assert!(error.hint.starts_with(setting), "{}", error.hint);
        }
    }
}
