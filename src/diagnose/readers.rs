//! Checks whether several readers can share a statement: whether it can be divided, and whether they can
//! connect.

use super::diagnosis::HopResult;
use super::estimate::time_in_words;
use crate::database::statement::ResultColumn;
use crate::database::{Plan, Session};
use crate::error::{Error, ErrorType, Result};
use crate::job::Extraction;
use crate::pipeline::{self, Divisible, Wanted};

/// A statement that is divided among readers.
pub(super) struct Divided {
    readers: usize,
    /// The shares and the plan of one of them, or the error if they are not known.
    shares: Result<(usize, Option<Plan>)>,
    /// How many more connections the limits of the server, the database and the user allow.
    left: Option<i64>,
}

/// Selects how many more connections are allowed. Everybody may read these views.
const LEFT: &str = "SELECT least( \
     pg_catalog.current_setting('max_connections')::bigint - pg_catalog.current_setting('superuser_reserved_connections')::bigint \
     - (SELECT coalesce(sum(numbackends), 0) FROM pg_catalog.pg_stat_database), \
     (SELECT CASE WHEN r.rolconnlimit >= 0 AND NOT r.rolsuper THEN r.rolconnlimit - (SELECT count(*) FROM pg_catalog.pg_stat_activity a \
     WHERE a.usesysid = r.oid) END FROM pg_catalog.pg_roles r WHERE r.rolname = current_user), \
     (SELECT CASE WHEN d.datconnlimit >= 0 THEN d.datconnlimit - s.numbackends END FROM pg_catalog.pg_database d \
     JOIN pg_catalog.pg_stat_database s ON s.datid = d.oid WHERE d.datname = pg_catalog.current_database()))::text";

/// Returns how many more connections the limits of the server, the database and the user allow.
pub(super) async fn connections_left(session: &mut Session) -> Result<Option<i64>> {
    let left = session.ask(LEFT).await?.into_iter().flatten().flatten().next();
    Ok(left.and_then(|left| left.parse().ok()))
}

/// Adds how many more connections are possible, and a warning if `sessions` are not.
pub(super) fn warn_of_connections(
    mut result: HopResult,
    left: Option<i64>,
    sessions: usize,
    readers: usize,
) -> HopResult {
    let Some(left) = left else { return result };
    result.detail = format!("{} {left} more connections are possible.", result.detail);
    // The current session is one of them.
    if left + 1 < sessions as i64 {
        let noun = if readers == 1 { "reader needs" } else { "readers need" };
        result = result.warn(
            format!("{readers} {noun} {} more connections.", sessions - 1),
            "Choose a smaller parallelism, or raise the limit (max_connections, ALTER ROLE … CONNECTION LIMIT, ALTER DATABASE … \
             CONNECTION LIMIT).",
        );
    }
    result
}

/// Plans the whole statement and one share, without running either. Returns the columns and the plan of the
/// whole statement too.
pub(super) async fn plan(
    session: &mut Session,
    wanted: &Wanted,
    extraction: &Extraction,
    readers: usize,
) -> Result<(Vec<ResultColumn>, Option<Plan>, Divided)> {
    let left = connections_left(session).await?;
    let (divisible, statement) = Divisible::find(session, wanted, extraction).await?;
    let parameters = pipeline::parameters(&statement, extraction)?;
    pipeline::check_format(session, divisible.whole(), &statement, extraction).await?;
    let whole = session.explain_nodes(divisible.whole(), &parameters).await?;
    if let Some((_, nodes)) = &whole {
        pipeline::check_plan(nodes)?;
    }
    let leaves = divisible.leaves(session).await?;
    let shares = async {
        let shares = divisible.shares(session, &leaves, &parameters, whole.as_ref(), readers).await?;
        let texts = divisible.texts(&leaves, parameters.len());
        let plan = match shares.get(shares.len() / 2) {
            Some(share) => session.explain(&texts[share.text], &share.parameters(&parameters)).await?,
            None => None,
        };
        Ok((shares.len(), plan))
    };
    let shares: Result<_> = shares.await;
    let shares = match shares {
        Err(error) if error.error_type != ErrorType::QueryTimeout => return Err(error),
        shares => shares,
    };
    Ok((statement.columns, whole.map(|(plan, _)| plan), Divided { readers, shares, left }))
}

impl Divided {
    /// Adds what is known about the shares to the result of the statement.
    pub(super) fn judge(&self, mut result: HopResult, limit: std::time::Duration) -> HopResult {
        let Self { readers, shares, left } = self;
        match shares {
            Ok((shares, plan)) => {
                // Shares of pages differ in size.
                let middle = plan.as_ref().map_or_else(String::new, |plan| {
                    format!(", the middle one of about {:.0} rows", plan.rows)
                });
                result.detail = format!("{} {readers} readers take {shares} shares{middle}.", result.detail);
            }
            Err(Error { message, .. }) => {
                result = result.warn(
                    format!(
                        "The ends of the column in splitBy are not found within {}: {message}",
                        time_in_words(limit)
                    ),
                    "An extraction reads the whole query once to find them: create an index on the column, or leave parallelism out.",
                );
            }
        }
        warn_of_connections(result, *left, *readers, *readers)
    }
}
