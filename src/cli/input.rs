//! Reads files that a person gives, and describes mistakes in what a person gives.

use std::io::Read;

use crate::error::{Error, ErrorType, Result, Stage};
use crate::form::Shape;

/// Reads the file at `path`, or standard input if it is `-`. `name` is the flag or variable that holds the
/// path, for errors, which do not repeat the path: a password may have been given in its place.
pub(super) fn read_file(name: &str, path: &str) -> Result<String> {
    let read = match path {
        "-" => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        path => std::fs::read(path),
    };
    let file = if path == "-" { "Standard input".to_owned() } else { format!("The file that {name} names") };
    let bytes = read.map_err(|error| {
        wrong(match Shape::of(path) {
            Some(shape) if shape.is_foreign() => {
                format!("{name} holds {shape}, but must be the path of a file.")
            }
            _ => format!("{file} could not be read: {error}."),
        })
    })?;
    text(bytes).map_err(|what| wrong(format!("{file} {what}.")))
}

/// Returns the text of a file without its byte-order mark, which editors on Windows write.
pub(super) fn text(bytes: Vec<u8>) -> std::result::Result<String, &'static str> {
    const BOM: char = '\u{feff}';
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is in UTF-16: save it as UTF-8");
    }
    let mut text = String::from_utf8(bytes).map_err(|_| "is not in UTF-8: save it as UTF-8")?;
    if text.starts_with(BOM) {
        text.drain(..BOM.len_utf8());
    }
    Ok(text)
}

/// Returns the error of an event or flag that is wrong. The message is a sentence.
pub(super) fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Event, message)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(text("\u{feff}SELECT 1\u{feff}".into()).unwrap(), "SELECT 1\u{feff}");
        assert_eq!(text(vec![0xff, 0xfe, b'S', 0]).unwrap_err(), "is in UTF-16: save it as UTF-8");
        assert_eq!(text(vec![b'S', 0xe9]).unwrap_err(), "is not in UTF-8: save it as UTF-8");
    }
}
