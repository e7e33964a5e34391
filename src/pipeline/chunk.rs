//! The chunks that readers send to the assembler.

use extractor_encode::Placed;

use crate::part::Part;

/// A part of the file and the units that end in it.
pub(super) struct Chunk<U> {
    pub(super) part: Part,
    /// Offsets are relative to the part. They mean nothing in a compressed file: formats that need them are
    /// not compressed as a whole.
    pub(super) units: Vec<Placed<U>>,
}
