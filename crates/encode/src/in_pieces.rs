//! Rows in pieces, for the tests of the formats.

use proptest::prelude::*;

use crate::{Cursor, Encoder, PIECE};

/// Encodes a row in pieces, each in a buffer with this much room and a beginning that must stay.
pub fn pieces(encoder: &mut impl Encoder, body: &[u8], room: usize) -> Vec<Vec<u8>> {
    let (mut cursor, mut pieces) = (Cursor::default(), Vec::new());
    loop {
        let mut out = Vec::with_capacity(room + 3);
        out.extend_from_slice(b"abc");
        let ends = encoder.piece(body, &mut cursor, &mut out).unwrap();
        pieces.push(out.strip_prefix(b"abc").unwrap().to_vec());
        if ends {
            return pieces;
        }
    }
}

/// Generates text, some of it longer than a piece, with what a format may treat specially at any place or nowhere.
pub fn text() -> impl Strategy<Value = Option<Vec<u8>>> {
    let special =
        prop::sample::select(vec!["", "", "\"", "\\", ",", "\n", "\r", "\u{1}", "\\.", "=", "é", "😀"]);
    let length = prop_oneof![0..40_usize, PIECE / 2 - 70..PIECE / 2, 0..5 * PIECE];
    let some = (length, special, any::<prop::sample::Index>()).prop_map(|(length, special, place)| {
        let mut text = vec![b'x'; length];
        let place = place.index(length + 1);
        text.splice(place..place, special.bytes());
        text
    });
    let quotes_and_controls = prop::sample::select(vec![b'"', 1]).prop_map(|byte| vec![byte; 2 * PIECE]);
    prop::option::weighted(0.8, prop_oneof![9 => some, 1 => quotes_and_controls])
}
