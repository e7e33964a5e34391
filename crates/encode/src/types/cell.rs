//! The signature of the printers, and what they share.

use super::calendar::LastDate;
use super::changed::Changed;
use super::six_decimals::SixDecimals;

/// The reason why a cell cannot be printed. It never contains the value.
pub type Malformed = &'static str;

/// The reason if a cell does not have the length of its type.
pub const WRONG_LENGTH: Malformed = "the value does not have the length of its type's binary format";

/// Appends the text of a cell to `out`. Each column has a `memo` of its own.
pub type Print = fn(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed>;

/// Values that a column remembers between rows, because values in succession are often alike.
#[derive(Debug, Clone)]
pub struct Memo {
    pub(super) date: LastDate,
    pub(super) decimals: SixDecimals,
    /// What Java's rules have changed.
    pub changed: Changed,
}

impl Memo {
    /// Creates an empty memory.
    pub fn new() -> Self {
        Self { date: LastDate::new(), decimals: SixDecimals::default(), changed: Changed::default() }
    }
}

/// Returns the cell as an array of exactly `N` bytes, or [`WRONG_LENGTH`].
#[inline]
pub fn fixed<const N: usize>(cell: &[u8]) -> Result<[u8; N], Malformed> {
    cell.try_into().map_err(|_| WRONG_LENGTH)
}
