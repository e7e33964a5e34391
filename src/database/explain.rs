//! What the planner expects of a statement.

use serde_json::Value;

use super::session::{Session, SessionSettings, lost};
use super::statement::{Statement, TEXT};
use super::wire::WireError;
use crate::error::{Result, Stage};

/// The planner's estimate of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Rows.
    pub rows: u64,
    /// Bytes of a row, as the server keeps it in memory.
    pub width: u64,
}

impl Session {
    /// Asks the planner; nothing runs. `None` for a statement that cannot be explained, such as SHOW, after which
    /// the session is as good as before. `parameters` makes the values of a described statement's parameters.
    ///
    /// # Errors
    /// `ConnectionLost` and the like, stage `query`.
    pub async fn estimate(
        &mut self,
        sql: &str,
        settings: SessionSettings,
        parameters: impl Fn(&Statement) -> Result<Vec<Option<String>>>,
    ) -> Result<Option<Estimate>> {
        let statement = match self.describe(&format!("EXPLAIN (FORMAT JSON) {sql}")).await {
            Ok(statement) => statement,
            Err(WireError::Server(_)) => return self.go_on(settings).await.map(|()| None),
            Err(error) => return Err(lost(error, Stage::Query)),
        };
        let Some(Ok(parameters)) = statement.as_ref().map(parameters) else { return Ok(None) };
        match self.explained(&parameters).await {
            Ok(plan) => Ok(read(&plan)),
            // The real run says what is wrong, if it is wrong there too.
            Err(_) => self.go_on(settings).await.map(|()| None),
        }
    }

    async fn explained(&mut self, parameters: &[Option<String>]) -> Result<Vec<u8>> {
        let mut rows = self.execute(parameters, &[TEXT]).await?;
        let mut plan = Vec::new();
        while rows.advance().await? {
            while let Some(row) = rows.next_arrived() {
                // The number of columns, which is one, and the length of the cell come first.
                plan.extend_from_slice(row.get(6..).unwrap_or_default());
            }
        }
        Ok(plan)
    }

    /// Leaves the transaction that an error has spoilt.
    async fn go_on(&mut self, settings: SessionSettings) -> Result<()> {
        self.until_ready().await.map_err(|error| lost(error, Stage::Query))?;
        self.begin_again(settings).await
    }
}

fn read(plan: &[u8]) -> Option<Estimate> {
    let plan: Value = serde_json::from_slice(plan).ok()?;
    let plan = &plan[0]["Plan"];
    Some(Estimate { rows: plan["Plan Rows"].as_f64()? as u64, width: plan["Plan Width"].as_u64()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_width_are_read_off_the_top_of_the_plan() {
        let plan = br#"[{"Plan": {"Node Type": "Limit", "Plan Rows": 12, "Plan Width": 36, "Plans": [{"Plan Rows": 9}]}}]"#;
        assert_eq!(read(plan), Some(Estimate { rows: 12, width: 36 }));
        assert_eq!(read(b"no plan"), None);
    }
}
