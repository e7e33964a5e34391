//! Messages of libraries, which may repeat values.

use super::shape::Shape;
use super::shown::{NOT_SHOWN, shown};

/// Removes values from a message of a library or of the operating system: text between backquotes, and words
/// that look like credentials.
pub(crate) fn without_values(words: &str) -> String {
    let pieces = words.split('`').enumerate().map(|(at, piece)| match at % 2 {
        0 => blank_by_blank(piece),
        _ if shown(piece) == piece => piece.to_owned(),
        _ => NOT_SHOWN.to_owned(),
    });
    pieces.collect::<Vec<_>>().join("`")
}

fn blank_by_blank(words: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(|c: char| ",.;()'\"".contains(c));
        let is_address = bare.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let is_value = match Shape::of(bare).or_else(|| Shape::of(word)) {
            Some(Shape::Pair) => !is_address,
            Some(
                Shape::Login | Shape::Token | Shape::ConnectionString | Shape::Json | Shape::Url | Shape::Pem,
            ) => true,
            _ => false,
        };
        if is_value { NOT_SHOWN.to_owned() } else { word.to_owned() }
    };
    words.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
