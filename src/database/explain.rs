//! What the planner expects of a statement.

use serde_json::Value;

use super::session::{Session, lost};
use super::statement::Statement;
use super::wire::WireError;
use crate::error::{Result, Stage};

/// What EXPLAIN says of the top of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Rows of the result.
    pub rows: f64,
    /// Bytes of a row, as the server keeps it in memory.
    pub width: f64,
    /// The planner's cost of the whole; 1 is a page read in order.
    pub cost: f64,
    /// Whether some node changes a table or locks its rows, which READ ONLY refuses.
    pub writes: bool,
}

impl Session {
    /// Lets the server plan a statement with these parameters; nothing runs. `None` if it does not say what it plans.
    ///
    /// # Errors
    /// As [`Session::ask`], also for a statement that cannot be explained, such as SHOW.
    pub async fn explain(&mut self, sql: &str, parameters: &[Option<String>]) -> Result<Option<Plan>> {
        let rows = self.ask_with(&format!("EXPLAIN (FORMAT JSON) {sql}"), parameters).await?;
        let lines: Vec<_> = rows.into_iter().flatten().flatten().collect();
        Ok(Plan::read(&lines.join("\n")))
    }

    /// How many rows the planner expects. `None` for a statement that cannot be explained, after which the session is
    /// as good as before. `parameters` makes the values of a described statement's parameters.
    ///
    /// # Errors
    /// `ConnectionLost` and the like, stage `query`.
    pub async fn estimate_rows(
        &mut self,
        sql: &str,
        parameters: impl Fn(&Statement) -> Result<Vec<Option<String>>>,
    ) -> Result<Option<u64>> {
        let statement = match self.describe(sql).await {
            Ok(statement) => statement,
            Err(WireError::Server(_)) => return self.go_on().await.map(|()| None),
            Err(error) => return Err(lost(error, Stage::Query)),
        };
        let Some(Ok(parameters)) = statement.as_ref().map(parameters) else { return Ok(None) };
        match self.explain(sql, &parameters).await {
            Ok(plan) => Ok(plan.map(|plan| plan.rows as u64)),
            // The real run says what is wrong, if it is wrong there too.
            Err(_) => self.go_on().await.map(|()| None),
        }
    }

    /// Leaves the transaction that an error has spoilt.
    async fn go_on(&mut self) -> Result<()> {
        self.begin_again().await
    }
}

impl Plan {
    /// Reads `EXPLAIN (FORMAT JSON)`.
    fn read(json: &str) -> Option<Self> {
        let explained: Value = serde_json::from_str(json).ok()?;
        let top = &explained[0]["Plan"];
        let number = |name: &str| top[name].as_f64();
        Some(Self {
            rows: number("Plan Rows")?,
            width: number("Plan Width")?,
            cost: number("Total Cost")?,
            writes: writes(top),
        })
    }
}

fn writes(node: &Value) -> bool {
    ["ModifyTable", "LockRows"].iter().any(|kind| node["Node Type"] == *kind)
        || node["Plans"].as_array().into_iter().flatten().any(writes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_with_what_it_changes() {
        let json = r#"[{"Plan": {"Node Type": "CTE Scan", "Total Cost": 9.5, "Plan Rows": 7, "Plan Width": 8,
            "Plans": [{"Node Type": "ModifyTable", "Operation": "Delete", "Plan Rows": 9}]}}]"#;
        assert_eq!(Plan::read(json), Some(Plan { rows: 7.0, width: 8.0, cost: 9.5, writes: true }));
        assert_eq!(Plan::read("[]"), None);
    }
}
