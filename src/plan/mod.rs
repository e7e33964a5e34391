//! `action: plan`: a list of extractions, made of a template, for a state machine that runs each of them.
//!
//! ```text
//! forEach ──► items: tables of the catalog, parameters below a path, parts of a range, given events
//! template × items ──► events, each read as an extraction ──► list in S3, or estimates
//! ```
//!
//! What an event is made of, and what it must be, is in [`event`]; this module asks the database and Parameter Store, and
//! writes.

mod estimate;
mod estimates;
mod items;
mod keep;
mod planned;
mod session;

use crate::error::{Error, ErrorType, Result, Stage};
use crate::event;
use crate::job::{ForEach, MAX_EVENTS, Naming, Plan, PlanTarget};
use crate::pipeline::{Process, Run};
#[cfg(test)]
pub use estimates::Estimated;
pub use estimates::Estimates;
pub use planned::Planned;

/// Makes the list and writes it, or estimates what it holds.
///
/// # Errors
/// `InvalidRequest` if an event would not be one; the errors of the database, of Parameter Store and of S3.
pub async fn plan(process: &Process, plan: &Plan, run: &Run) -> Result<Planned> {
    tokio::select! {
        biased;
        () = run.deadline.expired() => {
            let message = format!("The time ran out after {:.1} seconds.", run.deadline.elapsed().as_secs_f64());
            Err(run.out_of_time(message, "plan fewer exports at once"))
        }
        () = run.interruption() => {
            Err(Error::new(ErrorType::Cancelled, run.progress.stage(), "The plan was interrupted."))
        }
        planned = work(process, plan, run) => planned,
    }
}

async fn work(process: &Process, plan: &Plan, run: &Run) -> Result<Planned> {
    let naming = Naming { request_id: &run.request_id, started: run.started };
    let (items, warnings) = match &plan.for_each {
        ForEach::Range(items) | ForEach::Events(items) => (items.clone(), Vec::new()),
        ForEach::Tables(selectors) => items::of_tables(process, plan, selectors, naming, run).await?,
        ForEach::Parameters { path, allowed } => {
            items::of_parameters(process, path, allowed.as_deref(), run).await?
        }
    };
    if items.len() > MAX_EVENTS {
        let message =
            format!("The plan would have {} events, but may have {MAX_EVENTS} at most.", items.len());
        return Err(Error::new(ErrorType::InvalidRequest, Stage::Event, message)
            .with_hint("Make several plans, each of fewer tables or databases."));
    }
    let events = event::make_events(plan, &items, naming, &process.environment)?;
    let mut planned = Planned::new(plan, &events, warnings);
    if let PlanTarget::Estimate(at_once) = &plan.target {
        planned.estimates = Some(estimate::estimate(process, &events, *at_once, run).await?);
    } else {
        run.progress.enter(Stage::Upload);
        planned.kept = Some(keep::keep(process, plan, &events, naming).await?);
    }
    Ok(planned)
}
