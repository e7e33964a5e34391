//! What the formats of a file have in common.

use crate::{CellError, WireFormat};

/// A format of a file for the columns of one statement.
///
/// A file is its head, then rows in any order, then its tail. Several readers may encode rows of the same file, each
/// with an [`Encoder`] of its own.
pub trait FileEncoding {
    /// What encodes the rows.
    type Encoder: Encoder;

    /// The format to ask the server for, for each column of the result.
    fn formats(&self) -> &[WireFormat];

    /// The columns of the result, from 0, of which the server gives the whole text only through a cast. Where the
    /// statement can stand in a FROM clause, run `SELECT c1, c2::text … FROM (statement) AS q(c1, c2 …)` in its place.
    fn casts(&self) -> &[usize] {
        &[]
    }

    /// What the file loses without the reader seeing it, for the response.
    fn warnings(&self) -> &[String] {
        &[]
    }

    /// An encoder for one reader.
    fn encoder(&self) -> Self::Encoder;

    /// Appends what comes before all rows.
    fn head(&self, out: &mut Vec<u8>);

    /// Appends what comes after all rows. `units` are those of all encoders, in the order of the file.
    fn tail(&self, units: &[Placed<<Self::Encoder as Encoder>::Unit>], out: &mut Vec<u8>);
}

/// Encodes the rows of one reader.
pub trait Encoder: Send + 'static {
    /// What the tail of the file must know of a finished unit, such as a row group; `()` where there is no such thing.
    type Unit: Send + 'static;

    /// Bytes that a row of `length` bytes mostly takes at most. The buffer grows for one that takes more.
    fn room(&self, length: usize) -> usize;

    /// Takes the body of a `DataRow` message: a count of columns in two bytes, then for each its length in four bytes
    /// (-1 for NULL) and its bytes. Appends what it becomes, or keeps it until the unit ends.
    ///
    /// # Errors
    ///
    /// When the row is not what the server announced; `out` then ends where it ended before.
    fn row(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), CellError>;

    /// Whether the unit has to end here.
    #[inline]
    fn unit_is_full(&self) -> bool {
        false
    }

    /// Ends the unit and appends what it kept. The next row begins another one.
    fn end_unit(&mut self, out: &mut Vec<u8>) -> Self::Unit;
}

/// A unit where it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed<U> {
    /// Bytes before those that [`Encoder::end_unit`] appended.
    pub offset: u64,
    /// The unit.
    pub unit: U,
}
