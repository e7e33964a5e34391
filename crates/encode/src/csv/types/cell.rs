//! What the functions of all types take and say.

use super::calendar::LastDate;
use super::six_decimals::SixDecimals;

/// Why a cell cannot be printed, without its value.
pub type Malformed = &'static str;

/// What [`fixed`] says of a cell of another length than its type has.
pub const WRONG_LENGTH: Malformed = "the value has not the length that its type has in binary format";

/// Prints a cell: appends its text to `out`. `memo` is the column's own.
pub type Print = fn(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed>;

/// What a column remembers between rows, as neighbours are often alike.
#[derive(Debug, Clone)]
pub struct Memo {
    pub(super) date: LastDate,
    pub(super) decimals: SixDecimals,
}

impl Memo {
    /// Nothing remembered yet.
    pub fn new() -> Self {
        Self { date: LastDate::new(), decimals: SixDecimals::default() }
    }
}

/// A cell of exactly `N` bytes.
#[inline]
pub fn fixed<const N: usize>(cell: &[u8]) -> Result<[u8; N], Malformed> {
    cell.try_into().map_err(|_| WRONG_LENGTH)
}
