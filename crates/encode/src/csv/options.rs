//! The options of a CSV file: a dialect, and options that differ from it.

/// The program whose CSV the file equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The Java extractor (JDBC, `OpenCSV`), which quotes every field and writes NULL as the empty string.
    Java,
    /// `COPY (query) TO STDOUT (FORMAT csv, HEADER)`, which loses nothing.
    Postgres,
}

/// Which fields are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quote {
    /// All labels and values, but not a NULL that has a text of its own.
    All,
    /// The fields that a reader would misread without quotes.
    Minimal,
}

/// The line ending of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineEnding {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
}

/// The options of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CsvOptions {
    /// How values print, and the defaults of the other options.
    pub dialect: Dialect,
    /// The ASCII character between two fields.
    pub delimiter: u8,
    /// Which fields are quoted.
    pub quote: Quote,
    /// Whether the first record has the labels.
    pub header: bool,
    /// The text of a NULL, which is never quoted; a value of the same text is. With `None`, as in dialect
    /// `java`, a NULL is written as the empty string and quoted if all fields are, so that the two cannot be
    /// told apart.
    pub null: Option<String>,
    /// The line ending of every record, including the last.
    pub line_ending: LineEnding,
    /// Whether the file begins with a UTF-8 byte-order mark.
    pub bom: bool,
    /// Whether `'` is put before values and labels that a spreadsheet would execute as a formula.
    pub escape_formulas: bool,
}

/// The reason why an option is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// The option to change.
    pub option: &'static str,
    /// What is wrong with it: the rest of a sentence that begins with the option's name, without a full stop.
    pub reason: &'static str,
}

impl CsvOptions {
    /// Returns the default options of a dialect.
    pub fn for_dialect(dialect: Dialect) -> Self {
        let (quote, null) = match dialect {
            Dialect::Java => (Quote::All, None),
            Dialect::Postgres => (Quote::Minimal, Some(String::new())),
        };
        Self {
            dialect,
            delimiter: b',',
            quote,
            header: true,
            null,
            line_ending: LineEnding::Lf,
            bom: false,
            escape_formulas: false,
        }
    }

    /// Checks that a reader can read the values back from the file.
    ///
    /// # Errors
    ///
    /// Returns all problems, each with the option to change.
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
                 data of COPY FROM",
            ),
            _ => {}
        }
        if let Some(null) = &self.null {
            if null.as_bytes().contains(&self.delimiter) {
                refuse("null", "cannot contain the delimiter: a reader would see two fields");
            }
            if null.contains('"') {
                refuse("null", "cannot contain a quote, since a NULL is never quoted");
            }
            if null.contains(['\r', '\n', '\0']) {
                refuse("null", "cannot contain a line ending or NUL: it would end the record");
            }
            if null == "\\." {
                refuse("null", "cannot be \\. which ends the data of COPY FROM");
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}
