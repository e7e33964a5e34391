//! What a compression library has to do for us.

use std::io;

/// One stream of frames, each of which can be read by itself.
pub(super) trait Codec: Send + Sync {
    /// Compresses `plain`; what is ready is appended to `packed`.
    fn write(&mut self, plain: &[u8], packed: &mut Vec<u8>) -> io::Result<()>;

    /// Appends the rest of the frame. What is written next begins a new one.
    fn end_frame(&mut self, packed: &mut Vec<u8>) -> io::Result<()>;
}
