//! bool: `true`, `false` in Java; the server's `t`, `f` cost it less in text than in binary format.

use super::{Malformed, Memo};

/// Java's words.
pub fn java(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    match cell {
        b"t" => out.extend_from_slice(b"true"),
        b"f" => out.extend_from_slice(b"false"),
        _ => return Err("a boolean is neither t nor f"),
    }
    Ok(())
}
