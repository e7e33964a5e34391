//! The parts of one file.

use std::sync::Arc;

use super::buffers::PartBuffers;
use super::file::File;
use super::sizes::PartSizes;
use super::writer::PartWriter;

/// The part stage of one file. Cloning shares it.
///
/// A part reserves its whole scheduled size before its first byte is written, and releases it when it has
/// been written to its destination. So a part that was begun can always be completed, however many readers
/// share the file and files share the buffers: there is no deadlock. A part may exceed its reservation by what
/// is appended last and the unused ends of blocks; the excess is counted too, and delays the next
/// reservation instead of the current row.
#[derive(Debug, Clone)]
pub struct Parts {
    file: Arc<File>,
}

impl Parts {
    /// Creates the part stage of a file with parts of these sizes in the memory of `buffers`, filled by this
    /// many readers at the same time.
    pub fn new(buffers: PartBuffers, sizes: PartSizes, readers: usize) -> Self {
        Self { file: Arc::new(File::new(buffers, sizes, readers)) }
    }

    /// Returns a writer for one reader.
    pub fn writer(&self) -> PartWriter {
        PartWriter::new(Arc::clone(&self.file))
    }
}
