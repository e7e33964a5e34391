//! Exports the result of one statement to one file.

use std::time::Duration;

use extractor_encode::csv::{CsvEncoding, Dialect};
use extractor_encode::{Column, FileEncoding};
use tokio::sync::mpsc;

use super::assembler::Assembler;
use super::chunk_writer::ChunkWriter;
use super::outcome;
use super::process::Process;
use super::reader::{Portal, Reader};
use super::run::Run;
use super::sink::{Destination, Finished, Sink};
use super::statement::parameters;
use super::undo::{self, Undo, close_idle};
use crate::compress::{Compressor, Frames};
use crate::database::statement::Statement;
use crate::database::{Session, SessionSettings};
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
    /// Runs the statement on a new session and writes its result.
    pub(super) async fn export(
        self,
        query: &extractor_sql::RewrittenQuery,
        session: Session,
        sink: Sink,
        undo: &mut Undo,
    ) -> Result<Exported> {
        let FileFormat::Csv(options) = &self.extraction.format;
        let session = undo.hold(session);
        session.expect_query(query.clone());
        let sql = query.text();
        let statement = self.parse(sql, session, options.dialect == Dialect::Postgres).await?;
        let parameters = parameters(&statement, self.extraction)?;
        let columns: Vec<_> = statement
            .columns
            .iter()
            .map(|column| Column {
                name: column.name.clone().into_bytes(),
                type_oid: column.type_oid,
                type_modifier: column.type_modifier,
            })
            .collect();
        let encoding = CsvEncoding::new(&columns, options);
        if !encoding.casts().is_empty() {
            session.parse_with_casts(sql, columns.len(), encoding.casts()).await?;
        }
        let formats = encoding.formats().iter().map(|format| format.code()).collect();
        self.read(&encoding, Portal { parameters, formats }, sink, undo).await
    }

    /// Begins the transaction and has the server parse the statement.
    async fn parse(self, sql: &str, session: &mut Session, lossless: bool) -> Result<Statement> {
        let settings = SessionSettings {
            writable: self.extraction.allow_writes,
            lossless,
            // Our own deadline expires first and is reported; the server's is for a function that was killed.
            statement_timeout: self.run.deadline.remaining().map(|left| left + STATEMENT_GRACE),
        };
        session.begin(settings).await?;
        self.run.progress.enter(Stage::Query);
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
        portal: Portal,
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
        let columns = portal.formats.len();
        for meter in run.progress.read_by(sessions.len()) {
            let compressor = Compressor::new(
                extraction.compression,
                extraction.compression_level,
                process.has_spare_core,
            )?;
            let writer = ChunkWriter {
                parts: parts.writer(),
                compressor,
                frames: Frames::One,
                units: Vec::new(),
                chunks: sender.clone(),
                meter: meter.clone(),
            };
            let reader = Reader {
                portal: portal.clone(),
                encoder: encoding.encoder(),
                writer,
                meter,
                // The first reader writes it.
                head: std::mem::take(&mut head),
                writes_empty: extraction.on_empty == OnEmpty::Header,
            };
            let Some(session) = sessions.pop() else { break };
            readers.start(session, reader);
        }
        // The assembler ends when no reader is left that could send.
        drop(sender);
        let assembler = Assembler::new(encoding, sink);
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
        // A run that only reads needs no more of the server. One that writes commits last of all, but before
        // the object appears.
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
                Exported::Done(outcome::written(written, run, columns, warnings))
            }
            Some(Finished::Exists(existing)) => {
                Exported::Done(outcome::exists(existing, run, columns, warnings))
            }
            Some(Finished::Refused { error, again }) => Exported::Refused { error, again },
        })
    }
}
