//! What every export needs: the process, the extraction and the run, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use extractor_encode::Cast;

use super::divide::{find_table, renamed};
use super::format::Format;
use super::process::Process;
use super::run::Run;
use super::several::{self, Guarded};
use super::shares::Shares;
use super::sink::Destination;
use super::wanted::{Wanted, not_one_statement, parameters};
use super::work::Work;
use crate::compress::Compressor;
use crate::database::statement::Statement;
use crate::database::{Session, SessionSettings, Snapshot};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Extraction, OnEmpty};
use crate::response::Outcome;

/// How long after the run's own deadline the server's timeout expires.
const STATEMENT_GRACE: Duration = Duration::from_secs(1);
/// The number of chunks that wait between readers and whoever takes them; the memory for parts is what bounds
/// them.
pub(super) const WAITING: usize = 1;

/// How an export ended, without an error.
pub(super) enum Exported {
    Done(Outcome),
    /// Another object took the name. The rows are gone, so only a new export can write `again`.
    Refused {
        error: Error,
        again: Box<Destination>,
    },
}

/// The context of an export.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) process: &'a Process,
    pub(super) extraction: &'a Extraction,
    pub(super) run: &'a Run,
}

impl Context<'_> {
    pub(super) fn settings(self, format: impl Format) -> SessionSettings {
        SessionSettings {
            writable: self.extraction.allow_writes,
            lossless: format.is_lossless(),
            // Our own deadline expires first and is reported. The server's is for the case that the function
            // is killed.
            statement_timeout: self.run.deadline.remaining().map(|left| left + STATEMENT_GRACE),
            snapshot: Snapshot::Own,
            lock: None,
        }
    }

    /// Begins the transaction of the only reader, and has the server parse the statement; returns its SQL too.
    pub(super) async fn begin(
        self,
        format: impl Format,
        wanted: &Wanted,
        session: &mut Session,
    ) -> Result<(String, Statement)> {
        if let Wanted::Query(query) = wanted {
            session.expect_query(query.clone());
        }
        session.begin(self.settings(format)).await?;
        self.run.progress.enter(Stage::Query);
        let sql = match wanted {
            Wanted::Query(query) => query.text().to_owned(),
            Wanted::Tables(_) => return Err(not_one_statement()),
            Wanted::Table(name) => find_table(session, name, self.extraction).await?.select(),
        };
        let statement = self.parse(&sql, session).await?;
        Ok((sql, statement))
    }

    /// Connects the guard, and has it lock what is to be divided among the readers.
    pub(super) async fn guard(
        self,
        format: impl Format,
        wanted: &Wanted,
        readers: usize,
        sessions: &mut Vec<Session>,
    ) -> Result<Guarded> {
        several::connect(sessions, 1, readers).await?;
        self.run.progress.enter(Stage::Query);
        let Some(guard) = sessions.last_mut() else { return Err(no_session()) };
        several::guard(guard, self.settings(format), wanted, self.extraction).await
    }

    /// Has the readers join in one snapshot; returns the shares, whose columns have these wire formats.
    pub(super) async fn join(
        self,
        format: impl Format,
        guarded: Guarded,
        casts: &[Cast],
        formats: Vec<i16>,
        readers: usize,
        sessions: &mut Vec<Session>,
    ) -> Result<Work> {
        let led = several::lead(sessions, &self.settings(format), guarded).await?;
        let joined = several::follow(sessions, self.settings(format), led, casts, readers, None).await?;
        if let Some(rows) = joined.rows {
            self.run.progress.expect(rows as u64);
        }
        let shares = Shares::new(joined.texts, formats, joined.parameters, joined.shares);
        Ok(Work::Shares(Arc::new(shares), Some(0)))
    }

    /// Has the server parse the statement.
    async fn parse(self, sql: &str, session: &mut Session) -> Result<Statement> {
        if self.run.wants_estimate {
            let values = |statement: &Statement| parameters(statement, self.extraction);
            if let Some(rows) = session.estimate_rows(sql, values).await? {
                self.run.progress.expect(rows);
            }
        }
        session.parse(sql).await
    }

    /// Returns a compressor, if the file is compressed as a whole.
    pub(super) fn compressor(self) -> Result<Option<Compressor>> {
        let Extraction { compression, compression_level, .. } = self.extraction;
        Compressor::new(*compression, *compression_level, self.process.has_spare_core)
    }

    /// Checks that the statements of several readers, or of several tables, have read the tables that were locked:
    /// each looks up the names anew, and a schema can be renamed in spite of the locks.
    ///
    /// # Errors
    /// `SnapshotUnavailable`, and the errors of asking the server.
    pub(super) async fn check_names(self, work: &Work, sessions: &mut [Session]) -> Result<()> {
        let looks_once = matches!(work, Work::Whole(_)) && self.extraction.incremental.is_none();
        let Some(leader) = sessions.first_mut().filter(|_| !looks_once) else { return Ok(()) };
        leader.renamed().await?.map_or(Ok(()), |name| Err(renamed(&name)))
    }

    /// Returns whether no row was read and nothing is to be written then.
    ///
    /// # Errors
    /// `NoData` if that is a failure.
    pub(super) fn is_nothing(self) -> Result<bool> {
        let has_rows = self.run.progress.rows() > 0;
        match self.extraction.on_empty {
            OnEmpty::Fail if !has_rows => {
                Err(Error::new(ErrorType::NoData, Stage::Rows, "The query returned no row."))
            }
            OnEmpty::Skip => Ok(!has_rows),
            OnEmpty::Fail | OnEmpty::Header => Ok(false),
        }
    }
}

pub(super) fn no_session() -> Error {
    Error::new(ErrorType::Internal, Stage::Connection, "There is no session.")
}
