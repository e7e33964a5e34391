//! bit(n), from the server's text.

use super::{Malformed, Memo};

/// One bit is a boolean to Java; more are the server's text.
pub fn java(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    out.extend_from_slice(match cell {
        b"1" => b"true",
        b"0" => b"false",
        _ => cell,
    });
    Ok(())
}
