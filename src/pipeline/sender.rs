//! From blocks to parts to the sink, through the compressor if there is one.

use super::shared::Run;
use super::sink::Sink;
use crate::compress::{Compressor, Frames};
use crate::error::{Result, Stage};
use crate::part::{Part, PartWriter};

/// What one reader writes: handed over part by part, as they get full.
pub(super) struct Sender<'a> {
    pub(super) sink: &'a mut Sink,
    pub(super) writer: PartWriter,
    pub(super) compressor: Option<Compressor>,
    pub(super) frames: Frames,
    pub(super) run: &'a Run,
}

impl<'a> Sender<'a> {
    /// The block to append the next row to, with room for `at_least` bytes.
    #[inline]
    pub(super) async fn block(&mut self, at_least: usize) -> &mut Vec<u8> {
        match &mut self.compressor {
            None => self.writer.block(at_least).await,
            Some(compressor) => compressor.block(at_least),
        }
    }

    #[inline]
    pub(super) async fn end_row(&mut self) -> Result<()> {
        match &self.compressor {
            None => match self.writer.end_row() {
                None => Ok(()),
                Some(part) => self.push(part).await,
            },
            Some(compressor) if compressor.is_full() => self.compress(false).await,
            Some(_) => Ok(()),
        }
    }

    /// Sends what is left, once the last row was written; gives the sink back.
    pub(super) async fn finish(mut self) -> Result<&'a mut Sink> {
        if self.compressor.is_some() {
            self.run.progress.enter(Stage::Encode);
            self.compress(true).await?;
            self.collect().await?;
        }
        self.run.progress.enter(Stage::Upload);
        if let Some(part) = self.writer.end_part() {
            self.sink.push(part).await?;
        }
        Ok(self.sink)
    }

    /// Collects what has become of the block before and hands this one over.
    #[cold]
    async fn compress(&mut self, end_frame: bool) -> Result<()> {
        self.collect().await?;
        let part_ends = self.frames == Frames::OneAPart && self.writer.is_full();
        if let Some(compressor) = &mut self.compressor {
            compressor.hand_over(end_frame || part_ends);
        }
        Ok(())
    }

    /// Puts packed bytes into parts until the compressor has no more.
    async fn collect(&mut self) -> Result<()> {
        while let Some(compressor) = &mut self.compressor
            && let Some(packed) = compressor.packed().await?
        {
            append(&mut self.writer, packed).await;
            let may_end = self.frames == Frames::One || compressor.is_between_frames();
            if may_end && let Some(part) = self.writer.end_row() {
                self.push(part).await?;
            }
        }
        Ok(())
    }

    async fn push(&mut self, part: Part) -> Result<()> {
        self.run.progress.enter(Stage::Upload);
        self.sink.push(part).await?;
        self.run.progress.enter(Stage::Encode);
        Ok(())
    }
}

async fn append(writer: &mut PartWriter, mut packed: &[u8]) {
    while !packed.is_empty() {
        let block = writer.block(1).await;
        let (now, later) = packed.split_at(packed.len().min(block.capacity() - block.len()));
        block.extend_from_slice(now);
        packed = later;
    }
}
