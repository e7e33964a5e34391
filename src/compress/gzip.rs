//! The codec for gzip, by flate2 with zlib-rs.

use std::io;

use flate2::{Compress, FlushCompress, Status};

use super::codec::Codec;

/// The largest window of deflate.
const WINDOW_BITS: u8 = 15;
/// The minimum room for the output of a call.
const ROOM: usize = 32 << 10;

pub(super) struct Gzip(Compress);

impl Gzip {
    pub(super) fn new(level: Option<i32>) -> Self {
        let level = level.map_or_else(flate2::Compression::default, |level| {
            flate2::Compression::new(level.unsigned_abs())
        });
        Self(Compress::new_gzip(level, WINDOW_BITS))
    }

    fn run(
        &mut self,
        plain: &[u8],
        packed: &mut Vec<u8>,
        flush: FlushCompress,
    ) -> io::Result<(usize, Status)> {
        packed.reserve(ROOM);
        let before = self.0.total_in();
        let status = self.0.compress_vec(plain, packed, flush)?;
        Ok(((self.0.total_in() - before) as usize, status))
    }
}

impl Codec for Gzip {
    fn write(&mut self, mut plain: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
        while !plain.is_empty() {
            let (taken, _) = self.run(plain, packed, FlushCompress::None)?;
            plain = &plain[taken..];
        }
        Ok(())
    }

    fn end_frame(&mut self, packed: &mut Vec<u8>) -> io::Result<()> {
        while self.run(&[], packed, FlushCompress::Finish)?.1 != Status::StreamEnd {}
        self.0.reset();
        Ok(())
    }
}
