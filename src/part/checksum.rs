//! The checksums of parts and of their concatenation.

use crc_fast::{CrcAlgorithm, checksum_combine};

/// A CRC-64/NVME checksum, which S3 keeps for whole objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crc64Nvme(u64);

impl Crc64Nvme {
    /// Computes the checksum of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes))
    }

    pub(super) fn new(crc: u64) -> Self {
        Self(crc)
    }

    /// Returns the checksum of these bytes followed by `len` bytes with the checksum `next`.
    #[must_use]
    pub fn followed_by(self, next: Self, len: u64) -> Self {
        Self(checksum_combine(CrcAlgorithm::Crc64Nvme, self.0, next.0, len))
    }

    /// Returns it as S3 writes it: Base64 of its eight bytes in network order.
    pub fn to_base64(self) -> String {
        aws_smithy_types::base64::encode(self.0.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_s3_writes_it() {
        // The check value of CRC-64/NVME for "123456789" is ae8b14860a799888.
        assert_eq!(Crc64Nvme::of(b"123456789").to_base64(), "rosUhgp5mIg=");
    }
}
