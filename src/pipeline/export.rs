//! Exports the result of one statement to one file.

use std::sync::Arc;
use std::time::Duration;

use extractor_encode::FileEncoding;
use futures_util::FutureExt;
use tokio::sync::mpsc;

use super::assembler::{Assembler, Lead};
use super::chunk_writer::{ChunkWriter, part_of};
use super::divide::find_table;
use super::format::{Format, JsonLines, encoding_of, prepare};
use super::outcome;
use super::process::Process;
use super::reader::{Portal, Reader, Work};
use super::run::Run;
use super::several;
use super::shares::Shares;
use super::sink::{Destination, Finished, Sink};
use super::undo::{self, Undo, close_idle};
use super::wanted::{Wanted, parameters};
use crate::compress::{Compressor, Frames};
use crate::database::statement::Statement;
use crate::database::{Session, SessionSettings, Snapshot};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Extraction, FileFormat, OnEmpty};
use crate::part::Parts;
use crate::response::Outcome;

/// How long after the run's own deadline the server's timeout expires.
const STATEMENT_GRACE: Duration = Duration::from_secs(1);
/// The number of chunks that wait between readers and the assembler; the memory for parts is what bounds
/// them.
const WAITING: usize = 1;

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
pub(super) struct Export<'a> {
    pub(super) process: &'a Process,
    pub(super) extraction: &'a Extraction,
    pub(super) run: &'a Run,
}

