//! Splits arrays in binary format into their elements.

use super::misfit::Misfit;
use crate::row::next_cell;
use crate::types::Malformed;

const CUT: Malformed = "the array ends within its header";
const LONGER: Malformed = "the array is longer than its elements";

/// The elements of an array of one dimension, or of none.
pub struct Elements<'a> {
    left: u32,
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// Reads the header: the number of dimensions, whether there are NULLs, the type of the elements, and for each dimension
    /// its length and its lower bound.
    pub fn of(cell: &'a [u8]) -> Result<Self, Misfit> {
        let mut rest = cell;
        let mut word = || {
            let (word, behind) = rest.split_first_chunk::<4>().ok_or(CUT)?;
            rest = behind;
            Ok::<_, Misfit>(i32::from_be_bytes(*word))
        };
        let dimensions = word()?;
        let (_, _) = (word()?, word()?);
        let left = match dimensions {
            0 => 0,
            1 => {
                let (length, bound) = (word()?, word()?);
                if bound != 1 {
                    return Err(Misfit::Unrepresentable("an array whose index does not begin at 1"));
                }
                u32::try_from(length).map_err(|_| Misfit::Malformed("the array has a negative length"))?
            }
            _ => return Err(Misfit::Unrepresentable("an array of several dimensions")),
        };
        if left == 0 && !rest.is_empty() {
            return Err(LONGER.into());
        }
        Ok(Self { left, rest })
    }

    /// Returns whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

/// The elements, which are `None` if they are NULL.
impl<'a> Iterator for Elements<'a> {
    type Item = Result<Option<&'a [u8]>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            let rest = std::mem::take(&mut self.rest);
            return if rest.is_empty() { None } else { Some(Err(LONGER)) };
        }
        self.left -= 1;
        Some(next_cell(&mut self.rest))
    }
}
