//! The combined results of all roles, in a stable order.

use std::time::Duration;

use serde_json::{Value, json};

use super::database::Database;
use super::found::Found;
use crate::error::Error;
use crate::job::{Discovery, Place};

/// A call that failed for a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The role; `None` for the caller's own credentials.
    pub role_arn: Option<String>,
    /// The region of the call.
    pub region: Option<String>,
    /// What went wrong.
    pub error: Error,
}

/// The databases that were found and the calls that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// Sorted by account, region, identifier and kind.
    pub databases: Vec<Database>,
    /// In the order of the event's roles.
    pub failures: Vec<Failure>,
    /// Whether no role could list anything.
    pub(crate) is_failure: bool,
}

impl Inventory {
    /// Combines what was found for each of the discovery's places.
    pub(super) fn new(discovery: &Discovery, found: Vec<Found>, own_region: Option<&str>) -> Self {
        let is_failure = found.iter().all(|found| !found.answered);
        let (mut databases, mut failures) = (Vec::new(), Vec::new());
        for (Place { role, region }, found) in discovery.places.iter().zip(found) {
            let role_arn = role.as_ref().map(|role| role.arn.clone());
            let region = region.as_deref().or(own_region).map(str::to_owned);
            databases.extend(found.databases.into_iter().map(|database| Database {
                region: database.region.or_else(|| region.clone()),
                role_arn: role_arn.clone(),
                ..database
            }));
            failures.extend(found.errors.into_iter().map(|error| Failure {
                role_arn: role_arn.clone(),
                region: region.clone(),
                error,
            }));
        }
        databases.sort_by(|a, b| a.order().cmp(&b.order()));
        Self { databases, failures, is_failure }
    }

    /// Returns a one-sentence summary.
    pub fn message(&self) -> String {
        let found = match self.databases.len() {
            0 => "No database found".to_owned(),
            1 => "1 database found".to_owned(),
            count => format!("{count} databases found"),
        };
        match self.failures.len() {
            0 => found,
            1 => format!("{found}; 1 call failed, see errors"),
            count => format!("{found}; {count} calls failed, see errors"),
        }
    }

    /// Returns the response body.
    pub fn body(&self, elapsed: Duration) -> Value {
        let errors: Vec<_> = self
            .failures
            .iter()
            .map(|Failure { role_arn, region, error }| {
                json!({
                    "roleArn": role_arn, "region": region, "error": error.message,
                    "errorType": error.error_type.as_str(), "stage": error.stage.as_str(),
                    "hint": error.advice(), "retryable": error.retryable,
                })
            })
            .collect();
        json!({
            "message": self.message(),
            "databases": self.databases,
            "errors": errors,
            "executionTime": format!("{:.1} seconds", elapsed.as_secs_f64()),
        })
    }
}

impl Database {
    fn order(&self) -> impl Ord + '_ {
        (&self.account, &self.region, &self.identifier, self.kind, &self.role_arn)
    }
}