impl Export<'_> {
    /// Runs the statement on a new session, or on several, and writes its result.
    pub(super) async fn export(
        self,
        wanted: &Wanted,
        session: Session,
        sink: Sink,
        undo: &mut Undo,
    ) -> Result<Exported> {
        undo.hold(session);
        match &self.extraction.format {
            FileFormat::Csv(options) => self.export_as(options, wanted, sink, undo).await,
            FileFormat::JsonLines => self.export_as(JsonLines, wanted, sink, undo).boxed().await,
            FileFormat::Parquet(options) => self.export_as(options, wanted, sink, undo).boxed().await,
        }
    }

    async fn export_as(
        self,
        format: impl Format,
        wanted: &Wanted,
        sink: Sink,
        undo: &mut Undo,
    ) -> Result<Exported> {
        match self.extraction.readers.several() {
            None => self.export_alone(format, wanted, sink, undo).await,
            // Boxed, so that an extraction by one reader does not need room for it.
            Some(readers) => self.export_together(format, wanted, readers, sink, undo).boxed().await,
        }
    }

    async fn export_alone(
        self,
        format: impl Format,
        wanted: &Wanted,
        sink: Sink,
        undo: &mut Undo,
    ) -> Result<Exported> {
        let Some(session) = undo.sessions.first_mut() else { return Err(no_session()) };
        if let Wanted::Query(query) = wanted {
            session.expect_query(query.clone());
        }
        session.begin(self.settings(format)).await?;
        self.run.progress.enter(Stage::Query);
        let sql = &match wanted {
            Wanted::Query(query) => query.text().to_owned(),
            Wanted::Table(name) => find_table(session, name, self.extraction).await?.select(),
        };
        let statement = self.parse(sql, session).await?;
        let parameters = parameters(&statement, self.extraction)?;
        let encoding = prepare(format, sql, &statement, session).await?;
        let formats = encoding.formats().iter().map(|format| format.code()).collect();
        self.read(&encoding, Work::Whole(Portal { parameters, formats }), sink, undo).await
    }

    /// Exports the result by several sessions, which read shares of it in one snapshot.
    async fn export_together(
        self,
        format: impl Format,
        wanted: &Wanted,
        readers: usize,
        sink: Sink,
        undo: &mut Undo,
    ) -> Result<Exported> {
        let (sessions, progress) = (&mut undo.sessions, &self.run.progress);
        several::connect(sessions, 1, readers).await?;
        progress.enter(Stage::Query);
        let Some(guard) = sessions.last_mut() else { return Err(no_session()) };
        let guarded = several::guard(guard, self.settings(format), wanted, self.extraction).await?;
        let encoding = encoding_of(format, &guarded.statement, guard).await?;
        let joined =
            several::join(sessions, self.settings(format), guarded, encoding.casts(), readers).await?;
        if let Some(rows) = joined.rows {
            progress.expect(rows as u64);
        }
        let formats = encoding.formats().iter().map(|format| format.code()).collect();
        let shares = Arc::new(Shares::new(joined.texts, formats, joined.parameters, joined.shares));
        self.read(&encoding, Work::Shares(shares, 0), sink, undo).await
    }

    fn settings(self, format: impl Format) -> SessionSettings {
        SessionSettings {
            writable: self.extraction.allow_writes,
            lossless: format.is_lossless(),
            // Our own deadline expires first and is reported. The server's is for the case that the function
            // is killed.
            statement_timeout: self.run.deadline.remaining().map(|left| left + STATEMENT_GRACE),
            snapshot: Snapshot::Own,
        }
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

    /// Writes the result into the file, and makes the file appear.
    async fn read<F: FileEncoding>(
        self,
        encoding: &F,
        work: Work,
        sink: Sink,
        undo: &mut Undo,
    ) -> Result<Exported> {
        let Self { process, extraction, run } = self;
        let Undo { sessions, readers, sinks, commit } = undo;
        let parts = Parts::new(process.buffers.clone(), sink.part_sizes(), sessions.len());
        let sink = undo::keep(sinks, sink);
        let (sender, mut chunks) = mpsc::channel(WAITING);
        let mut head = Vec::new();
        encoding.head(&mut head);
        let columns = encoding.formats().len();
        let compressor =
            || Compressor::new(extraction.compression, extraction.compression_level, process.has_spare_core);
        let is_shared = sessions.len() > 1;
        let writes_empty = extraction.on_empty == OnEmpty::Header;
        let (mut lead, mut bytes_before) = (None, 0);
        if is_shared {
            let part = part_of(&head, compressor()?, parts.writer()).await?;
            lead = Some(Lead { part, has_head: !head.is_empty(), writes_empty });
            bytes_before = std::mem::take(&mut head).len() as u64;
        }
        for (index, meter) in run.progress.read_by(sessions.len()).into_iter().enumerate() {
            let writer = ChunkWriter {
                parts: parts.writer(),
                compressor: compressor()?,
                frames: if is_shared { Frames::OneAPart } else { Frames::One },
                units: Vec::new(),
                chunks: sender.clone(),
                meter: meter.clone(),
            };
            let reader = Reader {
                work: work.clone(),
                encoder: encoding.encoder(),
                writer,
                meter,
                head: std::mem::take(&mut head),
                writes_empty: writes_empty && !is_shared,
                bytes_before: std::mem::take(&mut bytes_before),
            };
            let Some(session) = sessions.pop() else { break };
            readers.start(session, reader, is_shared.then_some(index + 1));
        }
        // The assembler ends once no sender is left.
        drop(sender);
        let assembler = Assembler::new(encoding, sink, lead);
        let read = async {
            readers.finish(sessions).await?;
            // From now on, the run waits for parts that are being sent.
            run.progress.enter(Stage::Upload);
            Ok(())
        };
        tokio::try_join!(read, assembler.assemble(&mut chunks, parts.writer()))?;

        let warnings = encoding.warnings();
        let nothing = run.progress.rows() == 0 && extraction.on_empty != OnEmpty::Header;
        if nothing && extraction.on_empty == OnEmpty::Fail {
            return Err(Error::new(ErrorType::NoData, Stage::Rows, "The query returned no row."));
        }
        // A run that only reads needs nothing more from the server. A run that writes commits last, just
        // before the object appears.
        if extraction.allow_writes {
            run.progress.enter(Stage::Rows);
            commit.ask(sessions).await?;
        }
        run.progress.enter(Stage::Upload);
        let finish = async { if nothing { Ok(None) } else { sink.finish().await.map(Some) } };
        let (finished, ()) = tokio::join!(finish, close_idle(sessions));
        Ok(match finished? {
            None => Exported::Done(outcome::empty(columns, warnings)),
            Some(Finished::Written(written)) => {
                Exported::Done(outcome::written(written, run, extraction, columns, warnings))
            }
            Some(Finished::Exists(existing)) => {
                Exported::Done(outcome::exists(existing, run, extraction, columns, warnings))
            }
            Some(Finished::Refused { error, again }) => Exported::Refused { error, again },
        })
    }
}

fn no_session() -> Error {
    Error::new(ErrorType::Internal, Stage::Connection, "There is no session.")
}
