//! What is said of a value that does not have the form of its field.

use super::shape::Shape;

/// What is wrong with a value that does not have the form of its field, as it goes on after the field's name: what it looks
/// like, if that is known, and what it must be.
pub(crate) fn refusal(text: &str, must_be: &str) -> String {
    match Shape::of(text) {
        Some(shape) => format!("holds {shape}, but must be {must_be}"),
        None => format!("must be {must_be}"),
    }
}

/// Refuses where any text is legal what nobody means by it, since it is a credential or brings one.
pub(crate) fn no_credentials(text: &str, must_be: &str) -> Result<(), String> {
    match Shape::of(text) {
        Some(shape) if shape.is_foreign() => Err(format!("holds {shape}, but must be {must_be}")),
        _ => Ok(()),
    }
}
