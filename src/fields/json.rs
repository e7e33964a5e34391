//! JSON objects, parsed one level deep. Each value is kept as it is written: numbers lose no digits, and a
//! field's type is checked only if the field is known.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

/// The fields of an object in order, including duplicates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object<'a>(pub Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Parses an object; `null` counts as an empty one. The error continues a sentence that begins with the
    /// name of the text, without a full stop, and quotes nothing of the text.
    pub fn read(json: &'a str) -> Result<Self, String> {
        let value: &RawValue =
            serde_json::from_str(json.trim_start_matches('\u{feff}')).map_err(|error| not_json(&error))?;
        match Kind::of(value) {
            Kind::Null => Ok(Self::default()),
            Kind::Object => Self::of(value),
            other => Err(format!("must be a JSON object, not {}", other.words())),
        }
    }

    /// Returns the fields of a value, which must be an object.
    pub fn of(value: &'a RawValue) -> Result<Self, String> {
        serde_json::from_str(value.get()).map_err(|error| not_json(&error))
    }

    /// Returns the last value of a field.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(field, _)| field == name).map(|&(_, value)| value)
    }

    /// Returns the last value of a field if it is a string.
    pub fn string(&self, name: &str) -> Option<String> {
        self.get(name).and_then(|value| serde_json::from_str(value.get()).ok())
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub fn of(value: &RawValue) -> Self {
        match value.get().as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// Describes where the text stops being JSON, without quoting it.
fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => format!("is not JSON: it breaks off at line {line}, column {column}"),
        _ => format!("is not JSON: see line {line}, column {column}"),
    }
}
