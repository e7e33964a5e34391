//! The outcomes of incremental exports.

use chrono::Utc;

use crate::job::Extraction;
use crate::pipeline::outcome;
use crate::pipeline::run::Run;
use crate::pipeline::sink::Written;
use crate::response::{Outcome, WindowOutcome};
use crate::watermark::{Horizon, State};

/// Returns the outcome of a window that was written.
pub(super) fn written(
    (file, extraction, run): (Written, &Extraction, &Run),
    (state, horizon, location): (&State, Horizon, String),
    (columns, warnings): (usize, Vec<String>),
) -> Outcome {
    Outcome {
        window: Some(Box::new(window(state, horizon, location))),
        ..outcome::written(file, run, extraction, columns, warnings)
    }
}

/// Returns the outcome if nothing is new.
pub(super) fn nothing_new(
    state: &State,
    horizon: Horizon,
    location: String,
    warnings: Vec<String>,
) -> Outcome {
    let lower = state.lower.unwrap_or(0);
    let what = if horizon.upper <= lower {
        format!("no transaction has ended since {lower}")
    } else {
        format!("no transaction from {lower} to {} wrote a row of the table", horizon.upper)
    };
    let held = match horizon.held_back_by() {
        0 => String::new(),
        held => format!("; running transactions hold {held} ids back"),
    };
    Outcome {
        message: format!("Nothing new: {what}{held}"),
        window: Some(Box::new(window(state, horizon, location))),
        ..outcome::empty(state.columns.len(), warnings)
    }
}

fn window(state: &State, horizon: Horizon, location: String) -> WindowOutcome {
    let lower = state.lower.unwrap_or(0);
    // Something has ended if the bound has moved since the last window.
    let stalled = state.taken_at.filter(|_| horizon.upper <= lower && horizon.held_back_by() > 0);
    let age = stalled.map_or(0, |taken| (Utc::now() - taken).num_seconds().max(0).unsigned_abs());
    WindowOutcome {
        stream: state.stream.clone(),
        sequence: state.sequence,
        lower,
        upper: horizon.upper,
        held_back_by: horizon.held_back_by(),
        age,
        state: location,
    }
}
