//! Every field of an event with its variable, and reading them with all mistakes gathered.

use std::fmt;
use std::str::FromStr;

use serde_json::value::RawValue;

use super::environment::Environment;
use super::json::{Kind, Object};
use super::mistakes::{Mistakes, nearest, shown};

/// A field of an event and the variable that stands in for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub name: &'static str,
    pub variable: Option<&'static str>,
}

macro_rules! fields {
    ($($constant:ident = $name:literal, $variable:expr;)*) => {
        $(pub(super) const $constant: Field = Field { name: $name, variable: $variable };)*
        /// All of them, in the order of the documentation.
        pub(super) const FIELDS: &[Field] = &[$($constant,)*];
    };
}

fields! {
    ACTION = "action", None;
    DB_CONFIG_PARAM = "dbConfigParam", Some("DB_CONFIG_PARAM");
    ROLE_ARN = "crossAccountRoleArn", None;
    EXTERNAL_ID = "externalId", Some("EXTERNAL_ID");
    QUERY = "query", Some("DB_QUERY");
    QUERY_PARAM = "queryParam", Some("DB_QUERY_PARAM");
    PARAMS = "params", None;
    BUCKET = "bucket", Some("S3_BUCKET_NAME");
    BUCKET_OWNER = "bucketOwner", Some("S3_BUCKET_OWNER");
    KEY_PREFIX = "keyPrefix", Some("S3_KEY_PREFIX");
    FILE_NAME_PREFIX = "fileNamePrefix", Some("CSV_FILENAME_PREFIX");
    FILE_NAME = "fileName", None;
    CSV = "csv", None;
    COMPRESSION = "compression", Some("COMPRESSION");
    COMPRESSION_LEVEL = "compressionLevel", Some("COMPRESSION_LEVEL");
    IF_EXISTS = "ifExists", Some("IF_EXISTS");
    ON_EMPTY = "onEmpty", Some("ON_EMPTY");
    PARALLELISM = "parallelism", None;
    PARTITION_BY = "partitionBy", None;
    TABLE = "table", None;
    ROLES = "roles", None;
    METRICS = "metrics", None;
    IDENTIFIER = "identifier", None;
    ENGINE = "engine", None;
    RAISE_ON_ERROR = "raiseOnError", Some("RAISE_ON_ERROR");
}

/// Variables that no field of an event can stand in for.
const OPERATORS_ALONE: &[&str] = &[
    "ALLOWED_ROLE_ARNS",
    "ALLOWED_BUCKETS",
    "ALLOWED_CONFIG_PARAMS",
    "ALLOWED_QUERY_PARAMS",
    "ALLOW_EVENT_QUERY",
    "ALLOW_WRITES",
];

/// Where a value was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Event(&'static str),
    Variable(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(name) => write!(f, "`{name}`"),
            Self::Variable(name) => write!(f, "The variable `{name}`"),
        }
    }
}

/// What reading a field came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read<T> {
    /// Neither the event nor the environment has it.
    Missing,
    /// It was given, but wrong: the mistake is noted.
    Wrong,
    /// A value that holds, and where it came from.
    Given(T, Source),
}

impl<T> Read<T> {
    pub fn value(self) -> Option<T> {
        match self {
            Self::Given(value, _) => Some(value),
            Self::Missing | Self::Wrong => None,
        }
    }
}

/// The fields of one event over the environment.
pub(super) struct Fields<'a> {
    object: Object<'a>,
    environment: &'a Environment,
    pub mistakes: Mistakes,
}

impl<'a> Fields<'a> {
    /// Notes fields that are unknown or given twice.
    pub fn new(object: Object<'a>, environment: &'a Environment) -> Self {
        let mut mistakes = Mistakes::default();
        let mut seen = [false; FIELDS.len()];
        for (name, _) in &object.0 {
            match FIELDS.iter().position(|field| field.name == name) {
                None => mistakes.add_with(|| unknown(name)),
                Some(index) if seen[index] => mistakes.add_with(|| format!("`{name}` is given twice.")),
                Some(index) => seen[index] = true,
            }
        }
        Self { object, environment, mistakes }
    }

