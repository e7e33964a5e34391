//! Rows into CSV into parts, until the server has said that the result is complete.

use super::shared::Run;
use super::sink::Sink;
use crate::csv::RowEncoder;
use crate::database;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::s3::PartWriter;

/// The parts of this run's result, handed over as they get full.
pub(super) struct Sender<'a> {
    pub(super) sink: &'a mut Sink,
    pub(super) writer: &'a mut PartWriter,
    pub(super) run: &'a Run,
}

impl Sender<'_> {
    pub(super) async fn end_row(&mut self) -> Result<()> {
        if let Some(part) = self.writer.end_row() {
            self.run.progress.enter(Stage::Upload);
            self.sink.push(part).await?;
            self.run.progress.enter(Stage::Encode);
        }
        Ok(())
    }
}

/// What a cell that is no text can take at most, with its quotes and its delimiter.
const CELL_ROOM: usize = 64;

/// Encodes rows as they arrive, to the end of the result. Answers their number.
pub(super) async fn stream(
    mut rows: database::Rows<'_>,
    encoder: &mut RowEncoder,
    parts: &mut Sender<'_>,
    columns: usize,
    run: &Run,
) -> Result<u64> {
    let mut count = 0;
    let mut bytes = 0;
    while rows.advance().await? {
        run.progress.enter(Stage::Encode);
        while let Some(row) = rows.next_arrived() {
            // Every byte of a text may be a quote, and is doubled then.
            let block = parts.writer.block(2 * row.len() + CELL_ROOM * (columns + 1)).await;
            let before = block.len();
            encoder.row(row, block).map_err(|error| {
                Error::new(ErrorType::Internal, Stage::Encode, format!("A row cannot be written: {error}."))
            })?;
            bytes += (block.len() - before) as u64;
            count += 1;
            parts.end_row().await?;
        }
        run.progress.publish(count, bytes);
        run.progress.enter(Stage::Rows);
    }
    Ok(count)
}
