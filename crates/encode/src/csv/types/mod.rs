//! One file a family of types: functions from a cell as the server sends it to the text of a field, unquoted.

#![allow(clippy::unnecessary_wraps, reason = "every type prints through the same signature")]

pub mod bits;
pub mod boolean;
pub mod datetime;
mod digits;
pub mod float;
pub mod geometric;
pub mod integers;
pub mod interval;
mod java_float;
pub mod money;
pub mod network;
pub mod numeric;
pub mod time;
pub mod uuid;

pub use digits::{append, append_slice};

/// Why a cell cannot be printed, without its value.
pub type Malformed = &'static str;

/// What [`fixed`] says of a cell of another length than its type has.
const WRONG_LENGTH: Malformed = "the value has not the length that its type has in binary format";

/// Prints a cell: appends its text to `out`. `memo` is the column's own.
pub type Print = fn(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed>;

/// What a column remembers between rows, as neighbours are often alike.
#[derive(Debug, Clone)]
pub struct Memo {
    date: datetime::LastDate,
    decimals: float::Decimals,
}

impl Memo {
    /// Nothing remembered yet.
    pub fn new() -> Self {
        Self { date: datetime::LastDate::new(), decimals: float::Decimals::default() }
    }
}

/// A cell of exactly `N` bytes.
#[inline]
fn fixed<const N: usize>(cell: &[u8]) -> Result<[u8; N], Malformed> {
    cell.try_into().map_err(|_| WRONG_LENGTH)
}
