//! The checked request of `action: discover`.

use super::pattern::matches;
use super::source::Role;

/// The most roles that one event names.
pub const MAX_ROLES: usize = 100;

/// One role in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The role to assume; without one the function's own credentials are used.
    pub role: Option<Role>,
    /// The region to ask in, if not the function's.
    pub region: Option<String>,
}

/// What is to be listed, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Who is asked where, in the order of the event.
    pub places: Vec<Place>,
    /// Only identifiers that match this pattern, in which `*` stands for any run of characters.
    pub identifier: Option<String>,
    /// Only engines that match this pattern.
    pub engine: Option<String>,
    /// Whether CloudWatch's figures are wanted too.
    pub metrics: bool,
}

impl Discovery {
    /// Whether a database is to be listed. RDS keeps identifiers in lower case.
    pub fn wants(&self, identifier: &str, engine: Option<&str>) -> bool {
        let matched = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| matches(&pattern.to_lowercase(), &text.to_lowercase()))
        };
        matched(&self.identifier, identifier) && matched(&self.engine, engine.unwrap_or_default())
    }
}
