//! Splits the body of a `DataRow` message into cells.

use crate::types::Malformed;
use crate::{CellError, CellErrorKind};

/// The index of a column and what is wrong with its cell.
pub type Fault = (usize, Malformed);

/// The index in a [`Fault`] of the row itself.
pub const ROW: usize = usize::MAX;

/// How many bytes a cell that is not text needs at most, in most cases, with what stands around it.
pub const CELL_ROOM: usize = 64;

/// Returns the bytes after the count of cells, which must be `expected`.
#[inline]
pub fn cells(body: &[u8], expected: usize) -> Result<&[u8], Fault> {
    let (count, rest) = body.split_first_chunk().ok_or((ROW, "it has no count of cells"))?;
    if usize::from(u16::from_be_bytes(*count)) != expected {
        return Err((ROW, "its number of cells is not the result's number of columns"));
    }
    Ok(rest)
}

/// Removes the next cell from `rest` and returns it, or `None` for NULL.
#[inline]
pub fn next_cell<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Malformed> {
    const CUT: Malformed = "the row ends within the value";
    let (length, behind) = rest.split_first_chunk().ok_or(CUT)?;
    let length = i32::from_be_bytes(*length);
    if length < 0 {
        *rest = behind;
        return Ok(None);
    }
    let (cell, behind) = behind.split_at_checked(length as usize).ok_or(CUT)?;
    *rest = behind;
    Ok(Some(cell))
}

/// Fails if there are bytes after the last cell.
#[inline]
pub fn end(rest: &[u8]) -> Result<(), Fault> {
    if rest.is_empty() { Ok(()) } else { Err((ROW, "it is longer than its cells")) }
}

/// Returns all cells of a row, which must be `expected`.
pub fn all_cells(body: &[u8], expected: usize) -> Result<Vec<Option<&[u8]>>, Fault> {
    let mut rest = cells(body, expected)?;
    let mut found = Vec::with_capacity(expected);
    for i in 0..expected {
        found.push(next_cell(&mut rest).map_err(|reason| (i, reason))?);
    }
    end(rest)?;
    Ok(found)
}

/// Returns the error of a row. `label` returns the label of a column.
#[cold]
pub fn error<'a>((column, reason): Fault, label: impl FnOnce(usize) -> Option<&'a Vec<u8>>) -> CellError {
    let label = label(column).map(|label| String::from_utf8_lossy(label).into_owned());
    CellError {
        column: column.wrapping_add(1),
        label: label.unwrap_or_default(),
        kind: CellErrorKind::Malformed,
        reason,
    }
}
