//! What a reader fills with rows.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};

use super::buffers::{FilledBlock, PartBuffers, Reservation};
use super::part::Part;
use crate::s3::schedule::PartSizes;

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

    /// Ends a row; answers the part if it is full now.
    #[inline]
    pub fn end_row(&mut self) -> Option<Part> {
        if (self.block.len() as u64) < self.full_at { None } else { self.take() }
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
        Part::new(self.blocks, self.len, self.digest.finalize())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::s3::parts::BLOCK;
    use crate::s3::schedule::MIN_PART;

    fn stage(budget: u64) -> (PartBuffers, Parts) {
        let buffers = PartBuffers::new(budget);
        (buffers.clone(), Parts::new(buffers, PartSizes::starting_at(MIN_PART)))
    }

    async fn write(writer: &mut PartWriter, row: &[u8]) -> Option<Part> {
        writer.block(row.len()).await.extend_from_slice(row);
        writer.end_row()
    }

    #[tokio::test]
    async fn parts_end_with_the_row_that_fills_them_and_lose_nothing() {
        let (buffers, parts) = stage(1 << 20);
        let mut writer = parts.writer();
        let (mut sent, mut expected) = (Vec::new(), Vec::new());
        for number in 0..40_000_u32 {
            let row = format!("{number},{}\n", "x".repeat(number as usize % 700)).into_bytes();
            expected.extend_from_slice(&row);
            if let Some(part) = write(&mut writer, &row).await {
                assert!((MIN_PART..MIN_PART + 800).contains(&part.len()), "{}", part.len());
                let bytes = part.to_vec();
                assert_eq!(bytes.last(), Some(&b'\n'));
                sent.extend(bytes);
            }
        }
        sent.extend(writer.finish().expect("a rest").to_vec());
        assert!(sent == expected, "{} bytes instead of {}", sent.len(), expected.len());
        assert_eq!(buffers.reserved(), 0);
    }

    #[tokio::test]
    async fn the_checksum_is_that_of_the_bytes() {
        let (_, parts) = stage(0);
        let mut writer = parts.writer();
        while let None = write(&mut writer, &[b'y'; 999]).await {}
        write(&mut writer, b"1,2\n").await;
        let part = writer.finish().expect("a part");
        assert_eq!(part.crc(), Part::new(Vec::new(), 0, crc_fast::crc64_nvme(b"1,2\n")).crc());
    }

    #[tokio::test]
    async fn waits_for_memory_and_goes_on_when_a_part_is_gone() {
        let (_, parts) = stage(2 * MIN_PART);
        let mut writer = parts.writer();
        let mut travelling = Vec::new();
        while travelling.len() < 3 {
            travelling.extend(write(&mut writer, &[0; 9_999]).await);
        }
        let blocked = tokio::time::timeout(Duration::from_millis(20), writer.block(1)).await;
        assert!(blocked.is_err(), "three parts travel, so there is no memory");
        travelling.pop();
        writer.block(1).await.push(b'x');
        assert_eq!(writer.finish().expect("the byte").to_vec(), b"x");
    }

    #[tokio::test]
    async fn blocks_are_used_again() {
        let (buffers, parts) = stage(3 * MIN_PART);
        let mut writer = parts.writer();
        for _ in 0..20_000 {
            drop(write(&mut writer, &[0; 9_999]).await);
        }
        drop(writer);
        let blocks = MIN_PART as usize / BLOCK + 2;
        assert!((1..=blocks).contains(&buffers.spare_blocks()), "{}", buffers.spare_blocks());
        assert_eq!(buffers.reserved(), 0);
    }

    #[tokio::test]
    async fn a_row_larger_than_a_block_and_one_larger_than_announced() {
        let (_, parts) = stage(0);
        let mut writer = parts.writer();
        let large = vec![b'l'; 3 * BLOCK];
        assert!(write(&mut writer, &large).await.is_none());
        writer.block(10).await.extend_from_slice(&large);
        assert!(writer.end_row().is_none());
        let part = write(&mut writer, &vec![b'l'; 5 * BLOCK]).await.expect("full");
        assert!(part.to_vec().iter().all(|byte| *byte == b'l'));
        assert_eq!(part.len(), 11 * BLOCK as u64);
        assert!(writer.finish().is_none());
    }

    /// More writers than memory for their parts: they take turns, and none waits for ever.
    #[tokio::test]
    async fn many_writers_share_little_memory_without_deadlock() {
        let (buffers, parts) = stage(0);
        let mut tasks = tokio::task::JoinSet::new();
        for writer_number in 0..7_u8 {
            let mut writer = parts.writer();
            tasks.spawn(async move {
                let mut sent = Vec::new();
                for _ in 0..700 * u32::from(writer_number) {
                    if let Some(part) = write(&mut writer, &[writer_number; 4_000]).await {
                        sent.push((part.len(), part.to_vec()));
                    }
                    tokio::task::yield_now().await;
                }
                sent.extend(writer.finish().map(|part| (part.len(), part.to_vec())));
                sent
            });
        }
        let mut counts = [0_u64; 7];
        let mut small = 0;
        let all = async {
            while let Some(sent) = tasks.join_next().await {
                for (len, bytes) in sent.expect("no panic") {
                    small += u32::from(len < MIN_PART);
                    bytes.iter().for_each(|byte| counts[*byte as usize] += 1);
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), all).await.expect("no deadlock");
        for (number, count) in counts.iter().enumerate() {
            assert_eq!(*count, 700 * number as u64 * 4_000);
        }
        assert!(small <= 1, "{small} parts are too small for S3");
        assert_eq!(buffers.reserved(), 0);
    }
}
