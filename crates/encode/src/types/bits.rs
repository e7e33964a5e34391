//! Printer of bit(n), from the server's text.

use super::{Malformed, Memo};

/// Prints a single bit as a boolean, as Java does, and several bits as the server's text.
pub fn java(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    out.extend_from_slice(match cell {
        b"1" => b"true",
        b"0" => b"false",
        _ => cell,
    });
    Ok(())
}
