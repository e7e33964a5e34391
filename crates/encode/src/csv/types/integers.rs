//! int8 and oid: the same decimal digits in both dialects. int2 and int4 cost the server less as text.

use super::{Malformed, Memo, digits, fixed};

/// int8 from eight bytes.
pub fn int8(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    digits::push_i64(out, i64::from_be_bytes(fixed(cell)?));
    Ok(())
}

/// oid from four bytes, unsigned.
pub fn oid(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    digits::push_u64(out, u32::from_be_bytes(fixed(cell)?).into());
    Ok(())
}
