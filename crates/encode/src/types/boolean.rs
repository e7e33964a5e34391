//! Printer of bool, from the server's `t` and `f`: the text format costs the server less than the binary
//! format.

use super::{Malformed, Memo};

/// Prints `true` or `false`, as Java does.
pub fn java(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    match cell {
        b"t" => out.extend_from_slice(b"true"),
        b"f" => out.extend_from_slice(b"false"),
        _ => return Err("a boolean is neither t nor f"),
    }
    Ok(())
}
