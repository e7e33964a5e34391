//! Exports the result of one statement to one file.

use extractor_encode::FileEncoding;
use futures_util::FutureExt;
use tokio::sync::mpsc;

use super::assembler::{Assembler, Lead};
use super::chunk_writer::{ChunkWriter, part_of};
use super::context::{Context, Exported, WAITING, no_session};
use super::format::{Format, JsonLines, columns, encoding_of, prepare};
use super::outcome;
use super::reader::Reader;
use super::sink::{Finished, Sink};
use super::undo::{self, Undo, close_idle};
use super::wanted::{Wanted, parameters};
use super::work::{Portal, Work};
use crate::compress::Frames;
use crate::database::Session;
use crate::error::{Error, Result, Stage};
use crate::job::{FileFormat, OnEmpty};
use crate::part::Parts;

impl Context<'_> {
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
        let (sql, statement) = self.begin(format, wanted, session).await?;
        let parameters = parameters(&statement, self.extraction)?;
        let encoding = prepare(format, &sql, &statement, session).await?;
        let formats = encoding.formats().iter().map(|format| format.code()).collect();
        let work = Work::Whole(Portal { parameters, formats, table: 0 });
        Ok(self.read(&encoding, work, sink, undo).await?.exported(self))
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
        let sessions = &mut undo.sessions;
        let guarded = self.guard(format, wanted, readers, sessions).await?;
        let Some(guard) = sessions.last_mut() else { return Err(no_session()) };
        let encoding = encoding_of(format, &columns(&guarded.statement.columns), guard).await?;
        let formats = encoding.formats().iter().map(|format| format.code()).collect();
        let work = self.join(format, guarded, encoding.casts(), formats, readers, sessions).await?;
        Ok(self.read(&encoding, work, sink, undo).await?.exported(self))
    }

    /// Writes the result into the file, and makes the file appear.
    pub(super) async fn read<F: FileEncoding>(
        self,
        encoding: &F,
        work: Work,
        sink: Sink,
        undo: &mut Undo,
    ) -> Result<Ended> {
        let Self { process, extraction, run } = self;
        let Undo { sessions, readers, sinks, commit, stands, .. } = undo;
        let parts = Parts::new(process.buffers.clone(), sink.part_sizes(), sessions.len());
        let sink = undo::keep(sinks, sink);
        let (sender, mut chunks) = mpsc::channel(WAITING);
        let mut head = Vec::new();
        encoding.head(&mut head);
        let columns = encoding.formats().len();
        let is_shared = sessions.len() > 1;
        let writes_empty = extraction.on_empty == OnEmpty::Header;
        let (mut lead, mut bytes_before) = (None, 0);
        if is_shared {
            let part = part_of(&head, self.compressor()?, parts.writer()).await?;
            lead = Some(Lead { part, has_head: !head.is_empty(), writes_empty });
            bytes_before = std::mem::take(&mut head).len() as u64;
        }
        for (index, meter) in run.progress.read_by(sessions.len()).into_iter().enumerate() {
            let writer = ChunkWriter {
                parts: parts.writer(),
                compressor: self.compressor()?,
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
        self.check_names(&work, sessions).await?;

        let warnings = encoding.warnings();
        let nothing = self.is_nothing()?;
        // A run that only reads needs nothing more from the server. A run that writes commits last, just
        // before the object appears.
        if extraction.allow_writes {
            run.progress.enter(Stage::Rows);
            commit.ask(sessions).await?;
        }
        run.progress.enter(Stage::Upload);
        let finish = async {
            if nothing {
                return Ok::<_, Error>(None);
            }
            let finished = sink.finish().await?;
            if let Finished::Written(written) = &finished {
                *stands = Some(outcome::written(written.clone(), run, extraction, columns, warnings.clone()));
            }
            Ok(Some(finished))
        };
        let (finished, ()) = tokio::join!(finish, close_idle(sessions));
        Ok(Ended { finished: finished?, columns, warnings })
    }
}

/// How writing one file ended, without an error.
pub(super) struct Ended {
    /// `None` if there was no row, and nothing was to be written then.
    pub(super) finished: Option<Finished>,
    pub(super) columns: usize,
    pub(super) warnings: Vec<String>,
}

impl Ended {
    fn exported(self, Context { run, extraction, .. }: Context<'_>) -> Exported {
        let Self { finished, columns, warnings } = self;
        match finished {
            None => Exported::Done(outcome::empty(columns, warnings)),
            Some(Finished::Written(written)) => {
                Exported::Done(outcome::written(written, run, extraction, columns, warnings))
            }
            Some(Finished::Exists(existing)) => {
                Exported::Done(outcome::exists(existing, run, extraction, columns, warnings))
            }
            Some(Finished::Refused { error, again }) => Exported::Refused { error, again },
        }
    }
}
