//! Names the files of the set, and alone knows where they go.

use std::collections::HashMap;

use tokio::sync::mpsc;

use super::chunks::Message;
use super::manifest::FileEntry;
use super::names::FileNames;
use super::sink::SetSink;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::names::MAX_KEY_BYTES;
use crate::part::FileId;

/// Receives the messages of all readers, in the order in which they come.
pub(super) struct Hub<'a> {
    set: &'a mut SetSink,
    names: FileNames,
    open: HashMap<FileId, Open>,
    files: Vec<FileEntry>,
}

/// A file that is being written.
struct Open {
    table: usize,
    path: String,
}

impl<'a> Hub<'a> {
    pub(super) fn new(set: &'a mut SetSink, names: FileNames) -> Self {
        Self { set, names, open: HashMap::new(), files: Vec::new() }
    }

    /// Forwards the messages until all readers are done, and returns the files.
    pub(super) async fn serve(mut self, messages: &mut mpsc::Receiver<Message>) -> Result<Vec<FileEntry>> {
        while let Some(message) = messages.recv().await {
            match message {
                Message::Begin { file, table, folder } => self.begin(file, table, folder)?,
                Message::Part { file, part } => {
                    let Some(Open { path, .. }) = self.open.get(&file) else { return Err(unknown()) };
                    self.set.push(file, path, part).await?;
                }
                Message::End { file, rows } => {
                    let Some(Open { table, path }) = self.open.remove(&file) else { return Err(unknown()) };
                    let sent = self.set.end_file(file, &path).await?;
                    let (bytes, crc64nvme) = (sent.bytes, sent.crc64nvme);
                    self.files.push(FileEntry { path, table, rows, bytes, crc64nvme });
                }
            }
        }
        Ok(self.files)
    }

    fn begin(&mut self, file: FileId, table: usize, folder: String) -> Result<()> {
        let path = self.names.next(folder)?;
        if self.set.key_length(&path) > MAX_KEY_BYTES {
            return Err(too_long());
        }
        self.open.insert(file, Open { table, path });
        Ok(())
    }
}

/// The error of a name that S3 does not take. It does not show the name, which has values of cells.
fn too_long() -> Error {
    Error::new(
        ErrorType::ValueUnrepresentable,
        Stage::Encode,
        format!("The values of the columns in partitionBy make a key of more than {MAX_KEY_BYTES} bytes, which S3 does not take."),
    )
    .with_hint("Partition by columns with shorter values, or shorten keyPrefix and the name of the set.")
}

fn unknown() -> Error {
    Error::new(ErrorType::Internal, Stage::Upload, "A part belongs to no file.")
}
