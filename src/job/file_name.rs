//! The names of objects.

use chrono::{DateTime, Utc};

use super::compression::Compression;
use crate::fields::nearest;
use crate::form;
use crate::names::MAX_KEY_BYTES;

/// The values that the names of one invocation are made from.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    /// Lambda's request id, or its substitute on the command line.
    pub request_id: &'a str,
    /// When the invocation began.
    pub started: DateTime<Utc>,
}

/// How the file is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileName {
    /// `{prefix}_{yyyyMMdd_HHmmss}.csv`, with the time in UTC, and the extension of the compression.
    Prefix(String),
    /// Exactly this name, once its placeholders are filled in.
    Exact(Template),
}

/// A file name with placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Piece {
    Text(String),
    Placeholder(Placeholder),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Placeholder {
    RequestId,
    EventId,
    Date,
    Time,
}

const PLACEHOLDERS: [(&str, Placeholder); 4] = [
    ("requestId", Placeholder::RequestId),
    ("eventId", Placeholder::EventId),
    ("date", Placeholder::Date),
    ("time", Placeholder::Time),
];

impl Template {
    /// Parses a template; the error says what is wrong with it, without a full stop.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = name;
        while let Some((text, after)) = rest.split_once('{') {
            let (word, after) =
                after.split_once('}').ok_or("has a { without its }; placeholders look like {requestId}")?;
            let known = PLACEHOLDERS.iter().find(|&&(known, _)| known == word);
            let &(_, placeholder) = known.ok_or_else(|| unknown_placeholder(word))?;
            pieces.extend([Piece::Text(text.to_owned()), Piece::Placeholder(placeholder)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    fn uses(&self, placeholder: Placeholder) -> bool {
        self.0.contains(&Piece::Placeholder(placeholder))
    }
}

fn unknown_placeholder(word: &str) -> String {
    let meant = nearest(word, PLACEHOLDERS.iter().map(|&(known, _)| known))
        .map_or_else(String::new, |known| format!("; did you mean {{{known}}}?"));
    format!(
        "has the placeholder {}, but those known are {{requestId}}, {{eventId}}, {{date}} and {{time}}{meant}",
        form::word(word)
    )
}

impl FileName {
    /// Whether the name requires an event with an id of its own.
    pub(crate) fn needs_event_id(&self) -> bool {
        matches!(self, Self::Exact(template) if template.uses(Placeholder::EventId))
    }

    /// Returns whether the time of day is part of the name, so that no two runs want the same name.
    pub(super) fn has_time(&self) -> bool {
        match self {
            Self::Prefix(_) => true,
            Self::Exact(template) => template.uses(Placeholder::Time),
        }
    }

    /// Returns the name with all placeholders filled in. Without an event id, the request id takes its place.
    pub(crate) fn resolve(
        &self,
        naming: Naming<'_>,
        event_id: Option<&str>,
        compression: Compression,
    ) -> String {
        match self {
            Self::Prefix(prefix) => {
                format!("{prefix}_{}.csv{}", naming.started.format("%Y%m%d_%H%M%S"), compression.extension())
            }
            Self::Exact(Template(pieces)) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Placeholder(Placeholder::RequestId) => naming.request_id.to_owned(),
                    Piece::Placeholder(Placeholder::EventId) => {
                        event_id.unwrap_or(naming.request_id).to_owned()
                    }
                    Piece::Placeholder(Placeholder::Date) => naming.started.format("%Y%m%d").to_string(),
                    Piece::Placeholder(Placeholder::Time) => naming.started.format("%H%M%S").to_string(),
                })
                .collect(),
        }
    }
}

/// Checks a text that becomes part of a key; the error says what is wrong with it, without a full stop.
pub(crate) fn check_key(key: &str) -> Result<(), String> {
    if key.len() > MAX_KEY_BYTES {
        return Err(format!("makes a key of {} bytes, but S3 takes {MAX_KEY_BYTES} at most", key.len()));
    }
    match key.chars().find(|character| character.is_control()) {
        Some(control) => Err(format!("has the control character {}", control.escape_unicode())),
        None => Ok(()),
    }
}
