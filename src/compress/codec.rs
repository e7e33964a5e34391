//! What a compression library has to do for us.

use std::io;

use super::gzip::Gzip;
use super::zstd::Zstd;
use crate::job::Compression;

/// One stream of frames, each of which can be read by itself.
pub(super) trait Codec: Send + Sync {
    /// Compresses `plain`; what is ready is appended to `packed`.
    fn write(&mut self, plain: &[u8], packed: &mut Vec<u8>) -> io::Result<()>;

    /// Appends the rest of the frame. What is written next begins a new one.
    fn end_frame(&mut self, packed: &mut Vec<u8>) -> io::Result<()>;
}

/// The codec of a compression, if it is one.
pub(super) fn codec(compression: Compression, level: Option<i32>) -> io::Result<Option<Box<dyn Codec>>> {
    Ok(Some(match compression {
        Compression::None => return Ok(None),
        Compression::Gzip => Box::new(Gzip::new(level)),
        Compression::Zstd => Box::new(Zstd::new(level)?),
    }))
}
