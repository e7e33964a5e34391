//! What an extraction has to say.

/// What a run that did not fail has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// One sentence.
    pub message: String,
    /// Rows in the file.
    pub records_processed: u64,
    /// `s3://bucket/key`; `None` where `onEmpty: skip` wrote nothing.
    pub s3_location: Option<String>,
    /// The path of the file; `None` where nothing was written to a file of this machine.
    pub file: Option<String>,
    /// Bytes in S3 or in the file.
    pub bytes_written: u64,
    /// Bytes of CSV before compression.
    pub bytes_uncompressed: u64,
    /// Columns of the file.
    pub columns: usize,
    /// What the caller should know although nothing failed.
    pub warnings: Vec<String>,
}
