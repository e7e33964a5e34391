//! Several sessions in one snapshot, by the protocol "guard, leader, joiners".
//!
//! A snapshot does not lock tables: if a table is truncated or rewritten between the snapshot and the lock of
//! a reader, the reader sees it as empty, without an error. Therefore a first session, the guard, locks every
//! table before the leader takes the snapshot. Each session locks every table before any of them reads, and
//! the guard releases its locks only once the leader holds its own.

use std::time::Duration;

use extractor_encode::Cast;
use futures_util::future::try_join_all;
use tokio::time::timeout;

use super::divide::{Divisible, check_plan};
use super::wanted::{Wanted, parameters};
use crate::database::snapshot::unavailable;
use crate::database::statement::{Statement, with_casts};
use crate::database::table::Leaf;
use crate::database::{Exported, Node, Plan, Session, SessionSettings, Snapshot, connect_beside};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::Extraction;
use crate::pipeline::shares::Share;

/// The time limit for connecting the sessions, and for joining the snapshot.
const JOIN: Duration = Duration::from_secs(30);

/// The data that the readers share once they have joined.
pub(super) struct Joined {
    pub(super) parameters: Vec<Option<String>>,
    pub(super) texts: Vec<String>,
    pub(super) shares: Vec<Share>,
    /// How many rows the planner expects.
    pub(super) rows: Option<f64>,
}

/// The results of the guard.
pub(super) struct Guarded {
    divisible: Divisible,
    pub(super) statement: Statement,
    parameters: Vec<Option<String>>,
    plan: Option<(Plan, Vec<Node>)>,
}

/// Connects `more` sessions to the server of the leader, which is the first session.
pub(super) async fn connect(sessions: &mut Vec<Session>, more: usize, readers: usize) -> Result<()> {
    let Some(leader) = sessions.first() else { return Ok(()) };
    let first = sessions.len() + 1;
    let connecting = (0..more).map(async |index| {
        connect_beside(leader, JOIN).await.map_err(|error| not_connected(&error, first + index, readers))
    });
    let connected = try_join_all(connecting).await?;
    sessions.extend(connected);
    Ok(())
}

/// Has the guard lock all tables of the statement, and checks that it can be divided.
pub(super) async fn guard(
    session: &mut Session,
    settings: SessionSettings,
    wanted: &Wanted,
    extraction: &Extraction,
) -> Result<Guarded> {
    let begin = session.begin(SessionSettings { snapshot: Snapshot::Guard, ..settings });
    in_time(begin).await?;
    let (divisible, statement) = Divisible::find(session, wanted, extraction).await.map_err(of_lock)?;
    let parameters = parameters(&statement, extraction)?;
    let plan = in_time(session.explain_nodes(divisible.whole(), &parameters)).await.map_err(of_lock)?;
    if let Some((_, nodes)) = &plan {
        check_plan(nodes)?;
    }
    Ok(Guarded { divisible, statement, parameters, plan })
}

/// The results of the leader, in whose transaction the snapshot is.
pub(super) struct Led {
    guarded: Guarded,
    /// The tables that are read by pages; none if ranges of a column are read.
    pub(super) leaves: Vec<Leaf>,
    exported: Exported,
}

/// The statements of the shares, and the shares.
pub(super) type Divided = (Vec<String>, Vec<Share>);

/// Takes the snapshot in the first session. The second session is the guard, which gives its locks up.
pub(super) async fn lead(
    sessions: &mut [Session],
    settings: &SessionSettings,
    guarded: Guarded,
) -> Result<Led> {
    let Some((leader, others)) = sessions.split_first_mut() else { return Err(nobody()) };
    let Some(guard) = others.first_mut() else { return Err(nobody()) };
    in_time(leader.begin(SessionSettings { snapshot: Snapshot::Shared, ..settings.clone() })).await?;
    let whole = guarded.divisible.whole();
    in_time(leader.explain_nodes(whole, &guarded.parameters)).await.map_err(of_lock)?;
    let leaves = guarded.divisible.leaves(leader).await?;
    let exported = leader.export_snapshot().await?;
    if !guard.has_locked(leaves.iter().map(|leaf| leaf.oid)).await? {
        return Err(unavailable(
            "A partition was attached to the table while the snapshot was taken.".to_owned(),
            "Run it again.",
        ));
    }
    guard.release().await?;
    Ok(Led { guarded, leaves, exported })
}

