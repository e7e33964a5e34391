//! One attempt to export the window that is due.

use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::Utc;
use extractor_encode::FileEncoding;

use super::errors::refused;
use super::outcome::{nothing_new, written};
use super::stream::Stream;
use super::table::{self, Described};
use super::window::Window;
use super::{Attempt, Exporter};
use crate::database::horizon::ServerIdentity;
use crate::database::table::{Leaf, Table};
use crate::database::{SessionSettings, Snapshot};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Extraction, FileFormat, OnEmpty};
use crate::pipeline::context::Context;
use crate::pipeline::format::{Format, JsonLines, columns, encoding_of, prepare};
use crate::pipeline::several::{self, of_lock};
use crate::pipeline::shares::Shares;
use crate::pipeline::sink::{Finished, Preflight, Sink};
use crate::pipeline::undo::{Undo, close_idle};
use crate::pipeline::wanted::Wanted;
use crate::pipeline::work::{Portal, Work};
use crate::s3::SetClaim;
use crate::watermark::{Cluster, Horizon, Pending, State, check_identity, check_request, check_table};

/// The width of a window from which on an object is written even if it has no row, so that the state moves before ids of 32
/// bits become ambiguous.
const WIDE: u64 = 1 << 30;

/// What is known before the snapshot is taken.
struct Before {
    identity: ServerIdentity,
    cluster: Cluster,
    table: Table,
}

/// What the snapshot has.
struct Cut {
    horizon: Horizon,
    cluster: Cluster,
    table: Table,
    leaves: Vec<Leaf>,
    described: Described,
}

/// The next window: the state from which its object is named, and the sink of the object.
struct Due {
    state: State,
    next: Pending,
    window: Window,
    sink: Sink,
    extraction: Extraction,
}

