//! Which tables an extraction of many tables exports.

use crate::form;

/// A table, or the tables that a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TableSelector {
    /// A table of this name, as SQL has it, with or without schema.
    Name(String),
    /// The tables whose `schema.table` matches; `*` stands for any run of characters.
    Pattern(String),
}

impl TableSelector {
    /// Returns the name or the pattern, if it looks like one.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::Name(name) => form::shown(name),
            Self::Pattern(pattern) => {
                let is_shown = form::shown(&pattern.replace('*', "x")) != form::NOT_SHOWN;
                if is_shown { pattern } else { form::NOT_SHOWN }
            }
        }
    }
}
