//! The part stage: encoded bytes become parts, in bounded blocks of memory.
//!
//! ```text
//! PartWriter ──Part──► an upload or a file
//!      ▲                    │
//!      └─── PartBuffers ◄───┘  blocks come back when they are written
//! ```
//!
//! [`PartBuffers`] bounds the memory, [`Parts`] is the part stage of one file, and one reader fills a
//! [`PartWriter`]. Several readers may each have a writer of the same [`Parts`]. The size of parts grows so
//! that S3's limit of 10,000 suffices ([`sizes`]).

mod buffers;
mod checksum;
mod file;
mod finished;
mod parts;
mod set;
pub mod sizes;
mod writer;

pub use buffers::{BLOCK, PartBuffers};
pub(crate) use checksum::Crc64Nvme;
pub use finished::Part;
pub use parts::Parts;
pub use set::{FileId, FileSent, SetExisting, SetManifest, SetWritten};
pub(crate) use set::{MANIFEST, SUCCESS};
pub use sizes::PartSizes;
pub use writer::PartWriter;
