//! The names of objects.

use chrono::{DateTime, Utc};

use super::ending::Ending;
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
    /// `{prefix}_{yyyyMMdd_HHmmss}`, with the time in UTC, and the extensions of the format and the compression.
    Prefix(Template),
    /// Exactly this name, once its placeholders are filled in.
    Exact(Template),
}

/// A name with placeholders. `{{` and `}}` stand for braces.
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
    IsoDate,
    Time,
}

const PLACEHOLDERS: [(&str, Placeholder); 5] = [
    ("requestId", Placeholder::RequestId),
    ("eventId", Placeholder::EventId),
    ("date", Placeholder::Date),
    ("isoDate", Placeholder::IsoDate),
    ("time", Placeholder::Time),
];

impl Template {
    /// Parses a template; the error says what is wrong with it, without a full stop.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = name;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix(brace) {
                text.push_str(brace);
                rest = after;
            } else if brace == "}" {
                // A brace that closes no placeholder is a part of the name.
                text.push_str(brace);
                rest = after;
            } else {
                let (word, after) = after.split_once('}').ok_or(
                    "has a { without its }; placeholders look like {requestId}, and {{ stands for a brace",
                )?;
                let known = PLACEHOLDERS.iter().find(|&&(known, _)| known == word);
                let &(_, placeholder) = known.ok_or_else(|| unknown_placeholder(word))?;
                pieces.extend([Piece::Text(std::mem::take(&mut text)), Piece::Placeholder(placeholder)]);
                rest = after;
            }
        }
        text.push_str(rest);
        pieces.push(Piece::Text(text));
        Ok(Self(pieces))
    }

    /// Returns whether the name can be made only of an event that has an id of its own.
    pub(crate) fn needs_event_id(&self) -> bool {
        self.0.contains(&Piece::Placeholder(Placeholder::EventId))
    }

    /// Creates a name without placeholders.
    pub(crate) fn constant(name: &str) -> Self {
        Self(vec![Piece::Text(name.to_owned())])
    }

    /// Returns the text of a template that stands for this name alone.
    pub(crate) fn literal(name: &str) -> String {
        name.replace('{', "{{").replace('}', "}}")
    }

    /// Returns the name if it has no placeholder.
    pub(crate) fn as_constant(&self) -> Option<&str> {
        match &self.0[..] {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns whether the time of day is part of the name.
    pub(super) fn has_time(&self) -> bool {
        self.0.contains(&Piece::Placeholder(Placeholder::Time))
    }

    /// Returns whether the name ends as that of a folder.
    pub(crate) fn is_folder(&self) -> bool {
        matches!(self.0.last(), Some(Piece::Text(text)) if text.ends_with('/'))
    }

    /// Returns what the extensions of the name say about the file.
    pub(crate) fn ending(&self) -> Ending {
        match self.0.last() {
            Some(Piece::Text(text)) => Ending::of(text),
            _ => Ending::NONE,
        }
    }

    /// Fills in the placeholders. Without an event id the request id takes its place.
    pub(crate) fn resolve(&self, naming: Naming<'_>, event_id: Option<&str>) -> String {
        let filled = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Placeholder(Placeholder::RequestId) => naming.request_id.to_owned(),
            Piece::Placeholder(Placeholder::EventId) => event_id.unwrap_or(naming.request_id).to_owned(),
            Piece::Placeholder(Placeholder::Date) => naming.started.format("%Y%m%d").to_string(),
            Piece::Placeholder(Placeholder::IsoDate) => naming.started.format("%Y-%m-%d").to_string(),
            Piece::Placeholder(Placeholder::Time) => naming.started.format("%H%M%S").to_string(),
        });
        filled.collect()
    }
}

fn unknown_placeholder(word: &str) -> String {
    let meant = nearest(word, PLACEHOLDERS.iter().map(|&(known, _)| known))
        .map_or_else(String::new, |known| format!("; did you mean {{{known}}}?"));
    format!(
        "has the placeholder {}, but those known are {{requestId}}, {{eventId}}, {{date}}, {{isoDate}} and {{time}}{meant}",
        form::word(word)
    )
}

impl FileName {
    /// Returns whether the time of day is part of the name, so that no two runs want the same name.
    pub(super) fn has_time(&self) -> bool {
        match self {
            Self::Prefix(_) => true,
            Self::Exact(template) => template.has_time(),
        }
    }

    /// Returns the name with all placeholders filled in, and after a prefix the time and the `extension`. Without an event
    /// id the request id takes its place.
    pub(crate) fn resolve(&self, naming: Naming<'_>, event_id: Option<&str>, extension: &str) -> String {
        match self {
            Self::Prefix(prefix) => {
                let prefix = prefix.resolve(naming, event_id);
                format!("{prefix}_{}{extension}", naming.started.format("%Y%m%d_%H%M%S"))
            }
            Self::Exact(template) => template.resolve(naming, event_id),
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
