//! The hop `query`: parses the statement, checks its parameters and estimates its result, without running it.

use std::time::Duration;

use tokio::time::timeout;

use super::diagnosis::HopResult;
use super::estimate::{Estimate, around_values, bytes_in_words, time_in_words};
use super::means::{Means, weigh};
use super::readers::{self, Divided};
use super::tables;
use crate::database::statement::ResultColumn;
use crate::database::{Plan, Session};
use crate::error::{Error, ErrorType, Result};
use crate::job::Extraction;
use crate::pipeline::{self, Wanted};

/// Slightly more than the session's `statement_timeout`, so that the server reports the timeout.
const LIMIT: Duration = Duration::from_secs(5);

/// Has the server plan the statement, in the READ ONLY transaction of the session.
pub(super) async fn plan(
    session: &mut Session,
    wanted: Wanted,
    extraction: &Extraction,
    means: Means,
) -> HopResult {
    let planned = async {
        match wanted {
            Wanted::Tables(selectors) => tables::plan(session, &selectors, extraction, means).await,
            wanted => plan_statement(session, wanted, extraction, means).await,
        }
    };
    match timeout(LIMIT, planned).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => explain(&error),
        Err(_) => waits(format!("No plan within {} s.", LIMIT.as_secs())),
    }
}

async fn plan_statement(
    session: &mut Session,
    wanted: Wanted,
    extraction: &Extraction,
    means: Means,
) -> Result<HopResult> {
    let Planned { columns, plan, divided } = try_plan(session, wanted, extraction).await?;
    let result = judge(&columns, plan, extraction, means);
    Ok(match divided {
        Some(divided) => divided.judge(result, LIMIT),
        None => result,
    })
}

fn waits(detail: String) -> HopResult {
    HopResult::failed(
        detail,
        "Planning waits, most likely for a lock that ALTER TABLE, VACUUM FULL or a migration holds on a table of the query.",
        "See who holds it, then run it again: SELECT pid, state, query FROM pg_stat_activity WHERE xact_start < now() - interval '1 minute'",
    )
}

/// A statement as it would be run.
struct Planned {
    columns: Vec<ResultColumn>,
    /// `None` if the statement cannot be explained.
    plan: Option<Plan>,
    /// `None` if a single reader reads everything.
    divided: Option<Divided>,
}

async fn try_plan(session: &mut Session, wanted: Wanted, extraction: &Extraction) -> Result<Planned> {
    if let Some(readers) = extraction.readers.several() {
        let (columns, plan, divided) = readers::plan(session, &wanted, extraction, readers).await?;
        return Ok(Planned { columns, plan, divided: Some(divided) });
    }
    let sql = match wanted {
        Wanted::Tables(_) => return Err(pipeline::not_one_statement()),
        Wanted::Table(name) => pipeline::find_table(session, &name, extraction).await?.select(),
        Wanted::Query(query) => {
            let sql = query.text().to_owned();
            session.expect_query(query);
            sql
        }
    };
    let statement = session.parse(&sql).await?;
    let parameters = pipeline::parameters(&statement, extraction)?;
    pipeline::check_format(session, &sql, &statement, extraction).await?;
    let columns = statement.columns;
    match session.explain(&sql, &parameters).await {
        // EXPLAIN of SHOW and the like is a syntax error.
        Err(error)
            if error.error_type == ErrorType::QueryInvalid
                && error.server().is_some_and(|server| server.sqlstate == "42601") =>
        {
            Ok(Planned { columns, plan: None, divided: None })
        }
        plan => Ok(Planned { columns, plan: plan?, divided: None }),
    }
}

/// Returns the result for an error with which an extraction would fail.
pub(super) fn explain(error: &Error) -> HopResult {
    let (cause, fix) = match error.error_type {
        ErrorType::QueryTimeout => return waits(error.message.clone()),
        ErrorType::QueryDenied => (
            error.message.clone(),
            "GRANT USAGE ON SCHEMA … and GRANT SELECT ON … TO the user of the configuration.".to_owned(),
        ),
        _ => (error.message.clone(), error.hint.clone()),
    };
    HopResult::failed(format!("An extraction would return {}.", error.error_type), cause, fix)
}

/// Returns the result for a statement whose text could not be read.
pub(super) fn unread(error: &Error) -> HopResult {
    HopResult::failed("The statement could not be read.", &error.message, &error.hint)
}

fn judge(columns: &[ResultColumn], plan: Option<Plan>, extraction: &Extraction, means: Means) -> HopResult {
    let count = columns.len();
    let Some(plan) = plan else {
        return HopResult::ok(format!(
            "{count} columns; a statement of this kind has no plan to estimate from."
        ));
    };
    if plan.writes && !extraction.allow_writes {
        return HopResult::failed(
            format!("{count} columns; the plan changes or locks rows."),
            "The query changes data or locks rows, and extractions run in a READ ONLY transaction, which refuses that.",
            "Give a query that only reads; for one that is to write the operator sets ALLOW_WRITES (terraform: allow_writes = true).",
        );
    }
    let estimate = Estimate::of(plan, around_values(&extraction.format, columns), means.memory);
    let (bytes, time) = (bytes_in_words(estimate.bytes), time_in_words(estimate.time));
    let of = means.time.map_or_else(String::new, |limit| format!(" of {}", time_in_words(limit)));
    let result = HopResult::ok(format!(
        "{count} columns; by the planner's estimate about {:.0} rows, {bytes} of {}, {time}{of}.",
        estimate.rows,
        extraction.format.format().in_words(),
    ));
    weigh(result, estimate, extraction, means)
}
