//! The checked request of `action: discover`.

use super::pattern::matches;
use super::source::Role;

/// The maximum number of roles in one event.
pub const MAX_ROLES: usize = 100;

/// A role in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The role to assume; without one, the function's own credentials are used.
    pub role: Option<Role>,
    /// The region to query, if not the function's.
    pub region: Option<String>,
}

/// A checked request to list databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// The roles and regions to query, in the order of the event.
    pub places: Vec<Place>,
    /// The pattern that identifiers must match, in which `*` stands for any run of characters.
    pub identifier: Option<String>,
    /// The pattern that engines must match.
    pub engine: Option<String>,
    /// Whether to query CloudWatch metrics too.
    pub metrics: bool,
}

impl Discovery {
    /// Returns whether a database is to be listed. Case is ignored, since RDS keeps identifiers in lower
    /// case.
    pub fn wants(&self, identifier: &str, engine: Option<&str>) -> bool {
        let matched = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| matches(&pattern.to_lowercase(), &text.to_lowercase()))
        };
        matched(&self.identifier, identifier) && matched(&self.engine, engine.unwrap_or_default())
    }
}
