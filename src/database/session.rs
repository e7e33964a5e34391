//! A session and its one transaction.

use std::borrow::Cow;
use std::time::Duration;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{DataRowBody, Message};
use postgres_protocol::message::frontend;
use tokio::time::timeout;

use super::cancel::CancelHandle;
use super::pooler;
use super::settings::{SessionSettings, Snapshot};
use super::transaction::Transaction;
use super::wire::{Front, Wire, WireError};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;

/// How long a session without a running statement may take to close.
const CLOSE_IDLE: Duration = Duration::from_secs(1);

/// A logged-in connection.
pub struct Session {
    pub(super) wire: Wire,
    /// `standard_conforming_strings`, which a role or a database may set to off.
    pub(super) conforming_strings: bool,
    /// The major version of the server.
    server_version: u32,
    pub(super) cancel: CancelHandle,
    pub(super) settings: Option<SessionSettings>,
    /// The types of the parameters of the statement that was parsed last.
    pub(super) parameter_types: Vec<u32>,
    pub(super) transaction: Option<Transaction>,
}

impl Session {
    pub(super) fn new(
        wire: Wire,
        cancel: CancelHandle,
        conforming_strings: bool,
        server_version: u32,
    ) -> Self {
        Self {
            wire,
            conforming_strings,
            server_version,
            cancel,
            settings: None,
            parameter_types: Vec::new(),
            transaction: None,
        }
    }

    /// Reports positions in errors relative to this query as it was written, from now on.
    pub fn expect_query(&mut self, query: extractor_sql::RewrittenQuery) {
        self.wire.positions.are_of(query);
    }

    /// Begins the transaction, READ ONLY unless it may write, and applies the settings.
    ///
    /// # Errors
    /// `ConnectFailed`, `InvalidDbConfig` or `ConnectionLost`, stage `connection`.
    pub async fn begin(&mut self, settings: SessionSettings) -> Result<()> {
        let (version, settings) = (self.server_version, self.settings.insert(settings));
        let sql = settings.begin("", version);
        let begun = match self.simple_query(&sql).await {
            // The role's default_transaction_isolation is serializable, which a hot standby does not support.
            // The server's error says to use REPEATABLE READ.
            Err(WireError::Server(server)) if server.code == "0A000" => {
                let settings = self.settings.as_ref();
                let sql =
                    settings.map(|settings| settings.begin(" ISOLATION LEVEL REPEATABLE READ", version));
                self.roll_back_and_run(&sql.unwrap_or_default()).await
            }
            begun => begun,
        };
        let locks = self.settings.as_ref().is_some_and(|settings| settings.lock.is_some());
        let begun = begun.map_err(|error| if locks { lost(error, Stage::Query) } else { of_settings(error) });
        self.transaction = begun?.row.and_then(Transaction::read);
        Ok(())
    }

    /// Rolls back the transaction that an error has aborted, and begins another.
    pub(super) async fn begin_again(&mut self) -> Result<()> {
        let Some(settings) = &self.settings else { return Ok(()) };
        if matches!(settings.snapshot, Snapshot::Shared | Snapshot::Imported(_)) {
            let message = "The transaction failed, and with it the shared snapshot is gone.";
            return Err(Error::new(ErrorType::SnapshotUnavailable, Stage::Query, message));
        }
        let sql = settings.begin("", self.server_version);
        let answer = self.roll_back_and_run(&sql).await.map_err(of_settings)?;
        self.transaction = answer.row.and_then(Transaction::read);
        Ok(())
    }

    /// Rolls back the transaction that an error has aborted, then runs statements.
    pub(super) async fn roll_back_and_run(&mut self, sql: &str) -> Result<Answered, WireError> {
        self.until_ready().await?;
        self.simple_query(&format!("ROLLBACK; {sql}")).await
    }

