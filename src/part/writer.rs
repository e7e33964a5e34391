//! What a reader fills with rows.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};

use super::buffers::{FilledBlock, PartBuffers, Reservation};
use super::checksum::Crc64Nvme;
use super::finished::Part;
use super::sizes::PartSizes;

/// The part stage of one object. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Parts {
    stage: Arc<Stage>,
}

#[derive(Debug)]
struct Stage {
    buffers: PartBuffers,
    sizes: PartSizes,
    begun: AtomicU32,
    writers: Mutex<Writers>,
}

#[derive(Debug, Default)]
struct Writers {
    at_work: u32,
    /// What writers that are done had in an unfinished part; the next one that begins a part goes on with it.
    leftover: Option<Filling>,
}

impl Parts {
    /// Parts of the sizes of `sizes` in the memory of `buffers`.
    pub fn new(buffers: PartBuffers, sizes: PartSizes) -> Self {
        let stage = Stage { buffers, sizes, begun: AtomicU32::new(0), writers: Mutex::default() };
        Self { stage: Arc::new(stage) }
    }

    /// A writer for one reader.
    pub fn writer(&self) -> PartWriter {
        self.stage.writers().at_work += 1;
        PartWriter {
            stage: Arc::clone(&self.stage),
            block: Vec::new(),
            full_at: u64::MAX,
            filling: None,
            at_work: true,
        }
    }
}

impl Stage {
    fn writers(&self) -> MutexGuard<'_, Writers> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A part to fill, when there is memory for it.
    async fn begin(&self) -> Filling {
        loop {
            let freed = self.buffers.freed().notified();
            tokio::pin!(freed);
            // Registered before looking, so that nothing freed in between is missed.
            freed.as_mut().enable();
            if let Some(filling) = self.writers().leftover.take() {
                return filling;
            }
            let size = self.sizes.size(self.begun.load(Ordering::Relaxed) + 1);
            if let Some(reservation) = self.buffers.try_reserve(size) {
                self.begun.fetch_add(1, Ordering::Relaxed);
                return Filling::new(size, reservation);
            }
            freed.await;
        }
    }
}

/// Fills parts with rows: ask for a [`block`](Self::block), append one row, say [`end_row`](Self::end_row).
///
/// Parts always end at a row's end, and a row lies within one block.
#[derive(Debug)]
pub struct PartWriter {
    stage: Arc<Stage>,
    block: Vec<u8>,
    /// Length of `block` at which the part has its size.
    full_at: u64,
    filling: Option<Filling>,
    at_work: bool,
}

impl PartWriter {
    /// The block to append the next row to, with room for `at_least` bytes. Appending more is allowed and costs a
    /// copy of the block.
    ///
    /// Waits while the memory is taken by parts on their way to S3: this is what slows a reader down to the speed
    /// of the upload.
    #[inline]
    pub async fn block(&mut self, at_least: usize) -> &mut Vec<u8> {
        if self.filling.is_none() || self.block.capacity() - self.block.len() < at_least {
            self.next_block(at_least).await;
        }
        &mut self.block
    }

    /// Whether the part has its size.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.block.len() as u64 >= self.full_at
    }

    /// Ends a row; answers the part if it is full now.
    #[inline]
    pub fn end_row(&mut self) -> Option<Part> {
        if self.is_full() { self.take() } else { None }
    }

    /// Ends the last row of this reader. Answers what is left to send: the last writer of an object answers all of
    /// it; another one leaves less than a full part to the writers that are still at work.
    pub fn finish(mut self) -> Option<Part> {
        self.seal();
        let own = self.filling.take();
        let stage = Arc::clone(&self.stage);
        let mut writers = stage.writers();
        writers.at_work -= 1;
        self.at_work = false;
        let filling = match (writers.leftover.take(), own) {
            (Some(left), Some(own)) => left.join(own),
            (left, own) => left.or(own)?,
        };
        if writers.at_work == 0 || filling.len >= filling.size {
            return Some(filling.into_part()).filter(|part| !part.is_empty());
        }
        writers.leftover = Some(filling);
        drop(writers);
        stage.buffers.freed().notify_waiters();
        None
    }

    #[cold]
    async fn next_block(&mut self, at_least: usize) {
        if self.filling.is_none() {
            self.filling = Some(self.stage.begin().await);
        }
        self.seal();
        self.block = self.stage.buffers.block(at_least);
        self.full_at =
            self.filling.as_ref().map_or(u64::MAX, |filling| filling.size.saturating_sub(filling.len));
    }

    /// Moves the current block into the part.
    fn seal(&mut self) {
        let block = std::mem::take(&mut self.block);
        match &mut self.filling {
            Some(filling) if !block.is_empty() => filling.add(block),
            _ => self.stage.buffers.give_back(block),
        }
    }

    #[cold]
    fn take(&mut self) -> Option<Part> {
        self.seal();
        self.full_at = u64::MAX;
        self.filling.take().map(Filling::into_part)
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        self.stage.buffers.give_back(std::mem::take(&mut self.block));
        if self.at_work {
            self.stage.writers().at_work -= 1;
        }
    }
}

/// A part that is being filled.
#[derive(Debug)]
struct Filling {
    size: u64,
    blocks: Vec<Bytes>,
    len: u64,
    /// Memory that its blocks take, which is more than `len`.
    held: u64,
    digest: Digest,
    reservation: Arc<Reservation>,
}

impl Filling {
    fn new(size: u64, reservation: Arc<Reservation>) -> Self {
        let digest = Digest::new(CrcAlgorithm::Crc64Nvme);
        Self { size, blocks: Vec::new(), len: 0, held: 0, digest, reservation }
    }

    fn add(&mut self, block: Vec<u8>) {
        self.digest.update(&block);
        self.len += block.len() as u64;
        self.held += block.capacity() as u64;
        if self.held > self.reservation.bytes() {
            self.reservation.set(self.held);
        }
        self.blocks.push(Bytes::from_owner(FilledBlock::new(block, Arc::clone(&self.reservation))));
    }

    /// This part followed by another one. Each block keeps the reservation that it came with.
    fn join(mut self, next: Self) -> Self {
        next.reservation.set(next.held);
        self.digest.combine(&next.digest);
        self.len += next.len;
        self.blocks.extend(next.blocks);
        self
    }

    fn into_part(self) -> Part {
        self.reservation.set(self.held);
        Part::new(self.blocks, self.len, Crc64Nvme::new(self.digest.finalize()))
    }
}

#[cfg(test)]
mod tests;
