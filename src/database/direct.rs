//! Connects to one of several servers, as libpq does.

use std::time::Duration;

use tokio::time::timeout;

use super::connect::connect_once;
use super::session::Session;
use crate::config::{DirectLogin, Login, ServerKind};
use crate::error::{Error, ErrorType, Result, Stage};

/// The outcome of connecting to one of several servers.
pub(crate) struct Tried {
    /// The session, and the index of its server.
    pub(crate) session: Option<(usize, Session)>,
    /// The servers that were tried before, by their index, and why they were not used.
    pub(crate) failures: Vec<(usize, Error)>,
}

/// Connects to the first server that can be reached and is of the wanted kind. No further server is tried
/// after one that refuses the login.
pub(crate) async fn try_in_order(login: &DirectLogin) -> Tried {
    let mut failures = Vec::new();
    let kinds: &[ServerKind] = match login.wanted {
        ServerKind::PreferStandby => &[ServerKind::Standby, ServerKind::Any],
        kind => &[kind],
    };
    for kind in kinds {
        for (index, server) in login.servers.iter().enumerate() {
            match connect(server, *kind, login.connect_timeout).await {
                Ok(session) => return Tried { session: Some((index, session)), failures },
                Err(error) => {
                    let is_last = error.error_type == ErrorType::AuthenticationFailed;
                    failures.push((index, error));
                    if is_last {
                        return Tried { session: None, failures };
                    }
                }
            }
        }
    }
    Tried { session: None, failures }
}

/// Connects to the first server that can be reached and is of the wanted kind, and returns the session.
///
/// # Errors
/// The error of the last server that was tried; see [`connect`](super::connect()).
pub async fn connect_to_any(login: &DirectLogin) -> Result<Session> {
    let Tried { session, mut failures } = try_in_order(login).await;
    if let Some((_, session)) = session {
        return Ok(session);
    }
    Err(failures.pop().map_or_else(
        || Error::new(ErrorType::ConnectFailed, Stage::Connection, "The command line names no server."),
        |(_, error)| error,
    ))
}

async fn connect(server: &Login, kind: ServerKind, limit: Option<Duration>) -> Result<Session> {
    let connecting = async {
        let mut session = connect_once(server).await.map_err(|failure| failure.error)?;
        if kind == ServerKind::Any {
            return Ok(session);
        }
        let (is_standby, is_read_only) = session.kind().await?;
        if kind.fits(is_standby, is_read_only) {
            return Ok(session);
        }
        session.close_idle().await;
        let found = match (is_standby, is_read_only) {
            (true, _) => "a standby",
            (false, true) => "a read-only primary",
            (false, false) => "a primary",
        };
        let message = format!(
            "The server at {} is {found}, which target_session_attrs does not admit.",
            server.endpoint
        );
        Err(Error::new(ErrorType::ConnectFailed, Stage::Connection, message).with_hint(
            "Name another server, or another value of PGTARGETSESSIONATTRS (target_session_attrs).",
        ))
    };
    let Some(limit) = limit else { return Box::pin(connecting).await };
    Box::pin(timeout(limit, connecting)).await.unwrap_or_else(|_| {
        let message = format!(
            "The database at {} did not let the session in within {} s (connect_timeout).",
            server.endpoint,
            limit.as_secs()
        );
        Err(Error::new(ErrorType::ConnectTimeout, Stage::Connection, message))
    })
}
