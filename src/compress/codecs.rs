//! Selects the codec of a compression.

use std::io;

use super::codec::Codec;
use super::gzip::Gzip;
use super::zstd::Zstd;
use crate::job::Compression;

/// Creates the codec of a compression, or `None` for [`Compression::None`].
pub(super) fn codec(compression: Compression, level: Option<i32>) -> io::Result<Option<Box<dyn Codec>>> {
    Ok(Some(match compression {
        Compression::None => return Ok(None),
        Compression::Gzip => Box::new(Gzip::new(level)),
        Compression::Zstd => Box::new(Zstd::new(level)?),
    }))
}
