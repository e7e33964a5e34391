//! The options of the file: a dialect, and single options beside it.

/// Whose bytes the file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// What the Java extractor (JDBC, `OpenCSV`) wrote: every field quoted, NULL as the empty string.
    Java,
    /// What `COPY (query) TO STDOUT (FORMAT csv, HEADER)` writes: nothing is lost.
    Postgres,
}

/// Which fields are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// Labels and values, all but NULL where that has a text of its own.
    All,
    /// Those that a reader would misunderstand without.
    Minimal,
}

/// What ends a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnding {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
}

/// How a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvOptions {
    /// How values print, and the defaults of the other options.
    pub dialect: Dialect,
    /// What separates fields: one ASCII character.
    pub delimiter: u8,
    /// Which fields are quoted.
    pub quote: Quote,
    /// Whether the labels come first.
    pub header: bool,
    /// The text of a NULL, never quoted; a value of the same text is. `None`: as the empty string, quoted where all
    /// fields are, so that the two cannot be told apart (dialect `java`).
    pub null: Option<String>,
    /// What ends a record, the last one too.
    pub line_ending: LineEnding,
    /// Whether the file begins with a UTF-8 byte-order mark.
    pub bom: bool,
}

/// Why options are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// The option to change.
    pub option: &'static str,
    /// What is wrong with it; goes on after the option's name, without a full stop.
    pub reason: &'static str,
}

impl CsvOptions {
    /// A dialect as it is.
    pub fn for_dialect(dialect: Dialect) -> Self {
        let (quote, null) = match dialect {
            Dialect::Java => (Quote::All, None),
            Dialect::Postgres => (Quote::Minimal, Some(String::new())),
        };
        Self { dialect, delimiter: b',', quote, header: true, null, line_ending: LineEnding::Lf, bom: false }
    }

    /// Refuses what no reader could read back to the same values.
    ///
    /// # Errors
    ///
    /// All problems at once, each with the option to change.
    pub fn check(&self) -> Result<(), Vec<OptionProblem>> {
        let mut problems = Vec::new();
        let mut refuse = |option, reason| problems.push(OptionProblem { option, reason });
        match self.delimiter {
            b'"' => refuse("delimiter", "cannot be the quote"),
            b'\r' | b'\n' => refuse("delimiter", "cannot be a line ending"),
            0 | 0x80.. => refuse("delimiter", "must be one ASCII character other than NUL"),
            b'\\' | b'.' if self.quote == Quote::Minimal => refuse(
                "delimiter",
                "cannot be \\ or . with quote minimal: two fields could make a line \\. which ends the \
                 data for COPY FROM",
            ),
            _ => {}
        }
        if let Some(null) = &self.null {
            if null.as_bytes().contains(&self.delimiter) {
                refuse("null", "cannot contain the delimiter: it would be two fields");
            }
            if null.contains('"') {
                refuse("null", "cannot contain a quote: it is the one field that is never quoted");
            }
            if null.contains(['\r', '\n', '\0']) {
                refuse("null", "cannot contain a line ending or NUL: it would end the record");
            }
            if null == "\\." {
                refuse("null", "cannot be \\. as that ends the data for COPY FROM");
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
