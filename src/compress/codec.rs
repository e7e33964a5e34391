//! The interface to a compression library.

use std::io;

/// A stream of frames, each of which can be decompressed by itself.
pub(super) trait Codec: Send + Sync {
    /// Compresses `plain` and appends the output that is ready to `packed`.
    fn write(&mut self, plain: &[u8], packed: &mut Vec<u8>) -> io::Result<()>;

    /// Appends the rest of the frame to `packed`. The next write begins a new frame.
    fn end_frame(&mut self, packed: &mut Vec<u8>) -> io::Result<()>;
}
