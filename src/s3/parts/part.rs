//! One part of the object, ready to be sent, and sent again if need be.

use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use crc_fast::{CrcAlgorithm, checksum_combine};

use super::body::part_body;

/// Bytes of the object that end with a row, and their checksum. Cloning shares the memory.
#[derive(Debug, Clone)]
pub struct Part {
    blocks: Arc<[Bytes]>,
    len: u64,
    crc: Crc64Nvme,
}

impl Part {
    pub(super) fn new(blocks: Vec<Bytes>, len: u64, crc: u64) -> Self {
        Self { blocks: blocks.into(), len, crc: Crc64Nvme(crc) }
    }

    /// A part without bytes: what an empty object is made of.
    pub fn empty() -> Self {
        Self::new(Vec::new(), 0, crc_fast::checksum(CrcAlgorithm::Crc64Nvme, b""))
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its CRC-64/NVME.
    pub(crate) fn crc(&self) -> Crc64Nvme {
        self.crc
    }

    /// The blocks, in their order.
    pub(crate) fn blocks(&self) -> &[Bytes] {
        &self.blocks
    }

    /// The request body: reads the blocks where they lie, as often as needed.
    pub(crate) fn body(&self) -> ByteStream {
        ByteStream::new(part_body(Arc::clone(&self.blocks)))
    }

    /// This part with the bytes of `next` behind its own; nothing is copied.
    #[must_use]
    pub fn join(&self, next: &Self) -> Self {
        Self {
            blocks: self.blocks.iter().chain(next.blocks.iter()).cloned().collect(),
            len: self.len + next.len,
            crc: self.crc.followed_by(next.crc, next.len),
        }
    }

    #[cfg(test)]
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.blocks.concat()
    }
}

/// A CRC-64/NVME, the checksum that S3 keeps for whole objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crc64Nvme(u64);

impl Crc64Nvme {
    /// The checksum of these bytes followed by `len` bytes with the checksum `next`.
    pub(crate) fn followed_by(self, next: Self, len: u64) -> Self {
        Self(checksum_combine(CrcAlgorithm::Crc64Nvme, self.0, next.0, len))
    }

    /// As S3 writes it: base64 of the eight bytes in network order.
    pub(crate) fn to_base64(self) -> String {
        aws_smithy_types::base64::encode(self.0.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(bytes: &'static [u8]) -> Part {
        let crc = crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes);
        Part::new(vec![Bytes::from_static(bytes)], bytes.len() as u64, crc)
    }

    #[test]
    fn joined_parts_have_the_checksum_of_their_bytes() {
        let joined = part(b"a,b\n").join(&Part::empty()).join(&part(b"1,2\n"));
        assert_eq!(joined.to_vec(), b"a,b\n1,2\n");
        assert_eq!(joined.crc(), part(b"a,b\n1,2\n").crc());
        assert_eq!(joined.len(), 8);
    }

    #[test]
    fn the_checksum_is_written_as_s3_writes_it() {
        // The check value of CRC-64/NVME for "123456789" is ae8b14860a799888.
        assert_eq!(part(b"123456789").crc().to_base64(), "rosUhgp5mIg=");
    }
}
