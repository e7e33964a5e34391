//! What the SQLSTATE of a failed statement means for an extraction. docs/errors.md repeats this table.

use super::condition::condition_name;
use crate::error::ErrorType;

/// A row of the table.
#[derive(Debug)]
pub struct SqlState {
    /// SQLSTATEs, five characters each, and classes, two characters each.
    pub codes: &'static [&'static str],
    /// The type of the error.
    pub error_type: ErrorType,
    /// Whether the same event may succeed later.
    pub retryable: bool,
    /// How the message begins.
    pub(super) what: &'static str,
    /// The hint, unless the hint of the error type is the right one.
    pub hint: Option<&'static str>,
}

const REFUSED: &str = "The server does not accept the query";
const FAILED: &str = "The query failed on the server";
const LOST: &str = "The server ended the session";
const IN_TRANSACTION: &str = "The statement cannot run within a transaction, as an extraction does";

use ErrorType::{ConnectionLost, QueryDenied, QueryFailed, QueryInvalid, QueryTimeout};

/// The rows: a code of five characters comes before its class.
#[rustfmt::skip]
pub const TABLE: &[SqlState] = &[
    row(&["08", "57P01", "57P02", "57P03", "57P05"], ConnectionLost, true, LOST, None),
    row(&["57P04"], ConnectionLost, false, LOST, Some(
        "The database was dropped while the query ran.",
    )),
    row(&["57014"], QueryTimeout, true, "The server cancelled the query", None),
    row(&["25P03"], QueryTimeout, true, "The server ended the transaction", Some(
        "idle_in_transaction_session_timeout of the server, the database or the user is too short: ALTER ROLE \
         exporter SET idle_in_transaction_session_timeout = '5min'",
    )),
    row(&["25P04"], QueryTimeout, true, "The server ended the transaction", Some(
        "transaction_timeout of the server, the database or the user is shorter than the extraction: ALTER ROLE \
         exporter SET transaction_timeout = '20min'",
    )),
    row(&["42501"], QueryDenied, false, "The user may not run the query", None),
    row(&["25006"], QueryDenied, false, "The query tries to change data, and the session is read-only", None),
    row(&["2D000"], QueryInvalid, false, IN_TRANSACTION, Some(
        "A procedure that commits or rolls back by itself cannot be extracted from: call it with psql, and \
         extract what it has written.",
    )),
    row(&["25001"], QueryInvalid, false, IN_TRANSACTION, Some(
        "Run it with psql, outside of a transaction.",
    )),
    row(&["0A", "25", "26", "34", "3F", "42"], QueryInvalid, false, REFUSED, None),
    row(&["22021"], QueryFailed, false, FAILED, Some(
        "A text holds bytes that are not UTF-8, as a database in SQL_ASCII can: decode the column in the query, \
         convert_from(convert(convert_to(column, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'UTF8').",
    )),
    row(&["40001"], QueryFailed, true, FAILED, Some(
        "On a replica, recovery was in the way: run it again, or raise max_standby_streaming_delay there. Elsewhere, \
         another transaction changed the same rows: run it again.",
    )),
    row(&["40"], QueryFailed, true, FAILED, Some(
        "Another transaction was in the way: run it again.",
    )),
    row(&["53100"], QueryFailed, true, FAILED, Some(
        "The server's disk is full: free or add storage, or have the query sort and hash less, then run it again.",
    )),
    row(&["53200"], QueryFailed, true, FAILED, Some(
        "The server was out of memory: run it again when less runs there, or lower the user's work_mem; if the \
         message says shared memory, raise max_locks_per_transaction.",
    )),
    row(&["53400"], QueryFailed, false, FAILED, Some(
        "The query exceeds a limit of the server, the database or the user, such as temp_file_limit: have it sort and \
         hash less, or raise the limit: ALTER ROLE exporter SET temp_file_limit = '10GB'",
    )),
    row(&["53"], QueryFailed, true, FAILED, Some(
        "The server lacked a resource: run it again when less runs there.",
    )),
    row(&["54001"], QueryFailed, false, FAILED, Some(
        "The query is nested too deeply: simplify it, or raise max_stack_depth on the server.",
    )),
    row(&["54011"], QueryFailed, false, FAILED, Some(
        "A result has 1,664 columns at most: select fewer.",
    )),
    row(&["55000"], QueryFailed, false, FAILED, Some(
        "An object is not in the state that the query needs. A materialized view without data: REFRESH MATERIALIZED \
         VIEW name. Instead of currval or lastval: \
         SELECT last_value FROM name. On a replica, some functions of \
         the server do not work: read from the writer.",
    )),
    row(&["55006"], QueryFailed, true, FAILED, Some(
        "Another session uses the object: run it again.",
    )),
    row(&["55P03"], QueryFailed, true, FAILED, Some(
        "Another session holds a lock on a table of the query for longer than lock_timeout: run it again, or see who \
         holds it: SELECT pid, state, query FROM pg_stat_activity WHERE xact_start < now() - interval '1 minute'",
    )),
    row(&["XX001", "XX002"], QueryFailed, false, FAILED, Some(
        "The server has found damaged data or a damaged index: its log names the object; rebuild the index, or \
         restore the table from a backup.",
    )),
];

