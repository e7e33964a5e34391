//! An export that goes on where the last one ended.
//!
//! ```text
//! state ─► identity of the server ─► snapshot ─► window ─► object ─► state
//! ```
//!
//! The object is the commit: its name follows from the state alone and it is never overwritten, so of several runs one
//! writes it. Its metadata says where its window ends. A run that ends after the object and before the state is therefore
//! nothing but a state that has yet to move, which the next run does first.

mod by_hand;
mod errors;
mod export;
mod outcome;
mod probe;
mod stream;
mod table;
mod window;

use super::context::Context;
use super::login::{Found, find_login};
use super::process::Process;
use super::run::Run;
use super::undo::Undo;
use super::wanted::wanted;
use crate::database::Session;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Extraction, Incremental, Query};
use crate::response::Outcome;
pub(crate) use by_hand::{Change, Changed, change_state, show_state};
use errors::{no_table, refused};
pub(crate) use probe::probe;
use stream::Stream;

/// How often a run begins again since another one of the stream was faster. Each time that one has moved the state.
const ATTEMPTS: usize = 20;

/// How an attempt ended, without an error.
enum Attempt {
    Done(Box<Outcome>),
    /// The state has moved meanwhile.
    Again,
}

/// The part of a run that stays the same in every attempt.
struct Exporter<'a> {
    context: Context<'a>,
    incremental: &'a Incremental,
    login: Found,
    /// The name of the table, as the event has it.
    table: String,
    warnings: Vec<String>,
}

/// Runs one incremental export.
pub(super) async fn work(
    process: &Process,
    (extraction, incremental): (&Extraction, &Incremental),
    run: &Run,
    undo: &mut Undo,
) -> Result<Outcome> {
    let Query::Table(table) = &extraction.query else { return Err(no_table()) };
    // Reads nothing for a table, but stays the only way from a query to what is read.
    wanted(process, extraction).await?;
    let (login, warnings) = find_login(process, &extraction.source, run).await?;
    if let Some(what) = login.distributed() {
        return Err(refused(format!(
            "{what} does not count transactions as PostgreSQL does, so that `incremental` cannot know what is new."
        ))
        .with_hint("Export by a query with a condition, or the whole table."));
    }
    let mut stream = Stream::open(process, &extraction.target, &incremental.stream, &run.request_id).await?;
    let context = Context { process, extraction, run };
    let exporter = Exporter { context, incremental, login, table: table.clone(), warnings };
    for _ in 0..ATTEMPTS {
        run.progress.enter(Stage::Connection);
        let (session, state) = tokio::join!(exporter.login.connect(&run.deadline), stream.read());
        undo.hold(session?);
        let attempt = exporter.attempt(&mut stream, state?, undo).await?;
        *undo = Undo::default();
        if let Attempt::Done(mut outcome) = attempt {
            outcome.warnings.splice(0..0, exporter.warnings);
            return Ok(*outcome);
        }
    }
    let message = format!("{ATTEMPTS} times in a row, another run of the stream was faster.");
    Err(Error::new(ErrorType::ObjectExists, Stage::Upload, message)
        .with_hint("Run fewer exports of the stream at once; what is new is in the objects of the others."))
}

impl Exporter<'_> {
    /// Returns the only session before the readers have theirs.
    fn session(undo: &mut Undo) -> Result<&mut Session> {
        undo.sessions.first_mut().ok_or_else(super::context::no_session)
    }
}
