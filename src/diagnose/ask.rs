//! Asks the planner what an extraction reads.

use super::estimate::{Estimate, around_values};
use crate::database::{Plan, Session};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::Extraction;
use crate::pipeline::{self, Wanted};

/// Nothing, to which tables are added.
const NOTHING: Plan = Plan { rows: 0.0, width: 0.0, cost: 0.0, writes: false };

impl Estimate {
    /// Estimates an extraction by one reader on a whole core, in the session's transaction, which a failure ends.
    ///
    /// # Errors
    /// Those of parsing and planning its statement; `QueryInvalid` for one that has no plan, such as SHOW.
    pub(crate) async fn ask(session: &mut Session, wanted: Wanted, extraction: &Extraction) -> Result<Self> {
        let sql = match wanted {
            Wanted::Tables(selectors) => {
                let selection = pipeline::select_tables(session, "tables", &selectors, extraction).await?;
                let mut all = Self::of(NOTHING, 0.0, None);
                for found in &selection.tables {
                    let one = of_statement(session, &found.table.select(), extraction).await?;
                    all.rows += one.rows;
                    all.bytes += one.bytes;
                    all.time = all.time.saturating_add(one.time);
                    all.memory = all.memory.max(one.memory);
                }
                return Ok(all);
            }
            Wanted::Table(name) => pipeline::find_table(session, &name, extraction).await?.select(),
            Wanted::Query(query) => {
                let sql = query.text().to_owned();
                session.expect_query(query);
                sql
            }
        };
        of_statement(session, &sql, extraction).await
    }
}

async fn of_statement(session: &mut Session, sql: &str, extraction: &Extraction) -> Result<Estimate> {
    let statement = session.parse(sql).await?;
    let parameters = pipeline::parameters(&statement, extraction)?;
    let plan = session.explain(sql, &parameters).await?;
    let plan = plan.ok_or_else(|| {
        Error::new(
            ErrorType::QueryInvalid,
            Stage::Query,
            "A statement of this kind has no plan to estimate from.",
        )
    })?;
    Ok(Estimate::of(plan, around_values(&extraction.format, &statement.columns), None))
}
