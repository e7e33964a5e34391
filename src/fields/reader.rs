//! Reads the fields of one object, with environment variables as fallback.

use std::fmt;
use std::mem::take;
use std::str::FromStr;

use serde_json::value::RawValue;

use super::json::{Kind, Object};
use super::mistakes::{Mistakes, nearest};
use crate::environment::Environment;
use crate::form;

/// A field, and the environment variable that is its fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    pub name: &'static str,
    pub variable: Option<&'static str>,
}

impl Field {
    /// Creates a field without a variable.
    pub const fn new(name: &'static str) -> Self {
        Self { name, variable: None }
    }
}

/// The fields that an object may have.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The known fields, in the order of the documentation.
    pub fields: &'static [Field],
    /// Variables that only the operator can set, never a field.
    pub operators_alone: &'static [&'static str],
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The object; the path of the field, such as `csv.delimiter`.
    Field(String),
    Variable(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(path) => write!(f, "`{path}`"),
            Self::Variable(name) => write!(f, "The variable `{name}`"),
        }
    }
}

/// The result of reading a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read<T> {
    /// Neither the object nor the environment has it.
    Missing,
    /// The value is invalid; the mistake has been recorded.
    Wrong,
    /// A valid value, and where it comes from.
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

/// The fields of one object, with the environment as fallback.
pub(crate) struct Fields<'a> {
    /// The path from the outermost object, whose own path is empty.
    path: String,
    object: Object<'a>,
    environment: &'a Environment,
    pub mistakes: Mistakes,
}

impl<'a> Fields<'a> {
    /// Starts reading an object, and records fields that are unknown or given twice.
    pub fn new(object: Object<'a>, schema: &Schema, environment: &'a Environment) -> Self {
        let mut fields = Self { path: String::new(), object, environment, mistakes: Mistakes::default() };
        fields.check_names(schema);
        fields
    }

    fn check_names(&mut self, schema: &Schema) {
        let mut seen = vec![false; schema.fields.len()];
        for (at, (name, _)) in self.object.0.iter().enumerate() {
            match schema.fields.iter().position(|field| field.name == name) {
                None => self.mistakes.add_with(|| unknown(at, name, &self.path, schema)),
                Some(index) if seen[index] => {
                    let path = self.path_of(name);
                    self.mistakes.add_with(|| format!("`{path}` is given twice."));
                }
                Some(index) => seen[index] = true,
            }
        }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Returns the field of this object as the source of a value.
    pub fn source(&self, field: Field) -> Source {
        Source::Field(self.path_of(field.name))
    }

    /// Returns the object's own value, unless it is null.
    pub fn in_object(&self, field: Field) -> Option<&'a RawValue> {
        self.object.get(field.name).filter(|value| Kind::of(value) != Kind::Null)
    }

