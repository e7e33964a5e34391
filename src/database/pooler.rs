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
    /// The pooler is in statement mode, in which there are no transactions.
    StatementMode,
    /// No connection is free or the server is unavailable; a retry may succeed.
    Busy,
    /// Another permanent error.
    Other,
}

/// Parts of messages, in lower case, and their meaning; the first match decides.
const WORDS: [(&str, Refusal); 14] = [
    ("statement pooling", Refusal::StatementMode),
    ("authentication failed", Refusal::Login),
    ("no such user", Refusal::Login),
    ("login rejected", Refusal::Login),
    ("no authentication method", Refusal::Login),
    ("no such database", Refusal::Database),
    ("database does not allow connections", Refusal::Database),
    ("server login has been failing", Refusal::Busy),
    ("cannot connect to server", Refusal::Busy),
    ("server conn crashed", Refusal::Busy),
    ("no more connections allowed", Refusal::Busy),
    ("query_wait_timeout", Refusal::Busy),
    ("client_login_timeout", Refusal::Busy),
    ("shut", Refusal::Busy),
];

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
        Refusal::Busy => refused(ErrorType::ConnectFailed, "The pooler has no connection to the server"),
        Refusal::Other => None,
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
        assert_eq!(of("08P01", "unsupported startup parameter: options"), Some(Refusal::Other));
        assert_eq!(of("53300", "too many connections"), None);
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
