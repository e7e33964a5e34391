//! Compresses blocks, on another thread if there is a core to spare.

use std::{fmt, io, mem};

use tokio::task::JoinHandle;

use super::codec::Codec;
use super::codecs::codec;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::Compression;

/// The size in bytes at which a block is full, and the maximum that is compressed at once: a larger block,
/// with a large row, is compressed in pieces, so that a deadline can take effect in between.
pub const BLOCK: usize = 512 << 10;

/// More than the libraries keep of a frame before they write it: zlib about 64 KiB, Zstandard a block of 128 KiB.
const WITHIN: usize = 192 << 10;

/// When a frame ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// At the end of the file, since some programs stop reading after the first frame.
    One,
    /// At the end of each part of the object, so that the parts of several readers can be in any order.
    OneAPart,
}

/// Compresses the rows of one reader.
///
/// Append rows to [`block`](Self::block). Once it [`is_full`](Self::is_full), take all
/// [`packed`](Self::packed) bytes of the previous block, then [`hand_over`](Self::hand_over) this one.
pub struct Compressor {
    filling: Vec<u8>,
    packed: Vec<u8>,
    resting: Option<Box<Job>>,
    running: Option<JoinHandle<io::Result<Box<Job>>>>,
    /// The length of the block that was handed over, until its last packed bytes are taken.
    handed_over: usize,
    beside: bool,
}

/// The codec and a block, which are moved to the other thread and back.
struct Job {
    codec: Box<dyn Codec>,
    plain: Vec<u8>,
    done: usize,
    end_frame: bool,
    /// Whether a frame is open. It is at first, so that an empty file has a frame too.
    open: bool,
    packed: Vec<u8>,
}

impl Job {
    fn has_more(&self) -> bool {
        self.done < self.plain.len() || (self.end_frame && self.open)
    }

    fn compress_piece(&mut self) -> io::Result<()> {
        let piece = &self.plain[self.done..];
        let piece = &piece[..piece.len().min(BLOCK)];
        self.open |= !piece.is_empty();
        self.codec.write(piece, &mut self.packed)?;
        self.done += piece.len();
        if self.done == self.plain.len() && self.end_frame && self.open {
            self.codec.end_frame(&mut self.packed)?;
            self.open = false;
        }
        Ok(())
    }
}

impl Compressor {
    /// Creates a compressor with `level`, or with the library's default; `None` for [`Compression::None`]. If
    /// `beside`, it works on another thread than the one that fills the blocks.
    ///
    /// # Errors
    ///
    /// `Internal` if the library cannot allocate memory.
    pub fn new(compression: Compression, level: Option<i32>, beside: bool) -> Result<Option<Self>> {
        let codec = codec(compression, level).map_err(|error| broken(&error))?;
        Ok(codec.map(|codec| Self::over(codec, beside)))
    }

    fn over(codec: Box<dyn Codec>, beside: bool) -> Self {
        let job = Job { codec, plain: Vec::new(), done: 0, end_frame: false, open: true, packed: Vec::new() };
        Self {
            filling: Vec::new(),
            packed: Vec::new(),
            resting: Some(Box::new(job)),
            running: None,
            handed_over: 0,
            beside,
        }
    }

    /// Returns the block to append the next row to, with room for `at_least` bytes.
    #[inline]
    pub fn block(&mut self, at_least: usize) -> &mut Vec<u8> {
        if self.filling.capacity() - self.filling.len() < at_least {
            self.grow(at_least);
        }
        &mut self.filling
    }

    #[cold]
    fn grow(&mut self, at_least: usize) {
        // Rows are appended until the block is full, and the last one may exceed its size.
        self.filling.reserve(at_least.max(2 * BLOCK));
    }

    /// Returns whether the block must be handed over.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.filling.len() >= BLOCK
    }

    /// Returns whether a frame has ended and no other one has begun.
    pub fn is_between_frames(&self) -> bool {
        self.resting.as_ref().is_some_and(|job| !job.open)
    }

    /// Returns how many bytes may still come of what was appended, even if it cannot be compressed.
    pub fn unpacked(&self) -> u64 {
        (self.filling.len() + self.handed_over + WITHIN) as u64
    }

    /// Begins to compress the block, and ends the frame after it if `end_frame`. All packed bytes of the
    /// previous block must have been taken.
    ///
    /// # Panics
    ///
    /// If packed bytes of the previous block are left.
    pub fn hand_over(&mut self, end_frame: bool) {
        let mut job = self.resting.take().expect("the previous block is done");
        assert!(!job.has_more(), "the previous block is done");
        mem::swap(&mut self.filling, &mut job.plain);
        self.filling.clear();
        if self.filling.capacity() > 4 * BLOCK {
            // Frees the memory of a large row.
            self.filling = Vec::new();
        }
        (job.done, job.end_frame) = (0, end_frame);
        self.handed_over = job.plain.len();
        self.rest_or_run(job);
    }

    /// Returns the next packed bytes of the block that was handed over, or `None` if there are no more.
    ///
    /// # Errors
    ///
    /// `Internal` if the library fails or its thread panics. The frame is then lost.
    pub async fn packed(&mut self) -> Result<Option<&[u8]>> {
        self.packed.clear();
        while self.packed.is_empty() {
            let mut job = match self.running.take() {
                Some(running) => match running.await {
                    Ok(job) => job.map_err(|error| broken(&error))?,
                    Err(_) => return Err(broken(&"its thread panicked")),
                },
                None => match self.resting.take() {
                    None => return Err(broken(&"it failed earlier")),
                    Some(job) if !job.has_more() => {
                        self.resting = Some(job);
                        self.handed_over = 0;
                        return Ok(None);
                    }
                    Some(mut job) => {
                        job.compress_piece().map_err(|error| broken(&error))?;
                        tokio::task::yield_now().await;
                        job
                    }
                },
            };
            mem::swap(&mut self.packed, &mut job.packed);
            self.rest_or_run(job);
        }
        Ok(Some(&self.packed))
    }

    fn rest_or_run(&mut self, mut job: Box<Job>) {
        if self.beside && job.has_more() {
            self.running = Some(tokio::task::spawn_blocking(move || job.compress_piece().map(|()| job)));
        } else {
            self.resting = Some(job);
        }
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").field("beside", &self.beside).finish_non_exhaustive()
    }
}

fn broken(what: &dyn fmt::Display) -> Error {
    Error::new(ErrorType::Internal, Stage::Encode, format!("The compression failed: {what}."))
}

#[cfg(test)]
mod tests;
