//! The planner's estimate for a statement.

use serde_json::Value;

use super::session::{Session, lost};
use super::statement::Statement;
use super::wire::WireError;
use crate::error::{Result, Stage};

/// The top node of a plan, as EXPLAIN reports it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// The estimated number of rows.
    pub rows: f64,
    /// The estimated size in bytes of a row in the server's memory.
    pub width: f64,
    /// The estimated total cost, in units of a sequential page read.
    pub cost: f64,
    /// Whether a node changes a table or locks rows, which a READ ONLY transaction refuses.
    pub writes: bool,
}

/// A node of a plan, and the conditions that it checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The type of the node, such as `Seq Scan`.
    pub kind: String,
    /// The conditions on rows, without those of joins.
    pub conditions: Vec<String>,
}

impl Session {
    /// Does the same as [`Self::explain`], and also returns all nodes of the plan.
    ///
    /// # Errors
    /// See [`Self::explain`].
    pub async fn explain_nodes(
        &mut self,
        sql: &str,
        parameters: &[Option<String>],
    ) -> Result<Option<(Plan, Vec<Node>)>> {
        let explained = self.explain_json(sql, parameters).await?;
        Ok(Plan::read(&explained).map(|plan| {
            let mut all = Vec::new();
            nodes(&explained[0]["Plan"], &mut all);
            (plan, all)
        }))
    }

    async fn explain_json(&mut self, sql: &str, parameters: &[Option<String>]) -> Result<Value> {
        let rows = self.ask_with(&format!("EXPLAIN (FORMAT JSON) {sql}"), parameters).await?;
        let lines: Vec<_> = rows.into_iter().flatten().flatten().collect();
        Ok(serde_json::from_str(&lines.join("\n")).unwrap_or_default())
    }

    /// Has the server plan a statement with these parameters, without running it. Returns `None` if the
    /// answer contains no plan.
    ///
    /// # Errors
    /// Those of [`Session::ask`], also for a statement that cannot be explained, such as SHOW.
    pub async fn explain(&mut self, sql: &str, parameters: &[Option<String>]) -> Result<Option<Plan>> {
        Ok(Plan::read(&self.explain_json(sql, parameters).await?))
    }

    /// Returns how many rows the planner expects, or `None` for a statement that cannot be explained. The
    /// session remains usable. `parameters` returns the parameter values for the described statement.
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
            Err(WireError::Server(_)) => return self.begin_again().await.map(|()| None),
            Err(error) => return Err(lost(error, Stage::Query)),
        };
        let Some(Ok(parameters)) = statement.as_ref().map(parameters) else { return Ok(None) };
        match self.explain(sql, &parameters).await {
            Ok(plan) => Ok(plan.map(|plan| plan.rows as u64)),
            // If the statement is wrong, its run reports that.
            Err(_) => self.begin_again().await.map(|()| None),
        }
    }
}

impl Plan {
    /// Reads `EXPLAIN (FORMAT JSON)`.
    fn read(explained: &Value) -> Option<Self> {
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

/// Appends a node and all nodes below it.
fn nodes(node: &Value, all: &mut Vec<Node>) {
    const CONDITIONS: [&str; 4] = ["Filter", "Index Cond", "Recheck Cond", "TID Cond"];
    let text = |name: &str| node[name].as_str().map(str::to_owned);
    let conditions = CONDITIONS.into_iter().filter_map(text).collect();
    all.push(Node { kind: text("Node Type").unwrap_or_default(), conditions });
    for below in node["Plans"].as_array().into_iter().flatten() {
        nodes(below, all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_with_what_it_changes() {
        let json = r#"[{"Plan": {"Node Type": "CTE Scan", "Total Cost": 9.5, "Plan Rows": 7, "Plan Width": 8,
            "Plans": [{"Node Type": "ModifyTable", "Operation": "Delete", "Plan Rows": 9}]}}]"#;
        let read = |json: &str| serde_json::from_str(json).ok().and_then(|json| Plan::read(&json));
        assert_eq!(read(json), Some(Plan { rows: 7.0, width: 8.0, cost: 9.5, writes: true }));
        assert_eq!(read("[]"), None);
    }
}
