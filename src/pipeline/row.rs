//! Rows that need more than a place in a block: those that are larger, and those that cannot be encoded.

use extractor_encode::{CellError, CellErrorKind, Cursor, Encoder, PIECE};

use super::chunk::Chunks;
use super::chunk_writer::{ChunkWriter, unwritable};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;

/// Writes a row that does not fit into a block, in pieces; returns its length in the file.
#[cold]
pub(super) async fn write_large<E: Encoder>(
    row: &[u8],
    encoder: &mut E,
    writer: &mut ChunkWriter<E::Unit, impl Chunks<E::Unit>>,
) -> Result<u64> {
    let (mut cursor, mut bytes) = (Cursor::default(), 0);
    loop {
        let block = writer.block(PIECE).await;
        let before = block.len();
        let ends = encoder.piece(row, &mut cursor, block).map_err(|error| unwritable(&error))?;
        bytes += (block.len() - before) as u64;
        if ends {
            return Ok(bytes);
        }
        writer.end_piece().await?;
    }
}

/// The error of a row that cannot be encoded. `row` counts from 1 what this reader has read.
#[cold]
pub(super) fn refused(error: &CellError, row: u64) -> Error {
    match error.kind {
        CellErrorKind::Malformed => unwritable(error),
        CellErrorKind::Unrepresentable => Error::new(
            ErrorType::ValueUnrepresentable,
            Stage::Encode,
            format!(
                "Row {row}, column {} ({}): the value is {}.",
                error.column,
                form::shown(&error.label),
                error.reason
            ),
        ),
    }
}
