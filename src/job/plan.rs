//! The checked request of `action: plan`.

use std::fmt;
use std::path::PathBuf;

use super::file_name::Template;
use super::table_selector::TableSelector;
use super::write_options::WriteOptions;

/// The highest number of events in a plan: as many as a Distributed Map of Step Functions runs at once.
pub const MAX_EVENTS: usize = 10_000;

/// A checked plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What all events have in common.
    pub template: EventJson,
    /// What the events are made for.
    pub for_each: ForEach,
    /// The bucket of the list, and of the exports unless the template names another.
    pub bucket: String,
    /// The account that must own the bucket.
    pub bucket_owner: Option<String>,
    /// The prefix of all keys, without the slash after it; `None` for the root of the bucket.
    pub key_prefix: Option<Template>,
    /// How the list is written.
    pub options: WriteOptions,
    /// The event's own id, which stays the same when it is delivered again.
    pub event_id: Option<String>,
    /// Where the list goes.
    pub target: PlanTarget,
}

/// What the events of a plan are made for.
#[derive(Debug, Clone, PartialEq)]
pub enum ForEach {
    /// The tables of the template's database that these select.
    Tables(Vec<TableSelector>),
    /// The database configurations below a path of Parameter Store.
    Parameters {
        /// The path, with a slash at its end.
        path: String,
        /// The patterns of the names that the operator allows; `None` allows all.
        allowed: Option<Vec<String>>,
    },
    /// The parts of a range.
    Range(Vec<PlanItem>),
    /// The events that are given.
    Events(Vec<PlanItem>),
}

impl ForEach {
    /// Returns the name of the field in `forEach`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Tables(_) => "tables",
            Self::Parameters { .. } => "parameters",
            Self::Range(_) => "range",
            Self::Events(_) => "events",
        }
    }
}

/// Where the list of a plan goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanTarget {
    /// The folder of the plan, beside its exports.
    Folder,
    /// An object with this key.
    Object {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// A file on this machine, which must not exist.
    File(PathBuf),
    /// Nowhere: the events are estimated instead, for this many exports at once.
    Estimate(usize),
}

/// What one event of a plan is made for.
#[derive(Clone, PartialEq, Eq)]
pub struct PlanItem {
    /// Its name in keys, which tells it from the others.
    pub name: String,
    /// The texts that stand for placeholders of the template.
    pub texts: Vec<PlanText>,
    /// The fields that replace those of the template, as JSON.
    pub fields: Vec<(String, String)>,
}

/// The text that stands for a placeholder, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanText {
    /// The placeholder, without braces.
    pub placeholder: &'static str,
    /// The text in names of objects.
    pub in_names: String,
    /// The text in `table` and `tables`.
    pub in_table: String,
    /// The text in `query`.
    pub in_query: String,
    /// The text everywhere else.
    pub elsewhere: String,
}

impl fmt::Debug for PlanItem {
    /// Omits the fields, which may hold parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanItem").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The JSON of an event.
#[derive(Clone, PartialEq, Eq)]
pub struct EventJson(pub String);

impl fmt::Debug for EventJson {
    /// Omits the text, which holds a query and its parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventJson({} bytes)", self.0.len())
    }
}
