//! The codec for Zstandard, by the reference library.

use std::io;

use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation, OutBuffer};

use super::codec::Codec;

/// The minimum room for the output of a call: a Zstandard block.
const ROOM: usize = 128 << 10;

pub(super) struct Zstd(Encoder<'static>);

impl Zstd {
    pub(super) fn new(level: Option<i32>) -> io::Result<Self> {
        let mut encoder = Encoder::new(level.unwrap_or(zstd::DEFAULT_COMPRESSION_LEVEL))?;
        // As the zstd command does, so that readers detect corruption.
        encoder.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Self(encoder))
    }
}

fn behind(packed: &mut Vec<u8>) -> OutBuffer<'_, Vec<u8>> {
    packed.reserve(ROOM);
    let len = packed.len();
    OutBuffer::around_pos(packed, len)
}

impl Codec for Zstd {
    fn write(&mut self, plain: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
        let mut input = InBuffer::around(plain);
        while input.pos() < plain.len() {
            self.0.run(&mut input, &mut behind(packed))?;
        }
        Ok(())
    }

    fn end_frame(&mut self, packed: &mut Vec<u8>) -> io::Result<()> {
        while self.0.finish(&mut behind(packed), true)? > 0 {}
        self.0.reinit()
    }
}
