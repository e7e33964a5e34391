//! The values bound to `$1`, `$2` … of the query.

use std::fmt;

use serde_json::value::RawValue;

use crate::fields::Kind;

/// The maximum number of parameters of a statement in PostgreSQL.
pub const MAX_PARAMS: usize = 65_535;
/// The maximum number of dimensions of an array in PostgreSQL.
const MAX_DIMENSIONS: usize = 6;

/// One bind parameter as the event gives it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Param {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, with every digit as it was written.
    Number(String),
    /// A string: the server's text form of any type.
    Text(String),
    /// The JSON text of an array.
    Array(String),
    /// The JSON text of an object.
    Object(String),
}

impl fmt::Debug for Param {
    /// Shows the kind only: values stay out of all output.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(_)",
            Self::Number(_) => "Number(_)",
            Self::Text(_) => "Text(_)",
            Self::Array(_) => "Array(_)",
            Self::Object(_) => "Object(_)",
        })
    }
}

impl Param {
    /// Reads a parameter; the error says what is wrong, without a full stop and without the value.
    pub(crate) fn read(value: &RawValue) -> Result<Self, &'static str> {
        let json = value.get();
        Ok(match Kind::of(value) {
            Kind::Null => Self::Null,
            Kind::Boolean => Self::Bool(json == "true"),
            Kind::Number => Self::Number(json.to_owned()),
            Kind::String => Self::Text(text(json)?),
            Kind::Array => Self::Array(json.to_owned()),
            Kind::Object => Self::Object(json.to_owned()),
        })
    }

    /// Returns the parameter in the server's text form; `None` is NULL.
    ///
    /// `is_json` says that the type of the parameter is json or jsonb: an array stays JSON then, and becomes
    /// PostgreSQL's array literal for every other type.
    ///
    /// # Errors
    ///
    /// Why an array cannot become one of PostgreSQL, without the value.
    pub fn server_text(&self, is_json: bool) -> Result<Option<String>, &'static str> {
        Ok(Some(match self {
            Self::Null => return Ok(None),
            Self::Bool(value) => value.to_string(),
            Self::Number(text) | Self::Text(text) | Self::Object(text) => text.clone(),
            Self::Array(json) if is_json => json.clone(),
            Self::Array(json) => {
                let mut literal = String::with_capacity(json.len());
                array_literal(json, 1, &mut literal)?;
                literal
            }
        }))
    }
}

fn text(json: &str) -> Result<String, &'static str> {
    let text: String = serde_json::from_str(json).map_err(|_| "has a \\u escape that is half a character")?;
    if text.contains('\0') { Err("has the character NUL, which PostgreSQL cannot store") } else { Ok(text) }
}

fn array_literal(json: &str, dimension: usize, literal: &mut String) -> Result<(), &'static str> {
    if dimension > MAX_DIMENSIONS {
        return Err("is an array of more than 6 dimensions, which PostgreSQL does not have");
    }
    let elements: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| "is not an array")?;
    literal.push('{');
    for (index, element) in elements.into_iter().enumerate() {
        if index > 0 {
            literal.push(',');
        }
        match Param::read(element)? {
            Param::Null => literal.push_str("NULL"),
            Param::Bool(value) => literal.push_str(if value { "true" } else { "false" }),
            Param::Number(number) => literal.push_str(&number),
            Param::Array(json) => array_literal(&json, dimension + 1, literal)?,
            Param::Text(text) | Param::Object(text) => {
                literal.push('"');
                for character in text.chars() {
                    if matches!(character, '"' | '\\') {
                        literal.push('\\');
                    }
                    literal.push(character);
                }
                literal.push('"');
            }
        }
    }
    literal.push('}');
    Ok(())
}
