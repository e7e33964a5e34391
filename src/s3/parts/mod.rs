//! Rows become parts: bounded blocks of memory, filled row by row, handed over at a row's end.
//!
//! [`PartBuffers`] bounds the memory, [`Parts`] is the part stage of one object, [`PartWriter`] is what one reader
//! fills. Several readers may each have a writer of the same [`Parts`]; their parts go to the same upload and get
//! their numbers there.

mod body;
mod buffers;
mod part;
mod writer;

pub use buffers::{BLOCK, PartBuffers};
pub(crate) use part::Crc64Nvme;
pub use part::Part;
pub use writer::{PartWriter, Parts};
