//! Finds what the events of a plan are made for.

use super::session;
use crate::config;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::event;
use crate::job::{Naming, Plan, PlanItem, TableSelector, matches};
use crate::pipeline::{self, Process, Run};

/// Returns the tables of the template's database that these select, and warnings of those that are left out.
pub(super) async fn of_tables(
    process: &Process,
    plan: &Plan,
    selectors: &[TableSelector],
    naming: Naming<'_>,
    run: &Run,
) -> Result<(Vec<PlanItem>, Vec<String>)> {
    let Some(sample) = event::sample(plan, naming, &process.environment)? else {
        return Ok(Default::default());
    };
    let extraction = &sample.extraction;
    let (mut session, mut warnings) = session::begin(process, extraction, run, &run.deadline).await?;
    run.progress.enter(Stage::Query);
    let selection = pipeline::select_tables(&mut session, "forEach.tables", selectors, extraction).await;
    session.close_idle().await;
    let selection = selection?;
    warnings.extend(selection.warnings);
    let item = |found: &crate::database::catalog::Found| {
        event::of_table(&found.table.schema, &found.table.name, &plan.template.0)
    };
    Ok((selection.tables.iter().map(item).collect(), warnings))
}

/// Returns the database configurations below a path, and a warning of those that the operator does not allow.
pub(super) async fn of_parameters(
    process: &Process,
    path: &str,
    allowed: Option<&[String]>,
    run: &Run,
) -> Result<(Vec<PlanItem>, Vec<String>)> {
    run.progress.enter(Stage::Config);
    let names = config::configurations_below(process.aws().await, path).await?;
    let is_allowed =
        |name: &String| allowed.is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, name)));
    let (names, others): (Vec<_>, Vec<_>) = names.into_iter().partition(is_allowed);
    if names.is_empty() {
        let message = "`forEach.parameters`: no configuration below this path is allowed here: see ALLOWED_CONFIG_PARAMS.";
        return Err(Error::new(ErrorType::InvalidRequest, Stage::Config, message));
    }
    let warnings = match others.len() {
        0 => Vec::new(),
        // Their names are no concern of the event's sender.
        count => {
            let noun = if count == 1 { "configuration" } else { "configurations" };
            vec![format!("Left out, since ALLOWED_CONFIG_PARAMS does not allow it: {count} {noun}.")]
        }
    };
    Ok((names.iter().map(|name| event::of_parameter(path, name)).collect(), warnings))
}
