//! The optional stage between encode and parts: compresses blocks of the file with gzip or Zstandard.
//!
//! ```text
//! rows ──► block ──► Codec, on a thread of its own if there is a core to spare ──► packed bytes ──► PartWriter
//! ```
//!
//! A block is compressed while the next one is filled, so that the memory is that of two blocks and of the
//! library. The stage does no I/O and knows nothing of parts: its caller passes the packed bytes on. A file
//! of one reader is one frame (a gzip member or a Zstandard frame). Several readers of one object each have a
//! [`Compressor`] and end the frame with every part, since frames can be concatenated in any order and read
//! as one file.

mod codec;
mod codecs;
mod compressor;
mod gzip;
mod zstd;

pub use compressor::{Compressor, Frames};