    /// Returns the variable's value, unless it is empty.
    pub fn in_environment(&self, field: Field) -> Option<&'a str> {
        self.environment.get(field.variable?)
    }

    /// Records a mistake in a field's own value; `what` continues the sentence after the field's name,
    /// without a full stop.
    pub fn wrong(&mut self, field: Field, what: &str) {
        self.wrong_at(&self.source(field), what);
    }

    /// Records a mistake in an element of an array.
    pub fn wrong_element(&mut self, field: Field, index: usize, what: &str) {
        self.wrong_at(&Source::Field(format!("{}[{index}]", self.path_of(field.name))), what);
    }

    /// Records a mistake in a value from any source.
    pub fn wrong_at(&mut self, source: &Source, what: &str) {
        let stop = if what.ends_with('?') { "" } else { "." };
        self.mistakes.add(format!("{source} {what}{stop}"));
    }

    /// Reads a string that `check` accepts; the error of `check` continues the sentence after the field's
    /// name.
    pub fn text<T>(&mut self, field: Field, check: impl FnOnce(&str) -> Result<T, String>) -> Read<T> {
        let (source, text) = match (self.in_object(field), field.variable, self.in_environment(field)) {
            (Some(value), _, _) => match self.string(field, value) {
                Some(text) => (self.source(field), text),
                None => return Read::Wrong,
            },
            (None, Some(variable), Some(text)) => (Source::Variable(variable), text.to_owned()),
            _ => return Read::Missing,
        };
        self.checked(source, check(&text))
    }

    /// Reads a string, or a number as it is written, that `check` accepts.
    pub fn text_or_number<T>(
        &mut self,
        field: Field,
        check: impl FnOnce(&str) -> Result<T, String>,
    ) -> Read<T> {
        match self.in_object(field) {
            Some(value) if Kind::of(value) == Kind::Number => {
                self.checked(self.source(field), check(value.get()))
            }
            _ => self.text(field, check),
        }
    }

    /// Reads a variable that has no field.
    pub fn variable<T>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match self.environment.get(name).map(check)? {
            Ok(value) => Some(value),
            Err(what) => {
                self.wrong_at(&Source::Variable(name), &what);
                None
            }
        }
    }

    /// Returns whether a variable that has no field is set.
    pub fn has_variable(&self, name: &str) -> bool {
        self.environment.get(name).is_some()
    }

    /// Reads one of a closed list of words.
    pub fn one_of<T: Copy>(&mut self, field: Field, words: &[(&str, T)]) -> Read<T> {
        self.text(field, |text| one_of(words, text))
    }

    /// Reads `true` or `false`.
    pub fn boolean(&mut self, field: Field) -> Read<bool> {
        if let Some(value) = self.in_object(field) {
            if Kind::of(value) == Kind::Boolean {
                return Read::Given(value.get() == "true", self.source(field));
            }
            self.wrong_type(field, value, "true or false");
            return Read::Wrong;
        }
        match (field.variable, self.in_environment(field)) {
            (Some(variable), Some(text)) => self.checked(Source::Variable(variable), boolean(text)),
            _ => Read::Missing,
        }
    }

    /// Reads a whole number.
    pub fn integer<T: FromStr>(&mut self, field: Field) -> Read<T> {
        self.parsed(field, "a whole number")
    }

    /// Reads a number with or without a fraction.
    pub fn number(&mut self, field: Field) -> Read<f64> {
        self.parsed(field, "a number")
    }

    fn parsed<T: FromStr>(&mut self, field: Field, kind: &str) -> Read<T> {
        let wanted = |text: &str| text.parse().map_err(|_| form::refusal(text, kind));
        if let Some(value) = self.in_object(field) {
            if Kind::of(value) == Kind::Number {
                return self.checked(self.source(field), wanted(value.get()));
            }
            self.wrong_type(field, value, kind);
            return Read::Wrong;
        }
        match (field.variable, self.in_environment(field)) {
            (Some(variable), Some(text)) => self.checked(Source::Variable(variable), wanted(text)),
            _ => Read::Missing,
        }
    }

    /// Reads the elements of an array.
    pub fn array(&mut self, field: Field) -> Option<Vec<&'a RawValue>> {
        let value = self.of_kind(field, Kind::Array)?;
        serde_json::from_str(value.get()).ok()
    }

    /// Reads an object within this one.
    pub fn object<T>(
        &mut self,
        field: Field,
        schema: &Schema,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let value = self.in_object(field)?;
        self.object_at(self.path_of(field.name), value, schema, read)
    }

    /// Reads the object that is the element of an array.
    pub fn element<T>(
        &mut self,
        field: Field,
        index: usize,
        value: &'a RawValue,
        schema: &Schema,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.object_at(format!("{}[{index}]", self.path_of(field.name)), value, schema, read)
    }

    fn object_at<T>(
        &mut self,
        path: String,
        value: &'a RawValue,
        schema: &Schema,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let object = match Kind::of(value) {
            Kind::Object => Object::of(value),
            other => Err(format!("must be an object, not {}", other.words())),
        };
        let object = object.map_err(|what| self.wrong_at(&Source::Field(path.clone()), &what)).ok()?;
        let mistakes = take(&mut self.mistakes);
        let mut inner = Self { path, object, environment: self.environment, mistakes };
        inner.check_names(schema);
        let read = read(&mut inner);
        self.mistakes = inner.mistakes;
        Some(read)
    }

    fn of_kind(&mut self, field: Field, kind: Kind) -> Option<&'a RawValue> {
        let value = self.in_object(field)?;
        if Kind::of(value) == kind {
            return Some(value);
        }
        self.wrong_type(field, value, kind.words());
        None
    }

    fn string(&mut self, field: Field, value: &RawValue) -> Option<String> {
        if Kind::of(value) != Kind::String {
            self.wrong_type(field, value, "a string");
            return None;
        }
        let text = serde_json::from_str(value.get()).ok();
        if text.is_none() {
            self.wrong(field, "has a \\u escape that is half a character");
        }
        text
    }

    fn wrong_type(&mut self, field: Field, value: &RawValue, wanted: &str) {
        self.wrong(field, &format!("must be {wanted}, not {}", Kind::of(value).words()));
    }

    fn checked<T>(&mut self, source: Source, checked: Result<T, String>) -> Read<T> {
        match checked {
            Ok(value) => Read::Given(value, source),
            Err(what) => {
                self.wrong_at(&source, &what);
                Read::Wrong
            }
        }
    }
}

/// Parses a variable as a boolean.
pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| form::refusal(text, "true or false"))
}

/// Returns the value of a text in a closed list of words.
pub(crate) fn one_of<T: Copy>(words: &[(&str, T)], text: &str) -> Result<T, String> {
    if let Some(&(_, value)) = words.iter().find(|&&(word, _)| word == text) {
        return Ok(value);
    }
    let list: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
    let meant = nearest(text, list.iter().copied());
    let meant = meant.map_or_else(String::new, |word| format!("; did you mean {word}?"));
    Err(form::refusal(text, &format!("one of {}{meant}", list.join(", "))))
}

/// Describes an unknown field. A name that is similar to no known one may be a misplaced value, so it is
/// shown only if it is made of words.
fn unknown(at: usize, name: &str, path: &str, schema: &Schema) -> String {
    let same =
        |variable: &&str| variable.replace('_', "").eq_ignore_ascii_case(&name.replace(['_', '-'], ""));
    let object = if path.is_empty() { "an event".to_owned() } else { format!("`{path}`") };
    // A name near a known one may hold characters that would change how the message is displayed.
    let shown = name.replace(char::is_control, "\u{fffd}");
    let stranger = format!("\"{shown}\" is not a field of {object}");
    if let Some(variable) = schema.operators_alone.iter().copied().find(same) {
        return format!("{stranger}: only the operator sets `{variable}`.");
    }
    let by_variable = schema.fields.iter().find(|field| field.variable.as_ref().is_some_and(same));
    let known = schema.fields.iter().map(|field| field.name);
    match by_variable.map(|field| field.name).or_else(|| nearest(name, known)) {
        Some(meant) => format!("{stranger}; did you mean `{meant}`?"),
        None if form::is_word(name) => format!("{stranger}."),
        None => format!("Name {} {} is not a field of {object}.", at + 1, form::NOT_SHOWN),
    }
}
