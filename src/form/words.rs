//! The words of others, who repeat what they were given.

use super::shape::Shape;
use super::shown::{NOT_SHOWN, shown};

/// The words of a library or of the system without the values that they repeat: what stands between backquotes, and what looks
/// like credentials, up to the next blank.
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
