//! JSON objects read one level deep, each value kept as it was written: numbers lose no digit, and a field's
//! type is looked at only where the field is known.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

/// The fields of an object in their order, one given twice included.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object<'a>(pub Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads the text of an object; `null` counts as an empty one. The error goes on after the name of the text,
    /// without a full stop and without any of the text.
    pub fn read(json: &'a str) -> Result<Self, String> {
        let value: &RawValue = serde_json::from_str(json).map_err(|error| not_json(&error))?;
        match Kind::of(value) {
            Kind::Null => Ok(Self::default()),
            Kind::Object => Self::of(value),
            other => Err(format!("must be a JSON object, not {}", other.words())),
        }
    }

    /// The fields of a value that is an object.
    pub fn of(value: &'a RawValue) -> Result<Self, String> {
        serde_json::from_str(value.get()).map_err(|error| not_json(&error))
    }

    /// The last value of a field.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(field, _)| field == name).map(|&(_, value)| value)
    }

    /// The last value of a field if it is a string.
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

/// What a JSON value is.
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

/// Says where the text stops being JSON, without any of the text.
fn not_json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => format!("is not JSON: it breaks off at line {line}, column {column}"),
        _ => format!("is not JSON: see line {line}, column {column}"),
    }
}
