//! The state of a stream, shown and changed by hand.

use serde_json::{Value, json};

use super::stream::Stream;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Compression, Target};
use crate::pipeline::process::Process;
use crate::watermark::State;

/// A change of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Sets what is given.
    Set {
        /// The lower bound of the next window.
        lower: Option<u64>,
        /// The timeline of the cluster.
        timeline: Option<u32>,
        /// The system identifier of the cluster.
        system: Option<String>,
    },
    /// Has the next run begin the stream anew.
    Reset,
}

/// A state before and after a change, and what the change loses or doubles.
pub(crate) struct Changed {
    pub(crate) state: Value,
    pub(crate) effects: Vec<String>,
}

/// Returns the state of a stream as JSON, with its address and the name of the next object.
///
/// # Errors
/// `WatermarkInvalid` if there is none, and those of reading it.
pub(crate) async fn show_state(process: &Process, target: &Target, stream: &str) -> Result<Value> {
    let mut place = Stream::peek(process, target, stream, "").await?;
    let state = read(&mut place).await?;
    shown(&place, &state).await
}

/// Changes the state of a stream, unless `is_trial`.
///
/// # Errors
/// `WatermarkInvalid` if there is none, `ObjectExists` if an export has moved it meanwhile, and those of writing it.
pub(crate) async fn change_state(
    process: &Process,
    (target, stream): (&Target, &str),
    change: &Change,
    (request_id, is_trial): (&str, bool),
) -> Result<Changed> {
    let mut place = if is_trial {
        Stream::peek(process, target, stream, request_id).await?
    } else {
        Stream::open(process, target, stream, request_id).await?
    };
    let old = read(&mut place).await?;
    if let Some(written) = place.written(&old, &extension(&old)).await? {
        return Err(Error::new(
            ErrorType::WatermarkInvalid,
            Stage::Upload,
            format!(
                "A run wrote the object {} and ended before the state was moved, up to {}.",
                old.object(&extension(&old)),
                written.upper
            ),
        )
        .with_hint("Run the export once, which moves the state, then change it."));
    }
    let mut new = State { request_id: request_id.to_owned(), revision: old.revision + 1, ..old.clone() };
    let mut effects = Vec::new();
    match change {
        Change::Reset => {
            new.reset = true;
            effects.push(
                "The next run exports the whole table once more, into a folder of its own. Readers of the objects must begin with \
                 that folder; the old objects stay."
                    .to_owned(),
            );
        }
        Change::Set { lower, timeline, system } => {
            if let Some(lower) = lower {
                effects.push(of_lower(old.lower, *lower));
                new.lower = Some(*lower);
            }
            if timeline.is_some() || system.is_some() {
                new.timeline = timeline.or(new.timeline);
                new.system = system.clone().or(new.system);
                effects.push(
                    "The state counts the transactions of another cluster or timeline from now on. If that does not continue the \
                     ids of the old one, rows are lost or come twice."
                        .to_owned(),
                );
            }
        }
    }
    if !is_trial && !place.write(&new).await? {
        return Err(Error::new(
            ErrorType::ObjectExists,
            Stage::Upload,
            "An export has moved the state meanwhile.",
        )
        .with_hint("Look at it again with watermark show."));
    }
    Ok(Changed { state: shown(&place, &new).await?, effects })
}

fn of_lower(old: Option<u64>, new: u64) -> String {
    match old {
        Some(old) if new > old => format!(
            "Rows that transactions from {old} up to {new} wrote are in no object, unless they are written again: they are lost."
        ),
        Some(old) if new < old => {
            format!("Rows that transactions from {new} up to {old} wrote come once more, as they are now.")
        }
        Some(_) => "The lower bound is the same.".to_owned(),
        None => format!("Rows that transactions before {new} wrote are in no object: they are lost."),
    }
}

async fn read(place: &mut Stream<'_>) -> Result<State> {
    let state = place.read().await?;
    state.ok_or_else(|| {
        Error::new(
            ErrorType::WatermarkInvalid,
            Stage::Upload,
            format!("There is no state at {}.", place.location()),
        )
        .with_hint(
            "Check the name of the stream's folder: s3://BUCKET/PREFIX/STREAM, or its path on this machine.",
        )
    })
}

async fn shown(place: &Stream<'_>, state: &State) -> Result<Value> {
    let extension = extension(state);
    let written = place.written(state, &extension).await?;
    Ok(json!({
        "location": place.location(),
        "next": state.object(&extension),
        "nextExists": written.is_some(),
        "state": state,
    }))
}

/// Returns the extension of the objects.
fn extension(state: &State) -> String {
    let of_compression = Compression::NAMES.iter().find(|(name, _)| *name == state.compression);
    format!(".{}{}", state.format, of_compression.map_or("", |(_, compression)| compression.extension()))
}
