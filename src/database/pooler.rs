//! Interprets the errors of poolers. PgBouncer uses SQLSTATE 08P01 for nearly all of them, so the message
//! decides.

use super::server_error::ServerError;
use crate::error::{Error, ErrorType, Stage};
use crate::form;

/// The meaning of a pooler's error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The password is wrong or the user is unknown.
    Login,
    /// The database is unknown.
    Database,
    /// The server cannot send text as UTF-8. A pooler sets the client's encoding when it assigns a connection.
    Encoding,
    /// The pooler does not take `options`.
    Options,
    /// The pooler is in statement mode, in which there are no transactions.
    StatementMode,
    /// No connection is free or the server is unavailable; a retry may succeed.
    Busy,
    /// Another permanent error.
    Other,
}

/// Parts of messages, in lower case, and their meaning; the first match decides. PgBouncer passes on what the server says
/// when it refuses a login, but not its SQLSTATE.
const WORDS: [(&str, Refusal); 23] = [
    ("statement pooling", Refusal::StatementMode),
    ("authentication failed", Refusal::Login),
    ("no such user", Refusal::Login),
    ("login rejected", Refusal::Login),
    ("no authentication method", Refusal::Login),
    ("no such database", Refusal::Database),
    ("database does not allow connections", Refusal::Database),
    ("invalid server parameter", Refusal::Encoding),
    ("unsupported startup parameter: options", Refusal::Options),
    ("server login has been failing", Refusal::Busy),
    ("cannot connect to server", Refusal::Busy),
    ("server conn crashed", Refusal::Busy),
    ("no more connections allowed", Refusal::Busy),
    ("query_wait_timeout", Refusal::Busy),
    ("client_login_timeout", Refusal::Busy),
    ("shut", Refusal::Busy),
    ("too many", Refusal::Busy),
    ("connection slots", Refusal::Busy),
    ("the database system is", Refusal::Busy),
    ("pg_hba.conf", Refusal::Login),
    ("permission denied for database", Refusal::Login),
    ("role \"", Refusal::Login),
    ("database \"", Refusal::Database),
];

/// The hint for a database whose encoding has no conversion to UTF-8.
pub(super) const NO_CONVERSION: &str = "A database in MULE_INTERNAL has no conversion to UTF-8. Copy it into one in UTF8 by way of an \
    encoding that has: pg_dump --encoding=LATIN1 OLD | psql NEW (or LATIN2, KOI8R, EUC_JP …), and extract from that.";

/// Returns the meaning of an error with SQLSTATE 08P01 (protocol violation), or `None` for other errors.
pub(super) fn refusal(error: &ServerError) -> Option<Refusal> {
    if error.code != "08P01" {
        return None;
    }
    let words = error.words().to_lowercase();
    Some(
        WORDS.iter().find(|(known, _)| words.contains(known)).map_or(Refusal::Other, |(_, refusal)| *refusal),
    )
}

/// Returns the error of a pooler that refused to begin a session, or `None` if the error is not specific to
/// poolers.
pub(super) fn refused(error: &ServerError) -> Option<Error> {
    let refused = |error_type, what| {
        // The pooler checks the database and the user only at the first statement.
        let words = form::without_values(&error.words());
        Some(Error::new(error_type, Stage::Connection, format!("{what}: {words}.")))
    };
    match refusal(error)? {
        Refusal::StatementMode => {
            let refused = refused(
                ErrorType::InvalidDbConfig,
                "The pooler in front of the database is in statement mode, which has no transactions",
            )?;
            Some(refused.with_hint(
                "Set host and port to the database itself, or to a pool in transaction or session mode \
                 (PgBouncer: pool_mode = transaction).",
            ))
        }
        Refusal::Login => refused(ErrorType::AuthenticationFailed, "The pooler's own login was refused"),
        Refusal::Database => refused(ErrorType::InvalidDbConfig, "The pooler does not have the database"),
        Refusal::Encoding => {
            let cannot = "The server behind the pooler cannot send the database's text as UTF-8";
            Some(refused(ErrorType::InvalidDbConfig, cannot)?.with_hint(NO_CONVERSION))
        }
        Refusal::Busy => refused(ErrorType::ConnectFailed, "The pooler has no connection to the server"),
        Refusal::Options | Refusal::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_decides_the_meaning_of_a_protocol_violation() {
        let of = |code, words| refusal(&ServerError::new(code, words));
        assert_eq!(of("08P01", "SASL authentication failed"), Some(Refusal::Login));
        assert_eq!(of("08P01", "no such database: nowhere"), Some(Refusal::Database));
        assert_eq!(of("08P01", "query_wait_timeout"), Some(Refusal::Busy));
        assert_eq!(of("08P01", "invalid server parameter"), Some(Refusal::Encoding));
        assert_eq!(of("08P01", "unsupported startup parameter: options"), Some(Refusal::Options));
        assert_eq!(of("08P01", "unsupported startup parameter: x"), Some(Refusal::Other));
        assert_eq!(of("53300", "too many connections"), None);
    }

    #[test]
    fn the_words_of_the_server_behind_the_pooler_count_as_the_server_s() {
        let of = |words| refusal(&ServerError::new("08P01", words));
        for busy in [
            "sorry, too many clients already",
            "too many connections for role \"reader\"",
            "remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "the database system is starting up",
            "the database system is not yet accepting connections",
        ] {
            assert_eq!(of(busy), Some(Refusal::Busy), "{busy}");
        }
        for login in [
            "password authentication failed for user \"reader\"",
            "role \"reader\" does not exist",
            "role \"reader\" is not permitted to log in",
            "permission denied for database \"shop\"",
            "no pg_hba.conf entry for host \"10.0.0.1\", user \"reader\", database \"shop\", no encryption",
        ] {
            assert_eq!(of(login), Some(Refusal::Login), "{login}");
        }
        assert_eq!(of("database \"shop\" does not exist"), Some(Refusal::Database));
    }

    #[test]
    fn a_name_that_may_be_a_password_is_not_repeated() {
        let error =
            refused(&ServerError::new("08P01", "no such database: reader:hunter2")).expect("a refusal");
        assert_eq!(
            error.message,
            "The pooler does not have the database: no such database: (not shown) (SQLSTATE 08P01)."
        );
    }
}
