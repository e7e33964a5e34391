//! Exports the result of one statement to a set of files.

use std::num::NonZeroU64;
use std::sync::Arc;

use extractor_encode::FileEncoding;
use extractor_encode::parquet::ParquetOptions;
use futures_util::FutureExt;
use tokio::sync::mpsc;

use super::chunks::{FileChunks, Message};
use super::file::FileWriter;
use super::hub::Hub;
use super::manifest::{About, FileEntry, redshift};
use super::names::FileNames;
use super::outcome;
use super::partition::PartitionWriter;
use super::reader::SetReader;
use super::sink::{Finished, SetSink, id};
use super::table::{Table, Tables};
use super::tables::Prepared;
use crate::compress::Frames;
use crate::database::Session;
use crate::error::{Result, Stage};
use crate::job::{FileFormat, OnEmpty, SetOptions};
use crate::part::{Parts, SetManifest};
use crate::pipeline::chunk_writer::ChunkWriter;
use crate::pipeline::context::{Context, Exported, WAITING, no_session};
use crate::pipeline::deadline_exceeded;
use crate::pipeline::format::{Format, JsonLines};
use crate::pipeline::outcome::empty;
use crate::pipeline::sink::Destination;
use crate::pipeline::undo::{LONG, Undo, close_idle};
use crate::pipeline::wanted::{Wanted, parameters};
use crate::pipeline::work::{Portal, Work};
use crate::progress::Meter;
use crate::response::TableOutcome;

/// The name of Redshift's manifest in the set.
const REDSHIFT: &str = "_redshift.manifest";

