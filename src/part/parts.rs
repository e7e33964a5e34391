//! The parts of one file.

use std::sync::Arc;

use super::buffers::PartBuffers;
use super::file::File;
use super::sizes::PartSizes;
use super::writer::PartWriter;

/// The part stage of one file. Cloning shares it.
///
/// A part reserves its whole scheduled size before its first byte is written, and gives it back when it is written. So a
/// part that was begun can always be completed, however many readers share the file and files share the buffers: no
/// deadlock. What one part may hold beyond its reservation is the row that fills it and the unused ends of blocks;
/// that is counted too, and delays the next reservation instead of the current row.
#[derive(Debug, Clone)]
pub struct Parts {
    file: Arc<File>,
}

impl Parts {
    /// Parts of the sizes of `sizes` in the memory of `buffers`, filled by so many readers at the same time.
    pub fn new(buffers: PartBuffers, sizes: PartSizes, readers: usize) -> Self {
        Self { file: Arc::new(File::new(buffers, sizes, readers)) }
    }

    /// A writer for one reader.
    pub fn writer(&self) -> PartWriter {
        PartWriter::new(Arc::clone(&self.file))
    }
}
