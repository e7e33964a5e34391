//! What poolers say. PgBouncer has one SQLSTATE, 08P01, for nearly all of it, so that its words tell.

use super::server_error::ServerError;
use crate::error::{Error, ErrorType, Stage};
use crate::form;

/// What the words of a refusal come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Wrong password, unknown user.
    Login,
    /// Unknown database.
    Database,
    /// No transaction is possible.
    StatementMode,
    /// No connection is free, or the server is away: another moment may be better.
    Busy,
    /// Something that stays.
    Other,
}

/// Words, in lower case, and what they come to; the first that fit.
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

/// What a protocol violation really is; `None` of any other error.
pub(super) fn refusal(error: &ServerError) -> Option<Refusal> {
    if error.code != "08P01" {
        return None;
    }
    let words = error.words().to_lowercase();
    Some(
        WORDS.iter().find(|(known, _)| words.contains(known)).map_or(Refusal::Other, |(_, refusal)| *refusal),
    )
}

/// The error where a pooler refused what begins a session, if it is one of its own.
pub(super) fn refused(error: &ServerError) -> Option<Error> {
    let refused = |error_type, what| {
        // Which database and which user it has, the pooler says at the first statement only.
        let words = form::without_values(&error.words());
        Some(Error::new(error_type, Stage::Connection, format!("{what}: {words}.")))
    };
    match refusal(error)? {
        Refusal::StatementMode => {
            let refused = refused(
                ErrorType::InvalidDbConfig,
                "The pooler before the database is in statement mode, which knows no transactions",
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
    fn a_protocol_violation_is_what_its_words_say() {
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
