//! Descriptions of values that do not have the form of their field.

use super::shape::Shape;

/// Describes a value that does not have the form of its field, as it follows the field's name: what it looks
/// like, if that is known, and what it must be.
pub(crate) fn refusal(text: &str, must_be: &str) -> String {
    match Shape::of(text) {
        Some(shape) => format!("holds {shape}, but must be {must_be}"),
        None => format!("must be {must_be}"),
    }
}

/// Refuses a text that is or contains credentials, for fields that otherwise accept any text.
pub(crate) fn no_credentials(text: &str, must_be: &str) -> Result<(), String> {
    match Shape::of(text) {
        Some(shape) if shape.is_foreign() => Err(format!("holds {shape}, but must be {must_be}")),
        _ => Ok(()),
    }
}
