//! int2, int4, int8, oid: the same decimal digits in both dialects.

use super::{Malformed, Memo, digits, fixed};

/// int2 from two bytes.
pub fn int2(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    digits::push_i64(out, i16::from_be_bytes(fixed(cell)?).into());
    Ok(())
}

/// int4 from four bytes.
pub fn int4(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    digits::push_i64(out, i32::from_be_bytes(fixed(cell)?).into());
    Ok(())
}

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