    /// Returns a setting that no longer has the value that [`begin`](Self::begin) set.
    pub(super) fn changed_setting(&self) -> Option<&'static str> {
        self.settings.as_ref()?.changed(|name| self.wire.reported(name))
    }

    /// Returns whether the server is a standby, and whether its sessions are read-only by default.
    ///
    /// # Errors
    /// See [`lost`]; stage `connection`.
    pub(super) async fn kind(&mut self) -> Result<(bool, bool)> {
        const KIND: &str = "SELECT pg_catalog.pg_is_in_recovery()::text, pg_catalog.current_setting('default_transaction_read_only')";
        let answer = self.simple_query(KIND).await.map_err(|error| lost(error, Stage::Connection))?;
        let is = |index: usize, word: &str| {
            answer.row.as_ref().and_then(|row| row.get(index)?.as_deref()).is_some_and(|text| text == word)
        };
        Ok((is(0, "true"), is(1, "on")))
    }

    /// Rolls the transaction back, also one that an error has aborted, and keeps the session. This releases its
    /// locks.
    ///
    /// # Errors
    /// `ConnectionLost` and the like, stage `query`.
    pub async fn release(&mut self) -> Result<()> {
        let released = async {
            self.until_ready().await?;
            self.simple_query("ROLLBACK").await
        };
        released.await.map(|_| ()).map_err(|error| lost(error, Stage::Query))
    }

    /// Commits the changes of a run that may write.
    ///
    /// # Errors
    /// With stage `rows`: `QueryFailed` and the like if the server refused, so that nothing has changed;
    /// `ConnectionLost`, not retryable, if its answer was not received.
    pub async fn commit(&mut self) -> Result<()> {
        match self.simple_query("COMMIT").await {
            Ok(answer) if answer.tag == "COMMIT" => Ok(()),
            Ok(_) => Err(Error::new(
                ErrorType::QueryFailed,
                Stage::Rows,
                "The server rolled the transaction back at its end; nothing has changed.",
            )),
            Err(WireError::Server(server)) if !server.ends_session() || server.ends_transaction_in_time() => {
                Err(server.under_way().of_statement(Stage::Rows))
            }
            Err(error) => {
                let mut error = lost_under_way(error, Stage::Rows)
                    .with_retryable(false)
                    .with_hint("Look in the database whether the changes are there before you run it again.");
                error.message.push_str(" This was during COMMIT: the changes may be committed.");
                Err(error)
            }
        }
    }

    /// Closes a session without a running statement, within a second; see [`Self::close`].
    pub async fn close_idle(&mut self) {
        self.close(CLOSE_IDLE).await;
    }

    /// Closes the session so that nothing of it is left at the server or a pooler: cancels a running
    /// statement, rolls back and terminates. After `limit` the connection is dropped. A second call does
    /// nothing.
    pub async fn close(&mut self, limit: Duration) {
        let closing = async {
            if self.wire.is_running() {
                self.stop().await;
            }
            self.leave().await
        };
        // Errors no longer matter.
        let _ = timeout(limit, closing).await;
    }

    /// Closes the session if no statement is running.
    pub(super) async fn leave(&mut self) -> Result<(), WireError> {
        if self.wire.is_running() || self.wire.is_broken() {
            return Ok(());
        }
        self.drain().await?;
        if self.wire.ready() == Some(true) {
            self.simple_query("ROLLBACK").await?;
        }
        self.wire.terminate().await
    }

    /// Runs statements by the simple query protocol and returns the last row and command tag.
    pub(super) async fn simple_query(&mut self, sql: &str) -> Result<Answered, WireError> {
        frontend::query(sql, self.wire.output())?;
        self.wire.send().await?;
        let mut answered = Answered::default();
        loop {
            match self.wire.receive().await? {
                Message::ReadyForQuery(_) => return Ok(answered),
                Message::DataRow(row) => answered.row = fields(&row),
                Message::CommandComplete(body) => body.tag()?.clone_into(&mut answered.tag),
                _ => {}
            }
        }
    }

    /// Reads until `ReadyForQuery`, unless that was the last message; an `ErrorResponse` is an error.
    pub(super) async fn until_ready(&mut self) -> Result<(), WireError> {
        while self.wire.ready().is_none() {
            self.wire.receive().await?;
        }
        Ok(())
    }

    /// Reads and discards everything, rows and errors included, until `ReadyForQuery`.
    pub(super) async fn drain(&mut self) -> Result<(), WireError> {
        self.wire.send_on().await?;
        while self.wire.ready().is_none() {
            while self.wire.arrived_row().is_some() {}
            match self.wire.front()? {
                Front::Other => match self.wire.receive_any().await {
                    Ok(_) | Err(WireError::Server(_)) => {}
                    Err(error) => return Err(error),
                },
                Front::Nothing | Front::Row => self.wire.fill().await?,
            }
        }
        Ok(())
    }
}

/// The outcome of a simple query.
#[derive(Default)]
pub(super) struct Answered {
    /// The fields of the last row; `None` is NULL.
    pub(super) row: Option<Vec<Option<String>>>,
    /// The tag of the last command.
    tag: String,
}

fn fields(row: &DataRowBody) -> Option<Vec<Option<String>>> {
    let text = |range: std::ops::Range<usize>| row.buffer().get(range).map(String::from_utf8_lossy);
    row.ranges().map(|range| Ok(range.and_then(text).map(Cow::into_owned))).collect().ok()
}

fn of_settings(error: WireError) -> Error {
    match error {
        WireError::Server(server) => pooler::refused(&server).unwrap_or_else(|| {
            let words = form::without_values(&server.words());
            let message = format!("The server refused the session's settings: {words}.");
            Error::new(ErrorType::ConnectFailed, Stage::Connection, message).caused_by(server.cause())
        }),
        other => lost(other, Stage::Connection),
    }
}

/// Converts an error of parsing a statement.
pub(super) fn lost_parsing(error: WireError) -> Error {
    match error {
        WireError::Server(server) => server.of_parsing(),
        other => lost(other, Stage::Query),
    }
}

/// Converts an error during binding or execution, whose message may contain a cell.
pub(super) fn lost_under_way(error: WireError, stage: Stage) -> Error {
    match error {
        WireError::Server(server) => server.under_way().of_statement(stage),
        other => lost(other, stage),
    }
}

/// Converts an error of the conversation with the server.
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