/// Connects the sessions that are missing and has the others join the snapshot. `divided` replaces the shares of the whole
/// statement.
pub(super) async fn follow(
    sessions: &mut Vec<Session>,
    settings: SessionSettings,
    Led { guarded, leaves, exported }: Led,
    casts: &[Cast],
    readers: usize,
    divided: Option<Divided>,
) -> Result<Joined> {
    let Guarded { divisible, statement, parameters, plan } = guarded;
    let whole = divisible.whole();
    let more = readers.saturating_sub(sessions.len());
    connect(sessions, more, readers).await?;
    let columns = statement.columns.len();
    let (texts, given) = match divided {
        Some((texts, shares)) => (texts, Some(shares)),
        None => (divisible.texts(&leaves, parameters.len()), None),
    };
    let texts: Vec<_> = texts
        .into_iter()
        .map(|text| if casts.is_empty() { text } else { with_casts(&text, columns, casts) })
        .collect();
    let text = texts.first().map_or(whole, String::as_str);
    let Some((leader, others)) = sessions.split_first_mut() else { return Err(nobody()) };
    let joining = others.iter_mut().enumerate().map(async |(index, session)| {
        let together = Together {
            exported: &exported,
            divisible: &divisible,
            parameters: &parameters,
            leaves: &leaves,
            text,
        };
        let joined = in_time(together.join(session, settings.clone())).await;
        joined.map_err(|error| of_reader(of_lock(error), index + 2, readers))
    });
    let described = try_join_all(joining).await?;
    let shares = match given {
        Some(shares) => shares,
        None => divisible.shares(leader, &leaves, &parameters, plan.as_ref(), readers).await?,
    };
    let leaders = leader.parse(text).await?;
    if described.iter().any(|other| other.columns != leaders.columns) {
        return Err(unavailable("The readers see different columns.".to_owned(), "Run it again."));
    }
    Ok(Joined { parameters, texts, shares, rows: plan.map(|(plan, _)| plan.rows) })
}

/// The data that a session needs to join.
struct Together<'a> {
    exported: &'a Exported,
    divisible: &'a Divisible,
    parameters: &'a [Option<String>],
    leaves: &'a [Leaf],
    text: &'a str,
}

impl Together<'_> {
    async fn join(self, session: &mut Session, settings: SessionSettings) -> Result<Statement> {
        session.join(settings, self.exported).await?;
        session.explain_nodes(self.divisible.whole(), self.parameters).await?;
        let relations = self.leaves.iter().map(|leaf| leaf.oid).chain(self.divisible.table());
        if !session.has_locked(relations).await? {
            let message =
                "A partition left the table, or another table got its name, while the readers joined.";
            return Err(unavailable(message.to_owned(), "Run it again."));
        }
        session.parse(self.text).await
    }
}

/// Adds a time limit to `joining`, which waits for a connection of a pooler or for a server that hangs.
pub(super) async fn in_time<T>(joining: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(JOIN, joining).await.unwrap_or_else(|_| {
        let message = format!("A reader could not join the snapshot within {} s.", JOIN.as_secs());
        Err(unavailable(
            message,
            "A pooler has fewer free connections to the server than there are readers: connect to the server itself, choose a \
             smaller parallelism, or enlarge the pool. Otherwise the server is overloaded: run it again.",
        ))
    })
}

/// Converts the error of a lock that was not granted in time.
pub(super) fn of_lock(error: Error) -> Error {
    let Some(server) = error.server() else { return error };
    match server.sqlstate.as_str() {
        "55P03" | "40P01" => {
            let message = "Another session holds, or waits for, a lock on a table that is to be read.".to_owned();
            unavailable(
                message,
                "ALTER TABLE, TRUNCATE, VACUUM FULL or a migration is under way: run it again after it. See who it is: SELECT \
                 pid, state, query FROM pg_stat_activity WHERE xact_start < now() - interval '1 minute'",
            )
        }
        "53200" => error.with_hint(
            "Every reader locks every table and every partition: raise max_locks_per_transaction on the server, or choose a \
             smaller parallelism.",
        ),
        _ => error,
    }
}

/// Adds the number of the reader to the error with which it could not join.
pub(super) fn of_reader(mut error: Error, reader: usize, readers: usize) -> Error {
    error.message = format!("Reader {reader} of {readers}: {}", error.message);
    error
}

fn not_connected(error: &Error, reader: usize, readers: usize) -> Error {
    let message = if reader > readers {
        format!(
            "The second connection, which one reader needs until all tables are locked, failed: {}",
            error.message
        )
    } else {
        format!("Reader {reader} of {readers} could not connect: {}", error.message)
    };
    let is_full = error.server().is_some_and(|server| server.sqlstate.starts_with("53"));
    let hint = if is_full {
        "The limit of connections of the server, the database or the user is reached: choose a smaller parallelism, or raise \
         it (max_connections, ALTER ROLE exporter CONNECTION LIMIT 20)."
    } else {
        &error.hint
    };
    unavailable(message, hint)
}

pub(super) fn nobody() -> Error {
    Error::new(ErrorType::Internal, Stage::Query, "There are fewer than two readers.")
}
