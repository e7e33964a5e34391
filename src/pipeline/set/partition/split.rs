//! Takes the columns of the partition out of a row.

use std::ops::Range;

use extractor_encode::{CellError, CellErrorKind};

/// Splits the bodies of `DataRow` messages, and keeps its memory from row to row.
pub(super) struct Splitter {
    /// For each column of the statement, its place among the columns of the partition; `None` if the files have it.
    places: Vec<Option<usize>>,
    /// The number of columns of the partition.
    partition: usize,
    /// The cells of the partition with their lengths, in the order of the folders.
    cells: Vec<Range<usize>>,
    /// The cells between them.
    rest: Vec<Range<usize>>,
}

/// The bytes of a length, and of the count of cells.
const LENGTH: usize = 4;
const COUNT: usize = 2;

impl Splitter {
    /// Creates a splitter. `by` has the indexes of the partition's columns in the statement, in the order of the folders.
    pub(super) fn new(columns: usize, by: impl Iterator<Item = usize>) -> Self {
        let (mut places, mut partition) = (vec![None; columns], 0);
        for (place, index) in by.enumerate() {
            places[index] = Some(place);
            partition += 1;
        }
        Self { places, partition, cells: Vec::new(), rest: Vec::new() }
    }

    /// Splits a row.
    ///
    /// # Errors
    /// If it does not have the form that the server announced.
    pub(super) fn split(&mut self, row: &[u8]) -> Result<(), CellError> {
        self.cells.clear();
        self.cells.resize(self.partition, 0..0);
        self.rest.clear();
        let count = row.first_chunk().map(|count| usize::from(u16::from_be_bytes(*count)));
        if count != Some(self.places.len()) {
            return Err(malformed("its number of cells is not the result's number of columns"));
        }
        let (mut at, mut kept_from) = (COUNT, COUNT);
        for place in &self.places {
            let end = end_of_cell(row, at).ok_or_else(|| malformed("the row ends within the value"))?;
            if let Some(place) = place {
                self.cells[*place] = at..end;
                if kept_from < at {
                    self.rest.push(kept_from..at);
                }
                kept_from = end;
            }
            at = end;
        }
        if at != row.len() {
            return Err(malformed("it is longer than its cells"));
        }
        if kept_from < at {
            self.rest.push(kept_from..at);
        }
        Ok(())
    }

    /// Replaces `key` by the cells of the partition of the row that was split last.
    pub(super) fn key(&self, row: &[u8], key: &mut Vec<u8>) {
        key.clear();
        for cell in &self.cells {
            key.extend_from_slice(&row[cell.clone()]);
        }
    }

    /// Returns how long the rest of the row that was split last is.
    pub(super) fn rest_len(&self) -> usize {
        COUNT + self.rest.iter().map(ExactSizeIterator::len).sum::<usize>()
    }

    /// Appends the row that was split last, without the columns of the partition.
    pub(super) fn push_rest(&self, row: &[u8], out: &mut Vec<u8>) {
        let count = self.places.len() - self.partition;
        out.extend_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
        for cells in &self.rest {
            out.extend_from_slice(&row[cells.clone()]);
        }
    }
}

/// Returns where the cell that begins at `at` ends.
fn end_of_cell(row: &[u8], at: usize) -> Option<usize> {
    let length = i32::from_be_bytes(*row.get(at..)?.first_chunk()?);
    // NULL has the length -1.
    let end = at + LENGTH + usize::try_from(length).unwrap_or_default();
    (end <= row.len()).then_some(end)
}

/// Returns the cells of a key; `None` is NULL.
pub(super) fn cells(key: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let end = end_of_cell(key, at)?;
        let (length, cell) = key[at..end].split_at(LENGTH);
        at = end;
        Some((length != (-1_i32).to_be_bytes()).then_some(cell))
    })
}

fn malformed(reason: &'static str) -> CellError {
    CellError { column: 0, label: String::new(), kind: CellErrorKind::Malformed, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of a row with these cells.
    fn row(cells: &[Option<&str>]) -> Vec<u8> {
        let mut row = (cells.len() as u16).to_be_bytes().to_vec();
        for cell in cells {
            row.extend_from_slice(&cell.map_or(-1, |cell| cell.len() as i32).to_be_bytes());
            row.extend_from_slice(cell.unwrap_or_default().as_bytes());
        }
        row
    }

    /// Splits a row by these columns, and returns the cells of the partition and the rest.
    fn split(cells_of_row: &[Option<&str>], by: &[usize]) -> (Vec<Option<String>>, Vec<u8>) {
        let mut splitter = Splitter::new(cells_of_row.len(), by.iter().copied());
        let row = row(cells_of_row);
        // What an earlier row has left does not matter.
        for _ in 0..2 {
            splitter.split(&row).unwrap();
        }
        let (mut key, mut rest) = (Vec::new(), Vec::new());
        splitter.key(&row, &mut key);
        splitter.push_rest(&row, &mut rest);
        assert_eq!(rest.len(), splitter.rest_len());
        let text = |cell: Option<&[u8]>| cell.map(|cell| String::from_utf8(cell.to_vec()).unwrap());
        (cells(&key).map(text).collect(), rest)
    }

    #[test]
    fn the_rest_is_a_row_of_the_other_columns() {
        let cells = [Some("1"), None, Some(""), Some("four")];
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(split(&cells, &[3]), (vec![some("four")], row(&cells[..3])));
        assert_eq!(split(&cells, &[0]), (vec![some("1")], row(&cells[1..])));
        assert_eq!(split(&cells, &[2, 1]), (vec![some(""), None], row(&[cells[0], cells[3]])));
        assert_eq!(split(&cells, &[3, 0, 1]), (vec![some("four"), some("1"), None], row(&[cells[2]])));
    }

    #[test]
    fn a_row_that_is_cut_or_too_long_is_refused() {
        let whole = row(&[Some("1"), None, Some("four")]);
        let mut splitter = Splitter::new(3, [1].into_iter());
        for cut in 0..whole.len() {
            assert!(splitter.split(&whole[..cut]).is_err(), "{cut}");
        }
        let long = [&whole[..], b"x"].concat();
        assert!(splitter.split(&long).is_err());
        assert!(splitter.split(&row(&[None])).is_err());
        assert!(splitter.split(&whole).is_ok());
    }
}
