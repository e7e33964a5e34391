//! What a person gives: files, and mistakes in them.

use crate::error::{Error, ErrorType, Result, Stage};
use crate::form::Shape;

/// Reads the file at `path`, or standard input if it is `-`. `name` is the flag or variable that holds the
/// path, for errors, which do not repeat the path: a password may have been given in its place.
pub(super) fn read_file(name: &str, path: &str) -> Result<String> {
    let read = match path {
        "-" => std::io::read_to_string(std::io::stdin()),
        path => std::fs::read_to_string(path),
    };
    read.map_err(|error| {
        wrong(match (path, Shape::of(path)) {
            ("-", _) => format!("Standard input could not be read: {error}."),
            (_, Some(shape)) if shape.is_foreign() => {
                format!("{name} holds {shape}, but must be the path of a file.")
            }
            _ => format!("The file that {name} names could not be read: {error}."),
        })
    })
}

/// Returns the error of an event or flag that is wrong. The message is a sentence.
pub(super) fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Event, message)
}
