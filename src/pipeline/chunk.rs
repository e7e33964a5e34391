//! What a reader hands to the assembler.

use extractor_encode::Placed;

use crate::part::Part;

/// A part of the file and the units that end in it.
pub(super) struct Chunk<U> {
    pub(super) part: Part,
    /// Offsets are those in the part. Of a compressed file they mean nothing: formats that need them are not compressed
    /// as a whole.
    pub(super) units: Vec<Placed<U>>,
}
