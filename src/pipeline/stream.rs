//! Rows into CSV into parts, until the server has said that the result is complete.

use extractor_encode::Encoder;

use super::sender::Sender;
use super::shared::Run;
use crate::database;
use crate::error::{Error, ErrorType, Result, Stage};

/// Encodes rows as they arrive, to the end of the result, behind `bytes` of header. Answers their number and the bytes
/// of the whole.
pub(super) async fn stream(
    mut rows: database::Rows<'_>,
    encoder: &mut impl Encoder,
    parts: &mut Sender<'_>,
    run: &Run,
    mut bytes: u64,
) -> Result<(u64, u64)> {
    let mut count = 0;
    run.progress.publish(count, bytes);
    while rows.advance().await? {
        run.progress.enter(Stage::Encode);
        while let Some(row) = rows.next_arrived() {
            let block = parts.block(encoder.room(row.len())).await;
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
    Ok((count, bytes))
}
