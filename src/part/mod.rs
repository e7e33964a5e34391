//! The stage parts: encoded bytes become parts, in bounded blocks of memory.
//!
//! ```text
//! PartWriter ──Part──► an upload or a file
//!      ▲                    │
//!      └─── PartBuffers ◄───┘  blocks come back when they are written
//! ```
//!
//! [`PartBuffers`] bounds the memory, [`Parts`] is the part stage of one file, [`PartWriter`] is what one reader fills.
//! Several readers may each have a writer of the same [`Parts`]. Parts grow so slowly that S3's 10,000 always do
//! ([`sizes`]).

mod buffers;
mod checksum;
mod file;
mod finished;
mod parts;
pub mod sizes;
mod writer;

pub use buffers::{BLOCK, PartBuffers};
pub use checksum::Crc64Nvme;
pub use finished::Part;
pub use parts::Parts;
pub use sizes::PartSizes;
pub use writer::PartWriter;