impl Context<'_> {
    /// Runs the statement on a new session, or on several, and writes its result into the set whose name was claimed last.
    pub(in crate::pipeline) async fn export_set(
        self,
        wanted: &Wanted,
        options: &SetOptions,
        session: Session,
        undo: &mut Undo,
    ) -> Result<Exported> {
        undo.hold(session);
        match &self.extraction.format {
            FileFormat::Csv(format) => self.export_set_as(format, wanted, options, undo).await,
            FileFormat::JsonLines => self.export_set_as(JsonLines, wanted, options, undo).boxed().await,
            FileFormat::Parquet(format) => {
                let format = fitting(*format, options);
                self.export_set_as(&format, wanted, options, undo).boxed().await
            }
        }
    }

    async fn export_set_as(
        self,
        format: impl Format,
        wanted: &Wanted,
        options: &SetOptions,
        undo: &mut Undo,
    ) -> Result<Exported> {
        if let Wanted::Tables(selectors) = wanted {
            let Prepared { tables, work, warnings } =
                self.prepare_tables(format, selectors, undo).boxed().await?;
            let mut exported = self.write_set(tables, work, options, undo).boxed().await?;
            if let Exported::Done(outcome) = &mut exported {
                outcome.warnings.splice(0..0, warnings);
            }
            return Ok(exported);
        }
        let (table, work) = match self.extraction.readers.several() {
            None => self.prepare_alone(format, wanted, options, undo).boxed().await?,
            Some(readers) => self.prepare_together(format, wanted, options, readers, undo).boxed().await?,
        };
        self.write_set(vec![table], work, options, undo).boxed().await
    }

    /// Has the only session parse the statement.
    async fn prepare_alone<F: Format>(
        self,
        format: F,
        wanted: &Wanted,
        options: &SetOptions,
        undo: &mut Undo,
    ) -> Result<(Table<F::Encoding>, Work)> {
        let Some(session) = undo.sessions.first_mut() else { return Err(no_session()) };
        let (sql, statement) = self.begin(format, wanted, session).await?;
        let parameters = parameters(&statement, self.extraction)?;
        let table = Table::prepare(format, &statement, &options.partition_by, session).await?;
        table.parse(&sql, &statement, session).await?;
        let formats = table.formats().to_vec();
        Ok((table, Work::Whole(Portal { parameters, formats, table: 0 })))
    }

    /// Has several sessions join in one snapshot, to read shares of the result.
    async fn prepare_together<F: Format>(
        self,
        format: F,
        wanted: &Wanted,
        options: &SetOptions,
        readers: usize,
        undo: &mut Undo,
    ) -> Result<(Table<F::Encoding>, Work)> {
        let sessions = &mut undo.sessions;
        let guarded = self.guard(format, wanted, readers, sessions).await?;
        let Some(guard) = sessions.last_mut() else { return Err(no_session()) };
        let table = Table::prepare(format, &guarded.statement, &options.partition_by, guard).await?;
        let formats = table.formats().to_vec();
        let work = self.join(format, guarded, table.casts(), formats, readers, sessions).await?;
        Ok((table, work))
    }

    /// Writes the rows into files, and makes the set appear, if there is time enough to abort its uploads otherwise.
    async fn write_set<F: FileEncoding + Send + Sync + 'static>(
        self,
        tables: Vec<Table<F>>,
        work: Work,
        options: &SetOptions,
        undo: &mut Undo,
    ) -> Result<Exported> {
        let Some(uploads) = undo.sets.last().map(SetSink::open_uploads) else { return Err(no_session()) };
        tokio::select! {
            biased;
            () = self.run.deadline.expired_before(|| uploads.time_to_abort()) => Err(deadline_exceeded(self.run)),
            exported = self.write_files(tables, work, options, undo) => exported,
        }
    }

    async fn write_files<F: FileEncoding + Send + Sync + 'static>(
        self,
        tables: Vec<Table<F>>,
        work: Work,
        options: &SetOptions,
        undo: &mut Undo,
    ) -> Result<Exported> {
        let Self { process, extraction, run } = self;
        let Undo { sessions, readers, sets, commit, .. } = undo;
        let Some(set) = sets.last_mut() else { return Err(no_session()) };
        let parts = Parts::new(process.buffers.clone(), set.part_sizes(), sessions.len());
        let tables = Arc::new(Tables::new(tables));
        let (sender, mut messages) = mpsc::channel(WAITING);
        let files = |meter: &Arc<Meter>, sender: &mpsc::Sender<Message>| -> Result<FileWriter<F>> {
            let writer = ChunkWriter {
                parts: parts.writer(),
                compressor: self.compressor()?,
                frames: Frames::One,
                units: Vec::new(),
                chunks: FileChunks::new(sender.clone()),
                meter: Arc::clone(meter),
            };
            Ok(FileWriter::new(Arc::clone(&tables), writer, options.max_file_size))
        };
        let readers_in_all = sessions.len();
        for (index, meter) in run.progress.read_by(sessions.len()).into_iter().enumerate() {
            let partitions = tables.all.first().filter(|table| !table.partitions.by.is_empty());
            let partitions = partitions.map(|Table { partitions, .. }| {
                PartitionWriter::new(&partitions.by, partitions.kept.len(), readers_in_all)
            });
            let reader = SetReader { work: work.clone(), files: files(&meter, &sender)?, partitions, meter };
            let Some(session) = sessions.pop() else { break };
            readers.start(session, reader, (readers_in_all > 1).then_some(index + 1));
        }
        let mut empty_files = match extraction.on_empty {
            OnEmpty::Header => Some(files(&Arc::default(), &sender)?),
            OnEmpty::Fail | OnEmpty::Skip => None,
        };
        // The hub ends once no sender is left.
        drop(sender);
        let extension = extraction.format.extension(extraction.compression);
        let hub = Hub::new(set, FileNames::new(id(extraction, run), &extension));
        let read = async {
            readers.finish(sessions).await?;
            // From now on, the run waits for parts that are being sent.
            run.progress.enter(Stage::Upload);
            match empty_files.take() {
                Some(files) => files.write_empty().await,
                None => Ok(()),
            }
        };
        let ((), mut files) = tokio::try_join!(read, hub.serve(&mut messages))?;
        self.check_names(&work, sessions).await?;

        let (columns, warnings) = (tables.columns(), tables.warnings());
        if self.is_nothing()? {
            set.abort(run.deadline.until_answer().unwrap_or(LONG)).await?;
            close_idle(sessions).await;
            return Ok(Exported::Done(empty(columns, warnings)));
        }
        // A run that only reads needs nothing more from the server. A run that writes commits last, just
        // before the set appears.
        if extraction.allow_writes {
            run.progress.enter(Stage::Rows);
            commit.ask(sessions).await?;
        }
        run.progress.enter(Stage::Upload);
        files.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        let (count, contents) = (files.len() as u64, tables.contents(&files));
        let manifest = self.manifest(&tables, &contents, &files, &set.location(), options);
        drop(files);
        let (finished, ()) = tokio::join!(set.commit(manifest), close_idle(sessions));
        Ok(match finished? {
            Finished::Written(written) => {
                let mut outcome = outcome::written(written, run, extraction, Some(count), columns, warnings);
                if let Some(set) = &mut outcome.set {
                    set.tables = contents;
                }
                Exported::Done(outcome)
            }
            Finished::Exists(existing) => Exported::Done(outcome::exists(existing, columns, warnings)),
            Finished::Refused { error, again } => {
                Exported::Refused { error, again: Box::new(Destination::Set(*again)) }
            }
        })
    }

    fn manifest<F: FileEncoding>(
        self,
        tables: &Tables<F>,
        contents: &[TableOutcome],
        files: &[FileEntry],
        location: &str,
        options: &SetOptions,
    ) -> SetManifest {
        let Self { extraction, run, .. } = self;
        let about = About {
            request_id: &run.request_id,
            format: extraction.format.format().as_str(),
            compression: extraction
                .format
                .inner_compression()
                .unwrap_or_else(|| extraction.compression.as_str()),
            started: run.started,
            tables: contents,
            columns: tables.all.iter().map(|table| &table.columns[..]).collect(),
        };
        // COPY loads one table, so each has a manifest.
        let of_table = |files: &[FileEntry]| {
            let folder = &tables.all[files[0].table].folder;
            (format!("{folder}{REDSHIFT}"), redshift(location, files))
        };
        let each = files.chunk_by(|one, other| one.table == other.table);
        let others: Vec<_> = if options.redshift { each.map(of_table).collect() } else { Vec::new() };
        SetManifest {
            bytes: about.manifest(files),
            others,
            rows: files.iter().map(|file| file.rows).sum(),
            files: files.len() as u64,
        }
    }
}

/// Returns options with which a file can end near its size: a file ends with a row group.
fn fitting(format: ParquetOptions, options: &SetOptions) -> ParquetOptions {
    let limit = options.max_file_size.and_then(NonZeroU64::new);
    let row_group_size = limit.map_or(format.row_group_size, |limit| limit.min(format.row_group_size));
    ParquetOptions { row_group_size, ..format }
}
