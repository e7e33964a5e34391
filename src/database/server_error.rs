//! The errors of the server: their `errorType`, and how much of the message may be shown.

use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;

use super::positions::Positions;
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
        self.class() == "08"
            || self.ends_transaction_in_time()
            || ["57P01", "57P02", "57P03", "57P05"].contains(&self.code.as_str())
    }

    /// Returns whether a limit on the time of a transaction ended the session: `idle_in_transaction_session_timeout`, or
    /// `transaction_timeout` of PostgreSQL 17. The transaction was not committed then.
    pub(super) fn ends_transaction_in_time(&self) -> bool {
        ["25P03", "25P04"].contains(&self.code.as_str())
    }

    /// Returns the name of the condition and the SQLSTATE, without the message.
    pub fn condition(&self) -> String {
        format!("{} (SQLSTATE {})", condition_name(&self.code), self.code)
    }

    /// Converts an error of parsing, binding or running the statement to the error to report.
    pub fn of_statement(&self, stage: Stage) -> Error {
        let (error_type, what) = match (self.class(), self.code.as_str()) {
            (_, "42501") => (ErrorType::QueryDenied, "The user may not run the query"),
            (_, "25006") => {
                (ErrorType::QueryDenied, "The query tries to change data, and the session is read-only")
            }
            (_, "57014") => (ErrorType::QueryTimeout, "The server cancelled the query"),
            _ if self.ends_transaction_in_time() => {
                (ErrorType::QueryTimeout, "The server ended the transaction")
            }
            _ if self.ends_session() => (ErrorType::ConnectionLost, "The server ended the session"),
            (_, "2D000" | "25001") => (
                ErrorType::QueryInvalid,
                "The statement cannot run within a transaction, as an extraction does",
            ),
            ("42" | "0A" | "26" | "34" | "3F" | "25", _) => {
                (ErrorType::QueryInvalid, "The server does not accept the query")
            }
            _ => (ErrorType::QueryFailed, "The query failed on the server"),
        };
        let error =
            Error::new(error_type, stage, format!("{what}: {}.", self.words())).caused_by(self.cause());
        match (self.class(), self.code.as_str()) {
            // Recovery conflicts, deadlocks, lack of resources, a busy object: a retry may succeed.
            ("40" | "53" | "55", _) => error.with_retryable(true).with_hint(
                "The server was busy or, on a replica, recovery was in the way: run it again, or raise \
                 max_standby_streaming_delay there.",
            ),
            (_, "22021") => error.with_hint(
                "A text holds bytes that its database's encoding does not have, as in SQL_ASCII: decode them in the \
                 query, convert_from(column::bytea, 'LATIN1').",
            ),
            (_, "2D000") => error.with_hint(
                "A procedure that commits or rolls back by itself cannot be extracted from: call it with psql, and \
                 extract what it has written.",
            ),
            (_, "25001") => error.with_hint("Run it with psql, outside of a transaction."),
            (_, "25P03") => error.with_hint(
                "idle_in_transaction_session_timeout of the server, the database or the user is too short: ALTER ROLE \
                 exporter SET idle_in_transaction_session_timeout = '5min'",
            ),
            (_, "25P04") => error.with_hint(
                "transaction_timeout of the server, the database or the user is shorter than the extraction: ALTER ROLE \
                 exporter SET transaction_timeout = '20min'",
            ),
            (_, "54011") => error.with_hint("A result has 1,664 columns at most: select fewer."),
            _ => error,
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

/// Returns the name of a condition, or of its class, in the documentation of PostgreSQL.
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
        "25006" => "read-only SQL transaction",
        "25P03" => "idle in transaction session timeout",
        "25P04" => "transaction timeout",
        "2D000" => "invalid transaction termination",
        "25001" => "active SQL transaction",
        "26000" => "invalid SQL statement name",
        "34000" => "invalid cursor name",
        "3F000" => "invalid schema name",
        "40001" => "serialization failure",
        "40P01" => "deadlock detected",
        "42501" => "insufficient privilege",
        "42601" => "syntax error",
        "42703" => "undefined column",
        "42704" => "undefined object",
        "42804" => "datatype mismatch",
        "42883" => "undefined function",
        "42P01" => "undefined table",
        "53100" => "disk full",
        "53200" => "out of memory",
        "53400" => "configuration limit exceeded",
        "54000" => "program limit exceeded",
        "54001" => "statement too complex",
        "54011" => "too many columns",
        "55006" => "object in use",
        "55P03" => "lock not available",
        "57014" => "query canceled",
        "57P01" => "admin shutdown",
        "57P02" => "crash shutdown",
        "57P05" => "idle session timeout",
        "58030" => "I/O error",
        "58P01" => "undefined file",
        "P0001" => "an exception raised by a function",
        "P0002" => "no data found",
        "P0003" => "too many rows",
        "P0004" => "assertion failure",
        _ => match code.get(..2) {
            Some("08") => "connection exception",
            Some("0A") => "feature not supported",
            Some("20") => "case not found",
            Some("21") => "cardinality violation",
            Some("22") => "data exception",
            Some("23") => "integrity constraint violation",
            Some("24") => "invalid cursor state",
            Some("25") => "invalid transaction state",
            Some("28") => "invalid authorization specification",
            Some("2B") => "dependent privilege descriptors still exist",
            Some("2F") => "SQL routine exception",
            Some("34") => "invalid cursor name",
            Some("38") => "external routine exception",
            Some("39") => "external routine invocation exception",
            Some("3D") => "invalid catalog name",
            Some("40") => "transaction rollback",
            Some("42") => "syntax error or access rule violation",
            Some("44") => "WITH CHECK OPTION violation",
            Some("53") => "insufficient resources",
            Some("54") => "program limit exceeded",
            Some("55") => "object not in prerequisite state",
            Some("57") => "operator intervention",
            Some("58") => "system error",
            Some("F0") => "configuration file error",
            Some("HV") => "foreign data wrapper error",
            Some("P0") => "PL/pgSQL error",
            Some("XX") => "internal error",
            _ => "error",
        },
    }
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
