//! A finished part of the file, which can be sent more than once.

use std::sync::Arc;

use bytes::Bytes;

use super::checksum::Crc64Nvme;

/// Consecutive bytes of the file and their checksum. Cloning shares the memory.
#[derive(Debug, Clone)]
pub struct Part {
    blocks: Arc<[Bytes]>,
    len: u64,
    crc: Crc64Nvme,
}

impl Part {
    pub(super) fn new(blocks: Vec<Bytes>, len: u64, crc: Crc64Nvme) -> Self {
        Self { blocks: blocks.into(), len, crc }
    }

    /// Returns a part without bytes, which represents an empty file.
    pub fn empty() -> Self {
        Self::new(Vec::new(), 0, Crc64Nvme::of(b""))
    }

    /// Returns a part of bytes that are not rows, such as a manifest's.
    pub fn of(bytes: Bytes) -> Self {
        let (len, crc) = (bytes.len() as u64, Crc64Nvme::of(&bytes));
        Self::new(vec![bytes], len, crc)
    }

    /// Returns its length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns its CRC-64/NVME.
    pub fn crc(&self) -> Crc64Nvme {
        self.crc
    }

    /// Returns the blocks, in their order.
    pub fn blocks(&self) -> &Arc<[Bytes]> {
        &self.blocks
    }

    /// Returns this part followed by the bytes of `next`, without copying them.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn part(bytes: &'static [u8]) -> Part {
        Part::new(vec![Bytes::from_static(bytes)], bytes.len() as u64, Crc64Nvme::of(bytes))
    }

    #[test]
    fn joined_parts_have_the_checksum_of_their_bytes() {
        let joined = part(b"a,b\n").join(&Part::empty()).join(&part(b"1,2\n"));
        assert_eq!(joined.to_vec(), b"a,b\n1,2\n");
        assert_eq!(joined.crc(), part(b"a,b\n1,2\n").crc());
        assert_eq!(joined.len(), 8);
    }
}
