//! bool: `true`, `false` in Java, `t`, `f` on the server.

use super::{Malformed, Memo, fixed};

/// Java's words.
pub fn java(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    out.extend_from_slice(if is_true(cell)? { b"true" } else { b"false" });
    Ok(())
}

/// The server's letters.
pub fn postgres(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    out.push(if is_true(cell)? { b't' } else { b'f' });
    Ok(())
}

fn is_true(cell: &[u8]) -> Result<bool, Malformed> {
    let [byte] = fixed(cell)?;
    Ok(byte != 0)
}