impl Exporter<'_> {
    /// Exports the window that is due by the state, if anything is new.
    pub(super) async fn attempt(
        &self,
        stream: &mut Stream<'_>,
        state: Option<State>,
        undo: &mut Undo,
    ) -> Result<Attempt> {
        // Boxed, so that the formats do not need room beside each other.
        match &self.context.extraction.format {
            FileFormat::Csv(options) => Box::pin(self.attempt_as(options, stream, state, undo)).await,
            FileFormat::JsonLines => Box::pin(self.attempt_as(JsonLines, stream, state, undo)).await,
            FileFormat::Parquet(options) => Box::pin(self.attempt_as(options, stream, state, undo)).await,
        }
    }

    async fn attempt_as(
        &self,
        format: impl Format,
        stream: &mut Stream<'_>,
        state: Option<State>,
        undo: &mut Undo,
    ) -> Result<Attempt> {
        let run = self.context.run;
        let settings = SessionSettings { writable: false, ..self.context.settings(format) };
        let before = self.before(&settings, undo).await?;
        let lasting = state.as_ref().filter(|state| !state.is_to_restart(self.incremental, &run.delivery));
        if let Some(state) = lasting {
            check_request(state, self.context.extraction, self.incremental)?;
            check_identity(state, &before.cluster, before.identity.horizon)?;
            if let Some(attempt) = Self::nothing(state, before.identity.horizon, stream) {
                close_idle(&mut undo.sessions).await;
                return Ok(attempt);
            }
            if self.recovered(stream, state).await? {
                return self.again(undo).await;
            }
        }
        match self.context.extraction.readers.several() {
            None => self.alone(format, (settings, before), stream, state, undo).await,
            Some(readers) => self.together(format, (settings, before, readers), stream, state, undo).await,
        }
    }

    /// Moves the state behind an object that a run wrote which ended before it could do so; returns whether there was one.
    async fn recovered(&self, stream: &mut Stream<'_>, state: &State) -> Result<bool> {
        let Context { extraction, run, .. } = self.context;
        let extension = extraction.format.extension(extraction.compression);
        let Some(written) = stream.written(state, &extension).await? else { return Ok(false) };
        tracing::info!(
            sequence = state.sequence,
            upper = written.upper,
            "an earlier run wrote this object: the state moves on"
        );
        stream.write(&state.after(written, None, &run.request_id)).await?;
        Ok(true)
    }

    /// Asks for the identity of the server and for the table, in a transaction of its own.
    async fn before(&self, settings: &SessionSettings, undo: &mut Undo) -> Result<Before> {
        let Context { extraction, run, .. } = self.context;
        let session = Self::session(undo)?;
        session.begin(SessionSettings { snapshot: Snapshot::Guard, ..settings.clone() }).await?;
        run.progress.enter(Stage::Query);
        let identity = session.server_identity().await?;
        let resource = self.login.resource_id().map(str::to_owned);
        if identity.is_aurora && resource.is_none() {
            return Err(refused(
                "Aurora does not tell which cluster it is, and the configuration has no identifier.",
            )
            .with_hint(
                "Name the cluster in the database configuration (dbClusterIdentifier), so that RDS tells it.",
            ));
        }
        let cluster = Cluster { resource, ..identity.cluster.clone() };
        let table = table::find(session, &self.table, extraction).await?;
        session.release().await?;
        Ok(Before { identity, cluster, table })
    }

    /// Returns the outcome if no transaction has ended since the last window.
    fn nothing(state: &State, horizon: Horizon, stream: &Stream<'_>) -> Option<Attempt> {
        let lower = state.lower?;
        (horizon.upper <= lower)
            .then(|| Attempt::Done(Box::new(nothing_new(state, horizon, stream.location(), Vec::new()))))
    }

    /// Exports the window by the one session there is. The table is locked before the snapshot is taken: a rewrite in
    /// between would hide rows from this snapshot, and a column's ids from every later one.
    async fn alone(
        &self,
        format: impl Format,
        (settings, before): (SessionSettings, Before),
        stream: &mut Stream<'_>,
        state: Option<State>,
        undo: &mut Undo,
    ) -> Result<Attempt> {
        let session = Self::session(undo)?;
        let lock = Some(before.table.quoted());
        let began = session.begin(SessionSettings { snapshot: Snapshot::Shared, lock, ..settings }).await;
        began.map_err(of_lock)?;
        let Some(cut) = self.cut(before, None, undo).await? else { return self.again(undo).await };
        let due = match self.due(&cut, stream, state, undo).await? {
            ControlFlow::Continue(due) => due,
            ControlFlow::Break(attempt) => return Ok(attempt),
        };
        let session = Self::session(undo)?;
        let sql = due.window.statement(&cut.table, &cut.leaves);
        let statement = session.parse(&sql).await?;
        let encoding = prepare(format, &sql, &statement, session).await?;
        let formats = encoding.formats().iter().map(|format| format.code()).collect();
        let work = Work::Whole(Portal { parameters: Vec::new(), formats, table: 0 });
        self.write(&encoding, work, (cut, due), stream, undo).await
    }

    /// Exports the window by several sessions in one snapshot.
    async fn together(
        &self,
        format: impl Format,
        (settings, before, readers): (SessionSettings, Before, usize),
        stream: &mut Stream<'_>,
        state: Option<State>,
        undo: &mut Undo,
    ) -> Result<Attempt> {
        let wanted = Wanted::Table(self.table.clone());
        let guarded = self.context.guard(format, &wanted, readers, &mut undo.sessions).await?;
        let Some(guard) = undo.sessions.last_mut() else { return Err(super::super::context::no_session()) };
        let encoding = encoding_of(format, &columns(&guarded.statement.columns), guard).await?;
        let formats: Vec<i16> = encoding.formats().iter().map(|format| format.code()).collect();
        let led = several::lead(&mut undo.sessions, &settings, guarded).await?;
        let leaves = Some(led.leaves.clone());
        let Some(cut) = self.cut(before, leaves, undo).await? else { return self.again(undo).await };
        let due = match self.due(&cut, stream, state, undo).await? {
            ControlFlow::Continue(due) => due,
            ControlFlow::Break(attempt) => return Ok(attempt),
        };
        let leader = Self::session(undo)?;
        let (text, shares) = due.window.shares(leader, (&cut.table, &cut.leaves), readers).await?;
        let divided = Some((vec![text], shares));
        let joined =
            several::follow(&mut undo.sessions, settings, led, encoding.casts(), readers, divided).await?;
        let shares = Shares::new(joined.texts, formats, joined.parameters, joined.shares);
        self.write(&encoding, Work::Shares(Arc::new(shares), Some(0)), (cut, due), stream, undo).await
    }

    /// Describes the snapshot of the first session. `None` if it is not of the server, or not of the table, that was asked
    /// before.
    async fn cut(&self, before: Before, leaves: Option<Vec<Leaf>>, undo: &mut Undo) -> Result<Option<Cut>> {
        let session = Self::session(undo)?;
        let Before { identity, cluster, table } = before;
        let snapshot = session.snapshot_horizon(identity.is_aurora).await?;
        let found = table::find(session, &self.table, self.context.extraction).await?;
        if snapshot.started != identity.started || found.oid != table.oid {
            return Ok(None);
        }
        // A standby that was promoted meanwhile has another timeline.
        let timeline = snapshot.timeline.or(cluster.timeline);
        let cluster = Cluster { timeline, ..cluster };
        let leaves = match leaves {
            Some(leaves) => leaves,
            None => session.locked_leaves(&found).await?,
        };
        let described = table::describe(session, (&found, &leaves), &self.incremental.watermark).await?;
        Ok(Some(Cut { horizon: snapshot.horizon, cluster, table: found, leaves, described }))
    }

    /// Returns the window that is due, with the state written from which its object is named, unless the attempt ends here:
    /// nothing is new, or another run has moved the state.
    async fn due(
        &self,
        cut: &Cut,
        stream: &mut Stream<'_>,
        state: Option<State>,
        undo: &mut Undo,
    ) -> Result<ControlFlow<Attempt, Due>> {
        let Context { process, extraction, run } = self.context;
        let facts = &cut.described.facts;
        let (state, is_changed) = match state {
            Some(state) if !state.is_to_restart(self.incremental, &run.delivery) => {
                check_identity(&state, &cut.cluster, cut.horizon)?;
                check_table(&state, facts, self.incremental)?;
                if let Some(attempt) = Self::nothing(&state, cut.horizon, stream) {
                    close_idle(&mut undo.sessions).await;
                    return Ok(ControlFlow::Break(attempt));
                }
                match state.with_facts(facts, &run.request_id) {
                    Some(changed) => (changed, true),
                    None => (state, false),
                }
            }
            last => {
                let of = (extraction, self.incremental);
                let ids = (run.request_id.as_str(), run.delivery.as_str());
                (State::begun(of, &cut.cluster, facts.clone(), last.as_ref(), ids), true)
            }
        };
        if is_changed && !stream.write(&state).await? {
            return self.again(undo).await.map(ControlFlow::Break);
        }
        let next = Pending { upper: cut.horizon.upper, revision: state.revision, taken_at: Utc::now() };
        let window = Window {
            lower: state.lower,
            upper: next.upper,
            column: cut.described.column.clone(),
            whole: state.whole.keys().copied().collect(),
        };
        let is_wide = state.lower.is_none_or(|lower| next.upper - lower >= WIDE);
        let on_empty = if is_wide { OnEmpty::Header } else { OnEmpty::Skip };
        let extraction = Extraction { on_empty, ..extraction.clone() };
        let destination = stream.destination((&extraction, run), &state, next)?;
        let mut claim = SetClaim::default();
        let preflight = destination.preflight(process, &mut claim, &mut Vec::new()).await?;
        // Another run may have written it meanwhile.
        let Preflight::Ready(sink) = preflight else {
            return self.again(undo).await.map(ControlFlow::Break);
        };
        Ok(ControlFlow::Continue(Due { state, next, window, sink, extraction }))
    }

    /// Writes the window into its object, and moves the state behind it.
    async fn write<F: FileEncoding + Send + Sync + 'static>(
        &self,
        encoding: &F,
        work: Work,
        (cut, due): (Cut, Due),
        stream: &mut Stream<'_>,
        undo: &mut Undo,
    ) -> Result<Attempt> {
        let Context { process, run, .. } = self.context;
        let Due { state, next, window: _, sink, extraction } = due;
        let context = Context { process, extraction: &extraction, run };
        let ended = context.read(encoding, work, sink, undo).await?;
        let warnings = Self::warnings_of(&cut, ended.warnings);
        match ended.finished {
            None => {
                Ok(Attempt::Done(Box::new(nothing_new(&state, cut.horizon, stream.location(), warnings))))
            }
            Some(Finished::Written(file)) => {
                let mut outcome = written(
                    (file, &extraction, run),
                    (&state, cut.horizon, stream.location()),
                    (ended.columns, warnings),
                );
                undo.stands = Some(outcome.clone());
                let moved = state.after(next, Some(&cut.cluster), &run.request_id);
                // Whoever reads the state next moves it, if this fails.
                if let Err(error) = stream.write(&moved).await {
                    tracing::warn!(%error, "the state could not be moved");
                    outcome.warnings.push(format!(
                        "The state could not be moved behind the object; the next run does so. {}",
                        error.message
                    ));
                }
                Ok(Attempt::Done(Box::new(outcome)))
            }
            Some(Finished::Exists(_) | Finished::Refused { .. }) => Ok(Attempt::Again),
        }
    }

    fn warnings_of(cut: &Cut, mut warnings: Vec<String>) -> Vec<String> {
        let is_aurora = cut.cluster.system.is_none();
        if is_aurora && cut.horizon.in_recovery {
            warnings.push(
                "This is a reader of Aurora, of which AWS does not document which transactions its snapshots see: export from the \
                 writer to be sure that nothing is left out."
                    .to_owned(),
            );
        }
        warnings
    }

    async fn again(&self, undo: &mut Undo) -> Result<Attempt> {
        close_idle(&mut undo.sessions).await;
        if self.context.run.deadline.remaining().is_some_and(|left| left.is_zero()) {
            return Err(Error::new(ErrorType::DeadlineExceeded, Stage::Query, "The time ran out."));
        }
        Ok(Attempt::Again)
    }
}