/// The meaning of all other SQLSTATEs.
pub const OTHER: SqlState = row(&[], QueryFailed, false, FAILED, None);

/// The meaning of these classes while a statement is parsed: no row has been read yet, so a constant of the
/// query is wrong.
pub const PARSING: SqlState = row(
    &["22", "54"],
    QueryInvalid,
    false,
    REFUSED,
    Some(
        "A constant of the query is not a value of its type, has a character that the database's encoding does not have, \
     or the query is too large: correct it.",
    ),
);

const fn row(
    codes: &'static [&'static str],
    error_type: ErrorType,
    retryable: bool,
    what: &'static str,
    hint: Option<&'static str>,
) -> SqlState {
    SqlState { codes, error_type, retryable, what, hint }
}

/// Returns the meaning of a SQLSTATE.
pub fn meaning(code: &str) -> &'static SqlState {
    let of = |wanted: &str| TABLE.iter().find(|state| state.codes.contains(&wanted));
    of(code).or_else(|| of(code.get(..2)?)).unwrap_or(&OTHER)
}

impl SqlState {
    /// Returns the names that PostgreSQL's documentation gives to the codes.
    pub fn conditions(&self) -> Vec<&'static str> {
        self.codes.iter().map(|code| condition_name(code)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_has_two_rows() {
        let mut codes: Vec<_> = TABLE.iter().flat_map(|state| state.codes).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn a_code_comes_before_its_class_and_a_class_has_a_row_or_none() {
        let of = |code| (meaning(code).error_type, meaning(code).retryable);
        assert_eq!(of("55000"), (QueryFailed, false));
        assert_eq!(of("55P03"), (QueryFailed, true));
        assert_eq!(of("55P04"), (QueryFailed, false));
        assert_eq!(of("53400"), (QueryFailed, false));
        assert_eq!(of("53999"), (QueryFailed, true));
        assert_eq!(of("25P02"), (QueryInvalid, false));
        assert_eq!(of("25P04"), (QueryTimeout, true));
        assert_eq!(of("ZZ999"), (QueryFailed, false));
        assert_eq!(of(""), (QueryFailed, false));
    }

    /// Only a conflict with recovery gives advice about replicas.
    #[test]
    fn only_conflicts_with_recovery_advise_about_replicas() {
        let about = |state: &&SqlState| state.hint.is_some_and(|hint| hint.contains("max_standby"));
        let codes: Vec<_> = TABLE.iter().filter(about).flat_map(|state| state.codes).collect();
        assert_eq!(codes, [&"40001"]);
    }
}
