//! The outcome of an extraction.

/// The outcome of a run that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// A one-sentence summary.
    pub message: String,
    /// The number of rows in the file.
    pub records_processed: u64,
    /// `s3://bucket/key`, of a set its folder; `None` if no object was written.
    pub s3_location: Option<String>,
    /// The path of the file, of a set its folder; `None` if no file was written on this machine.
    pub file: Option<String>,
    /// What a set has beside its folder; `None` for a single file.
    pub set: Option<SetOutcome>,
    /// The window of an incremental export; `None` for any other.
    pub window: Option<Box<WindowOutcome>>,
    /// The number of bytes in S3 or in the file.
    pub bytes_written: u64,
    /// The number of bytes of the file before compression.
    pub bytes_uncompressed: u64,
    /// The number of columns of the file.
    pub columns: usize,
    /// Warnings for the caller, although nothing failed.
    pub warnings: Vec<String>,
}

/// What a set has beside its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOutcome {
    /// `s3://bucket/folder/_manifest.json`, or its path on this machine.
    pub manifest: String,
    /// The number of files, if known.
    pub files: Option<u64>,
    /// The tables, if the set holds several.
    pub tables: Vec<TableOutcome>,
}

/// A table of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableOutcome {
    /// Its name: `schema.table`.
    pub name: String,
    /// The number of its rows.
    pub rows: u64,
    /// The number of its files.
    pub files: u64,
}

/// The window of an incremental export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowOutcome {
    /// The name of the stream.
    pub stream: String,
    /// The number of the object, or of the next one if nothing is new.
    pub sequence: u64,
    /// The id of a transaction at which the window begins; 0 for a first window.
    pub lower: u64,
    /// The id at which it ends, and before which every transaction has ended.
    pub upper: u64,
    /// How many ids a running transaction holds back.
    pub held_back_by: u64,
    /// For how many seconds no transaction has ended before which none runs; 0 if one has since the last window.
    pub age: u64,
    /// `s3://bucket/key` of the state, or its path on this machine.
    pub state: String,
}
