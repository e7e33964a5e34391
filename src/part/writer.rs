//! The writer that a reader fills with rows.

use std::sync::Arc;

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};

use super::checksum::Crc64Nvme;
use super::file::{File, Reservation};
use super::finished::Part;

/// Fills parts with rows: call [`block`](Self::block), append one row, then call [`end_row`](Self::end_row).
///
/// A part ends where [`end_row`](Self::end_row) returns it. A row that does not fit into a block can be
/// appended in pieces, with a call of [`end_row`](Self::end_row) after each piece if a part may end within
/// the row.
#[derive(Debug)]
pub struct PartWriter {
    file: Arc<File>,
    block: Vec<u8>,
    /// The length of `block` at which the part reaches its size.
    full_at: u64,
    filling: Option<Filling>,
    /// The number of parts begun of a file of its own; `None` if other writers have parts of the same file.
    begun: Option<u32>,
}

impl PartWriter {
    pub(super) fn new(file: Arc<File>) -> Self {
        Self { file, block: Vec::new(), full_at: u64::MAX, filling: None, begun: None }
    }

    /// Begins another file after `parts` parts of it, which this writer alone fills. Its parts have the sizes of a file,
    /// and their memory is that of all files of the writers.
    pub fn begin_file(&mut self, parts: u32) {
        self.begun = Some(parts);
    }

    /// Returns the number of parts begun since [`begin_file`](Self::begin_file), with those before.
    pub fn begun(&self) -> u32 {
        self.begun.unwrap_or_default()
    }

    /// Returns the block to append the next row to, with room for `at_least` bytes. Appending more is allowed
    /// and costs a copy of the block.
    ///
    /// Waits while the memory is taken by parts that are being sent, which slows a reader down to the speed
    /// of the upload.
    #[inline]
    pub async fn block(&mut self, at_least: usize) -> &mut Vec<u8> {
        if !self.has_room(at_least) {
            self.next_block(at_least).await;
        }
        &mut self.block
    }

    /// Returns whether the block has room for `at_least` bytes, so that there is no need to wait.
    #[inline]
    pub fn has_room(&self, at_least: usize) -> bool {
        self.filling.is_some() && self.block.capacity() - self.block.len() >= at_least
    }

    /// Returns whether the part has reached its size.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.block.len() as u64 >= self.full_at
    }

    /// Returns the number of bytes in the part so far.
    pub fn len(&self) -> u64 {
        self.filling.as_ref().map_or(0, |filling| filling.len) + self.block.len() as u64
    }

    /// Returns whether the part has no bytes yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends a row; returns the part if it is full now.
    #[inline]
    pub fn end_row(&mut self) -> Option<Part> {
        if self.is_full() { self.end_part() } else { None }
    }

    /// Ends the part, whatever its size; returns it unless it is empty.
    #[cold]
    pub fn end_part(&mut self) -> Option<Part> {
        self.seal();
        self.full_at = u64::MAX;
        self.filling.take().map(Filling::into_part).filter(|part| !part.is_empty())
    }

    #[cold]
    async fn next_block(&mut self, at_least: usize) {
        if self.filling.is_none() {
            let (size, reservation) = self.file.reserve(self.begun.map(|begun| begun + 1)).await;
            self.begun = self.begun.map(|begun| begun + 1);
            self.filling = Some(Filling::new(size, reservation));
        }
        self.seal();
        self.block = self.file.buffers.block(at_least);
        self.full_at =
            self.filling.as_ref().map_or(u64::MAX, |filling| filling.size.saturating_sub(filling.len));
    }

    /// Moves the current block into the part.
    fn seal(&mut self) {
        let block = std::mem::take(&mut self.block);
        match &mut self.filling {
            Some(filling) if !block.is_empty() => filling.add(block),
            _ => self.file.buffers.give_back(block),
        }
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        self.file.buffers.give_back(std::mem::take(&mut self.block));
    }
}

/// A part that is being filled.
#[derive(Debug)]
struct Filling {
    size: u64,
    blocks: Vec<Bytes>,
    len: u64,
    /// The capacity of its blocks, which is larger than `len`.
    capacity: u64,
    digest: Digest,
    reservation: Arc<Reservation>,
}

impl Filling {
    fn new(size: u64, reservation: Reservation) -> Self {
        let digest = Digest::new(CrcAlgorithm::Crc64Nvme);
        Self { size, blocks: Vec::new(), len: 0, capacity: 0, digest, reservation: Arc::new(reservation) }
    }

    fn add(&mut self, block: Vec<u8>) {
        self.digest.update(&block);
        self.len += block.len() as u64;
        self.capacity += block.capacity() as u64;
        if self.capacity > self.reservation.bytes() {
            self.reservation.set(self.capacity);
        }
        let reservation = Arc::clone(&self.reservation);
        self.blocks.push(Bytes::from_owner(FilledBlock { bytes: block, reservation }));
    }

    fn into_part(self) -> Part {
        self.reservation.set(self.capacity);
        Part::new(self.blocks, self.len, Crc64Nvme::new(self.digest.finalize()))
    }
}

/// A filled block of a part, whose memory returns to the buffers when dropped.
struct FilledBlock {
    bytes: Vec<u8>,
    reservation: Arc<Reservation>,
}

impl AsRef<[u8]> for FilledBlock {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for FilledBlock {
    fn drop(&mut self) {
        self.reservation.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests;
