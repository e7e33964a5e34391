//! The codecs by the event's names.

use std::io;

use super::codec::Codec;
use super::gzip::Gzip;
use super::zstd::Zstd;
use crate::job::Compression;

/// The codec of a compression, if it is one.
pub(super) fn codec(compression: Compression, level: Option<i32>) -> io::Result<Option<Box<dyn Codec>>> {
    Ok(Some(match compression {
        Compression::None => return Ok(None),
        Compression::Gzip => Box::new(Gzip::new(level)),
        Compression::Zstd => Box::new(Zstd::new(level)?),
    }))
}
