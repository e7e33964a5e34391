//! Blocks in, packed bytes out, on another thread if there is a core for it.

use std::{fmt, io, mem};

use tokio::task::JoinHandle;

use super::codec::Codec;
use super::codecs::codec;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::Compression;

/// Bytes at which a block is handed over, and the most that is compressed in one go: a larger one, made by a large
/// row, goes piece by piece, so that a deadline can strike in between.
pub const BLOCK: usize = 512 << 10;

/// When a frame ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// With the file: some programs stop reading after the first frame.
    One,
    /// With each part of the object, so that parts of several readers can stand in any order.
    OneAPart,
}

/// Compresses what one reader writes.
///
/// Append rows to [`block`](Self::block). Once it [`is_full`](Self::is_full), take all [`packed`](Self::packed)
/// bytes of the block before, then [`hand_over`](Self::hand_over) this one.
pub struct Compressor {
    filling: Vec<u8>,
    packed: Vec<u8>,
    resting: Option<Box<Job>>,
    running: Option<JoinHandle<io::Result<Box<Job>>>>,
    beside: bool,
}

/// The codec and a block: what travels to the other thread and back.
struct Job {
    codec: Box<dyn Codec>,
    plain: Vec<u8>,
    done: usize,
    end_frame: bool,
    /// Whether a frame is open. A file without a byte has a frame all the same.
    open: bool,
    packed: Vec<u8>,
}

impl Job {
    fn has_more(&self) -> bool {
        self.done < self.plain.len() || (self.end_frame && self.open)
    }

    fn go_on(&mut self) -> io::Result<()> {
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
    /// A compressor at `level`, or at the library's default; `None` where nothing is to be compressed. It works
    /// `beside` the thread that fills the blocks, or on it.
    ///
    /// # Errors
    ///
    /// `Internal` where the library has no memory.
    pub fn new(compression: Compression, level: Option<i32>, beside: bool) -> Result<Option<Self>> {
        let codec = codec(compression, level).map_err(|error| broken(&error))?;
        Ok(codec.map(|codec| Self::over(codec, beside)))
    }

    fn over(codec: Box<dyn Codec>, beside: bool) -> Self {
        let job = Job { codec, plain: Vec::new(), done: 0, end_frame: false, open: true, packed: Vec::new() };
        Self { filling: Vec::new(), packed: Vec::new(), resting: Some(Box::new(job)), running: None, beside }
    }

    /// The block to append the next row to, with room for `at_least` bytes.
    #[inline]
    pub fn block(&mut self, at_least: usize) -> &mut Vec<u8> {
        if self.filling.capacity() - self.filling.len() < at_least {
            self.grow(at_least);
        }
        &mut self.filling
    }

    #[cold]
    fn grow(&mut self, at_least: usize) {
        // Rows go on until the block is full, and the last one may go beyond.
        self.filling.reserve(at_least.max(2 * BLOCK));
    }

    /// Whether the block is to be handed over.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.filling.len() >= BLOCK
    }

    /// Whether a frame has ended and no other one begun.
    pub fn is_between_frames(&self) -> bool {
        self.resting.as_ref().is_some_and(|job| !job.open)
    }

    /// Begins to compress the block, and ends the frame behind it if `end_frame`. All packed bytes of the block
    /// before must have been taken.
    ///
    /// # Panics
    ///
    /// If they were not.
    pub fn hand_over(&mut self, end_frame: bool) {
        let mut job = self.resting.take().expect("the block before is done");
        assert!(!job.has_more(), "the block before is done");
        mem::swap(&mut self.filling, &mut job.plain);
        self.filling.clear();
        if self.filling.capacity() > 4 * BLOCK {
            // A large row's memory goes back.
            self.filling = Vec::new();
        }
        (job.done, job.end_frame) = (0, end_frame);
        self.rest_or_run(job);
    }

    /// The next packed bytes of the block that was handed over; `None` when that is all.
    ///
    /// # Errors
    ///
    /// `Internal` if the library fails or its thread breaks off. The frame is lost then.
    pub async fn packed(&mut self) -> Result<Option<&[u8]>> {
        self.packed.clear();
        while self.packed.is_empty() {
            let mut job = match self.running.take() {
                Some(running) => match running.await {
                    Ok(job) => job.map_err(|error| broken(&error))?,
                    Err(_) => return Err(broken(&"its thread panicked")),
                },
                None => match self.resting.take() {
                    None => return Err(broken(&"it has failed before")),
                    Some(job) if !job.has_more() => {
                        self.resting = Some(job);
                        return Ok(None);
                    }
                    Some(mut job) => {
                        job.go_on().map_err(|error| broken(&error))?;
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
            self.running = Some(tokio::task::spawn_blocking(move || job.go_on().map(|()| job)));
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
    Error::new(ErrorType::Internal, Stage::Encode, format!("The compression broke off: {what}."))
}

#[cfg(test)]
mod tests;
