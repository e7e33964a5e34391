//! A session: its settings, its transaction, its end.

use std::time::Duration;

use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tokio::time::timeout;

use super::cancel::CancelHandle;
use super::wire::{Wire, WireError};
use crate::error::{Error, ErrorType, Result, Stage};

/// A logged-in connection.
pub struct Session {
    pub(super) wire: Wire,
    /// `standard_conforming_strings`, which a role or a database may have off.
    pub(super) conforming_strings: bool,
    cancel: CancelHandle,
}

/// What a session may do and how long.
#[derive(Debug, Clone, Copy)]
pub struct SessionSettings {
    /// Autocommit and changes allowed, as in Java; otherwise one READ ONLY transaction.
    pub writable: bool,
    /// After which time the server cancels the statement by itself; the server's own limit stays if it is lower.
    pub statement_timeout: Option<Duration>,
}

/// The settings of the Java driver's sessions, on which the text of results depends.
///
/// By SET and not in the startup packet, since RDS Proxy refuses `options`. `set_config` over `pg_settings` leaves
/// alone what this version does not know; the check interval (14 and later) lets the server notice a client that was
/// killed.
const SETTINGS: &str = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET extra_float_digits = 3; \
    SELECT set_config(name, '5s', false) FROM pg_catalog.pg_settings \
    WHERE name = 'client_connection_check_interval'";

/// Those of them that the server reports when they change, and how the values begin.
const REPORTED: [(&str, &str); 3] = [("TimeZone", "UTC"), ("DateStyle", "ISO"), ("client_encoding", "UTF8")];

impl Session {
    pub(super) fn new(wire: Wire, cancel: CancelHandle, conforming_strings: bool) -> Self {
        Self { wire, conforming_strings, cancel }
    }

    /// The means to stop what this session runs.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.cancel.clone()
    }

    /// Makes the settings and, unless it may write, begins the READ ONLY transaction.
    ///
    /// # Errors
    /// `ConnectFailed` or `ConnectionLost` of stage `connection`.
    pub async fn prepare(&mut self, settings: SessionSettings) -> Result<()> {
        let limit = settings.statement_timeout.map_or_else(String::new, |limit| {
            let milliseconds = limit.as_millis().clamp(1, i32::MAX as u128);
            format!(
                "; SELECT set_config(name, '{milliseconds}', false) FROM pg_catalog.pg_settings \
                 WHERE name = 'statement_timeout' AND setting::int NOT BETWEEN 1 AND {milliseconds}"
            )
        });
        self.simple_query(&format!("{SETTINGS}{limit}")).await.map_err(of_settings)?;
        self.begin(settings).await
    }

    async fn begin(&mut self, settings: SessionSettings) -> Result<()> {
        if !settings.writable {
            self.simple_query("BEGIN READ ONLY").await.map_err(of_settings)?;
        }
        Ok(())
    }

    /// Leaves the transaction that an error has spoilt, and begins another.
    pub(super) async fn begin_again(&mut self, settings: SessionSettings) -> Result<()> {
        if !settings.writable {
            self.simple_query("ROLLBACK").await.map_err(of_settings)?;
        }
        self.begin(settings).await
    }

    /// A setting that is no longer as [`prepare`](Self::prepare) made it.
    pub(super) fn changed_setting(&self) -> Option<&'static str> {
        let changed = |(name, ours): &&(&str, &str)| {
            self.wire.reported(name).is_some_and(|value| !value.starts_with(*ours))
        };
        REPORTED.iter().find(changed).map(|(name, _)| *name)
    }

    /// Says goodbye, so that the server does not log a lost client. Errors do not matter any more.
    pub async fn close(mut self) {
        frontend::terminate(self.wire.output());
        let _ = timeout(Duration::from_secs(1), self.wire.send()).await;
        let _ = timeout(Duration::from_secs(1), self.wire.shutdown()).await;
    }

    /// Runs statements whose results do not matter.
    async fn simple_query(&mut self, sql: &str) -> Result<(), WireError> {
        frontend::query(sql, self.wire.output())?;
        self.wire.send().await?;
        self.until_ready().await
    }

    /// Reads on to `ReadyForQuery`.
    pub(super) async fn until_ready(&mut self) -> Result<(), WireError> {
        while !matches!(self.wire.receive().await?, Message::ReadyForQuery(_)) {}
        Ok(())
    }
}

fn of_settings(error: WireError) -> Error {
    match error {
        WireError::Server(server) => Error::new(
            ErrorType::ConnectFailed,
            Stage::Connection,
            format!("The server refused the session's settings: {}.", server.words()),
        ),
        other => lost(other, Stage::Connection),
    }
}

/// The error of a statement under way, whose message may name a cell.
pub(super) fn lost_under_way(error: WireError, stage: Stage) -> Error {
    match error {
        WireError::Server(server) => server.under_way().of_statement(stage),
        other => lost(other, stage),
    }
}

/// The error of a connection that broke.
pub(super) fn lost(error: WireError, stage: Stage) -> Error {
    match error {
        WireError::Server(server) => server.of_statement(stage),
        WireError::Lost(error) => Error::new(
            ErrorType::ConnectionLost,
            stage,
            format!("The connection to the database was lost: {error}."),
        ),
        WireError::Protocol(what) => Error::new(
            ErrorType::ConnectionLost,
            stage,
            format!("The server's answer does not follow the protocol: {what}."),
        ),
    }
}