    /// The event's own value, unless it is null.
    pub fn in_event(&self, field: Field) -> Option<&'a RawValue> {
        self.object.get(field.name).filter(|value| Kind::of(value) != Kind::Null)
    }

    /// The variable's value, unless it is empty.
    pub fn in_environment(&self, field: Field) -> Option<&'a str> {
        self.environment.get(field.variable?)
    }

    /// Notes what is wrong with a value; `what` goes on after the field's name, without a full stop.
    pub fn wrong(&mut self, source: Source, what: &str) {
        let stop = if what.ends_with('?') { "" } else { "." };
        self.mistakes.add(format!("{source} {what}{stop}"));
    }

    /// Reads a text that `check` approves of; its error goes on after the field's name.
    pub fn text<T>(&mut self, field: Field, check: impl FnOnce(&str) -> Result<T, String>) -> Read<T> {
        let (source, text) = match (self.in_event(field), field.variable, self.in_environment(field)) {
            (Some(value), _, _) => {
                let source = Source::Event(field.name);
                match self.string(source, value) {
                    Some(text) => (source, text),
                    None => return Read::Wrong,
                }
            }
            (None, Some(variable), Some(text)) => (Source::Variable(variable), text.to_owned()),
            _ => return Read::Missing,
        };
        self.checked(source, check(&text))
    }

    /// Reads `true` or `false`.
    pub fn boolean(&mut self, field: Field) -> Read<bool> {
        if let Some(value) = self.in_event(field) {
            let source = Source::Event(field.name);
            if Kind::of(value) == Kind::Boolean {
                return Read::Given(value.get() == "true", source);
            }
            self.wrong_type(source, value, "true or false");
            return Read::Wrong;
        }
        match (field.variable, self.in_environment(field)) {
            (Some(variable), Some(text)) => self.checked(Source::Variable(variable), boolean(text)),
            _ => Read::Missing,
        }
    }

    /// Reads a whole number.
    pub fn integer<T: FromStr>(&mut self, field: Field) -> Read<T> {
        let wanted =
            |text: &str| text.parse().map_err(|_| format!("is {}, but must be a whole number", shown(text)));
        if let Some(value) = self.in_event(field) {
            let source = Source::Event(field.name);
            if Kind::of(value) == Kind::Number {
                return self.checked(source, wanted(value.get()));
            }
            self.wrong_type(source, value, "a whole number");
            return Read::Wrong;
        }
        match (field.variable, self.in_environment(field)) {
            (Some(variable), Some(text)) => self.checked(Source::Variable(variable), wanted(text)),
            _ => Read::Missing,
        }
    }

    /// The event's value if it is of this kind.
    pub fn of_kind(&mut self, field: Field, kind: Kind) -> Read<&'a RawValue> {
        let source = Source::Event(field.name);
        match self.in_event(field) {
            None => Read::Missing,
            Some(value) if Kind::of(value) == kind => Read::Given(value, source),
            Some(value) => {
                self.wrong_type(source, value, kind.words());
                Read::Wrong
            }
        }
    }

    fn string(&mut self, source: Source, value: &RawValue) -> Option<String> {
        if Kind::of(value) != Kind::String {
            self.wrong_type(source, value, "a string");
            return None;
        }
        let text = serde_json::from_str(value.get()).ok();
        if text.is_none() {
            self.wrong(source, "has a \\u escape that is half a character");
        }
        text
    }

    fn wrong_type(&mut self, source: Source, value: &RawValue, wanted: &str) {
        self.wrong(source, &format!("must be {wanted}, not {}", Kind::of(value).words()));
    }

    fn checked<T>(&mut self, source: Source, checked: Result<T, String>) -> Read<T> {
        match checked {
            Ok(value) => Read::Given(value, source),
            Err(what) => {
                self.wrong(source, &what);
                Read::Wrong
            }
        }
    }
}

/// A variable's text as a switch.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("is {}, but must be true or false", shown(text)))
}

fn unknown(name: &str) -> String {
    let same =
        |variable: &&str| variable.replace('_', "").eq_ignore_ascii_case(&name.replace(['_', '-'], ""));
    if let Some(variable) = OPERATORS_ALONE.iter().copied().find(|variable| same(variable)) {
        return format!("{} is no field of an event: only the operator sets `{variable}`.", shown(name));
    }
    let by_variable =
        FIELDS.iter().find(|field| field.variable.as_ref().is_some_and(same)).map(|field| field.name);
    let meant = by_variable.or_else(|| nearest(name, FIELDS.iter().map(|field| field.name)));
    match meant {
        Some(meant) => format!("{} is no field of an event; did you mean `{meant}`?", shown(name)),
        None => format!("{} is no field of an event.", shown(name)),
    }
}
