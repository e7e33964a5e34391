//! Printers of int8 and oid, which are the same in both dialects. The others cost the server less as text.

use super::{Malformed, Memo, digits, fixed};

/// Prints an int8 of eight bytes.
pub fn int8(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    digits::push_i64(out, i64::from_be_bytes(fixed(cell)?));
    Ok(())
}

/// Prints an oid of four bytes, which is unsigned.
pub fn oid(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    digits::push_u64(out, u32::from_be_bytes(fixed(cell)?).into());
    Ok(())
}
