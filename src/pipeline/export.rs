//! One connection, one statement, one object.

use std::time::Duration;

use extractor_encode::csv::{CsvEncoding, Dialect};
use extractor_encode::{Column, FileEncoding};

use super::held::{Commit, Held, close};
use super::sender::Sender;
use super::shared::{Run, Shared};
use super::sink::{Finished, Target};
use super::stream::stream;
use crate::compress::{Compressor, Frames};
use crate::database::SessionSettings;
use crate::database::statement::Statement;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::{Extraction, OnEmpty};
use crate::part::Parts;
use crate::response::Outcome;

/// The Java function's words.
pub(super) const DONE: &str = "Data extraction completed successfully";

/// How much later than the run's own deadline the server gives up.
const STATEMENT_GRACE: Duration = Duration::from_secs(1);

pub(super) enum Exported {
    Done(Outcome),
    Refused { error: Error, again: Box<Target> },
}

/// Runs the statement and writes its result.
pub(super) async fn export(
    shared: &Shared,
    extraction: &Extraction,
    run: &Run,
    sql: &str,
    held: &mut Held,
) -> Result<Exported> {
    let Held { session: Some(session), sink: Some(sink), commit } = held else {
        return Err(Error::new(
            ErrorType::Internal,
            Stage::Upload,
            "There is no session, or nothing to write to.",
        ));
    };
    let settings = SessionSettings {
        writable: extraction.allow_writes,
        lossless: extraction.csv.dialect == Dialect::Postgres,
        // Ours strikes first and answers; the server's is for a function that was killed.
        statement_timeout: run.deadline.remaining().map(|left| left + STATEMENT_GRACE),
    };
    session.begin(settings).await?;
    run.progress.enter(Stage::Query);
    if run.wants_estimate {
        let values = |statement: &Statement| parameters(statement, extraction);
        if let Some(rows) = session.estimate_rows(sql, values).await? {
            run.progress.expect(rows);
        }
    }
    let statement = session.parse(sql).await?;
    let parameters = parameters(&statement, extraction)?;
    let columns: Vec<_> = statement
        .columns
        .iter()
        .map(|column| Column {
            name: column.name.clone().into_bytes(),
            type_oid: column.type_oid,
            type_modifier: column.type_modifier,
        })
        .collect();
    let encoding = CsvEncoding::new(&columns, &extraction.csv);
    let formats: Vec<_> = encoding.formats().iter().map(|format| format.code()).collect();

    if !encoding.casts().is_empty() {
        session.parse_with_casts(sql, columns.len(), encoding.casts()).await?;
    }

    let mut parts = Sender {
        writer: Parts::new(shared.buffers.clone(), sink.part_sizes(), 1).writer(),
        sink,
        compressor: Compressor::new(
            extraction.compression,
            extraction.compression_level,
            shared.has_spare_core,
        )?,
        frames: Frames::One,
        run,
    };
    let block = parts.block(HEADER_ROOM).await;
    encoding.head(block);
    let header = block.len() as u64;
    parts.end_row().await?;

    run.progress.enter(Stage::Rows);
    let rows = session.execute(&parameters, &formats).await?;
    let (rows, bytes) = stream(rows, &mut encoding.encoder(), &mut parts, run, header).await?;
    let mut outcome = Outcome {
        message: DONE.to_owned(),
        records_processed: rows,
        s3_location: None,
        file: None,
        bytes_written: 0,
        bytes_uncompressed: bytes,
        columns: columns.len(),
        warnings: encoding.warnings().to_vec(),
    };
    let nothing = rows == 0 && extraction.on_empty != OnEmpty::Header;
    if nothing && extraction.on_empty == OnEmpty::Fail {
        return Err(Error::new(ErrorType::NoData, Stage::Rows, "The query returned no row."));
    }
    // What reads is done with the server. What writes commits last of all, but before the object appears.
    let finished = if settings.writable {
        let sink = if nothing { None } else { Some(parts.finish().await?) };
        run.progress.enter(Stage::Rows);
        *commit = Commit::Asked;
        let committed = session.commit().await;
        *commit = if committed.is_ok() { Commit::Done } else { Commit::No };
        committed?;
        run.progress.enter(Stage::Upload);
        let finish = async {
            match sink {
                Some(sink) => sink.finish().await.map(Some),
                None => Ok(None),
            }
        };
        tokio::join!(finish, close(session)).0?
    } else {
        let finish =
            async { if nothing { Ok(None) } else { parts.finish().await?.finish().await.map(Some) } };
        tokio::join!(finish, close(session)).0?
    };
    let Some(finished) = finished else {
        outcome.bytes_uncompressed = 0;
        "The query returned no row; nothing was written".clone_into(&mut outcome.message);
        return Ok(Exported::Done(outcome));
    };
    let written = match finished {
        Finished::Written(written) => written,
        Finished::Exists(existing) => {
            outcome
                .warnings
                .push(format!("The {} appeared meanwhile; this result was not written.", existing.noun()));
            outcome.bytes_uncompressed = 0;
            existing
        }
        Finished::Refused { error, again } => return Ok(Exported::Refused { error, again }),
    };
    (outcome.s3_location, outcome.file) = (written.s3_location, written.file);
    outcome.bytes_written = written.bytes;
    Ok(Exported::Done(outcome))
}

/// The labels of 1,664 columns, each 63 bytes, quoted and doubled; a block grows for more.
const HEADER_ROOM: usize = 256 * 1024;

/// JSON and JSONB, whose parameters take a JSON value as it is.
const JSON_TYPES: [u32; 2] = [114, 3802];

/// The values of `$1`, `$2` … in the server's text form.
pub(crate) fn parameters(statement: &Statement, extraction: &Extraction) -> Result<Vec<Option<String>>> {
    let (wanted, given) = (statement.parameter_types.len(), extraction.params.len());
    let refused = |message: String| Error::new(ErrorType::QueryInvalid, Stage::Query, message);
    if wanted != given {
        let message =
            format!("The query has {wanted} parameters ($1, $2 …), but params holds {given} values.");
        return Err(refused(message).with_hint("Give one value in params for each $n of the query."));
    }
    let values = extraction.params.iter().zip(&statement.parameter_types).enumerate();
    values
        .map(|(i, (param, type_oid))| {
            param
                .server_text(JSON_TYPES.contains(type_oid))
                .map_err(|what| refused(format!("The value of ${} in params {what}.", i + 1)))
        })
        .collect()
}
