//! Turns blocks into chunks, through the compressor if there is one.

use std::sync::Arc;

use extractor_encode::{CellError, Encoder, PIECE, Placed};

use super::chunk::{Chunk, Chunks};
use crate::compress::{Compressor, Frames};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::part::{Part, PartWriter};
use crate::progress::Meter;

/// The writer that one reader fills.
pub(super) struct ChunkWriter<U, C> {
    pub(super) parts: PartWriter,
    pub(super) compressor: Option<Compressor>,
    pub(super) frames: Frames,
    pub(super) units: Vec<Placed<U>>,
    pub(super) chunks: C,
    pub(super) meter: Arc<Meter>,
}

/// What a block ends with.
enum End {
    Piece,
    Row,
    File,
}

impl<U, C: Chunks<U>> ChunkWriter<U, C> {
    /// Returns the block to append the next row to, with room for `at_least` bytes.
    #[inline]
    pub(super) async fn block(&mut self, at_least: usize) -> &mut Vec<u8> {
        match &mut self.compressor {
            None => self.parts.block(at_least).await,
            Some(compressor) => compressor.block(at_least),
        }
    }

    #[inline]
    pub(super) async fn end_row(&mut self) -> Result<()> {
        match &self.compressor {
            None => match self.parts.end_row() {
                None => Ok(()),
                Some(part) => self.send(part).await,
            },
            Some(compressor) if compressor.is_full() => self.compress(End::Row).await,
            Some(_) => Ok(()),
        }
    }

    /// Ends a piece of a row. With one reader, a part may end here. The parts of several readers alternate in
    /// the file, so each of them ends with a row.
    pub(super) async fn end_piece(&mut self) -> Result<()> {
        match &self.compressor {
            None if self.frames == Frames::One => self.end_row().await,
            Some(compressor) if compressor.is_full() => self.compress(End::Piece).await,
            _ => Ok(()),
        }
    }

    /// Ends the encoder's unit, records where it lies and writes the rows that it has kept; returns their length.
    pub(super) async fn end_unit(&mut self, encoder: &mut impl Encoder<Unit = U>) -> Result<u64> {
        let unit = encoder.end_unit().map_err(|error| unwritable(&error))?;
        self.units.extend(unit.map(|unit| Placed { offset: self.parts.len(), unit }));
        let mut bytes = 0;
        loop {
            let block = self.block(0).await;
            let before = block.len();
            let ends = encoder.drain(block);
            bytes += (block.len() - before) as u64;
            if ends {
                self.end_row().await?;
                return Ok(bytes);
            }
            self.end_piece().await?;
            self.block(PIECE).await;
        }
    }

    /// Returns the number of bytes of the part, and of what waits for the compressor, as if it could not be compressed.
    pub(super) fn unsent(&self) -> u64 {
        self.parts.len() + self.compressor.as_ref().map_or(0, Compressor::unpacked)
    }

    /// Ends the frame, if the file is compressed, and appends the rest of it to the part.
    pub(super) async fn end_frame(&mut self) -> Result<()> {
        if self.compressor.is_some() {
            self.meter.enter(Stage::Encode);
            self.compress(End::File).await?;
            self.collect().await?;
        }
        Ok(())
    }

    /// Appends bytes that are not compressed, or already are.
    pub(super) async fn append(&mut self, bytes: &[u8]) -> Result<()> {
        append(&mut self.parts, bytes).await;
        match self.parts.end_row() {
            None => Ok(()),
            Some(part) => self.send(part).await,
        }
    }

    /// Sends the rest, once the last row has been written.
    pub(super) async fn finish(mut self) -> Result<()> {
        self.end_frame().await?;
        self.end_part().await
    }

    /// Sends the part, whatever its size.
    pub(super) async fn end_part(&mut self) -> Result<()> {
        // A unit that ends without bytes after a full part gets an empty part of its own.
        match self.parts.end_part() {
            None if self.units.is_empty() => Ok(()),
            part => self.send(part.unwrap_or_else(Part::empty)).await,
        }
    }

    /// Collects the compressed bytes of the previous block and hands over the current one.
    #[cold]
    async fn compress(&mut self, end: End) -> Result<()> {
        self.collect().await?;
        let end_frame = match end {
            End::Piece => false,
            End::Row => self.frames == Frames::OneAPart && self.parts.is_full(),
            End::File => true,
        };
        if let Some(compressor) = &mut self.compressor {
            compressor.hand_over(end_frame);
        }
        Ok(())
    }

    /// Appends compressed bytes to parts until the compressor has no more.
    async fn collect(&mut self) -> Result<()> {
        while let Some(compressor) = &mut self.compressor
            && let Some(packed) = compressor.packed().await?
        {
            append(&mut self.parts, packed).await;
            let may_end = self.frames == Frames::One || compressor.is_between_frames();
            if may_end && let Some(part) = self.parts.end_row() {
                self.send(part).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, part: Part) -> Result<()> {
        self.meter.enter(Stage::Upload);
        let chunk = Chunk { part, units: std::mem::take(&mut self.units) };
        self.chunks.take(chunk).await?;
        self.meter.enter(Stage::Encode);
        Ok(())
    }
}

/// Returns bytes as a part of the file, which is a frame of its own if the file is compressed.
pub(super) async fn part_of(
    bytes: &[u8],
    compressor: Option<Compressor>,
    mut parts: PartWriter,
) -> Result<Part> {
    match compressor {
        None => append(&mut parts, bytes).await,
        Some(mut compressor) => {
            compressor.block(bytes.len()).extend_from_slice(bytes);
            compressor.hand_over(true);
            while let Some(packed) = compressor.packed().await? {
                append(&mut parts, packed).await;
            }
        }
    }
    Ok(parts.end_part().unwrap_or_else(Part::empty))
}

/// The error of rows that cannot be encoded for no fault of theirs.
pub(super) fn unwritable(error: &CellError) -> Error {
    Error::new(ErrorType::Internal, Stage::Encode, format!("A row cannot be written: {error}."))
}

async fn append(writer: &mut PartWriter, mut packed: &[u8]) {
    while !packed.is_empty() {
        let block = writer.block(1).await;
        let (now, later) = packed.split_at(packed.len().min(block.capacity() - block.len()));
        block.extend_from_slice(now);
        packed = later;
    }
}
