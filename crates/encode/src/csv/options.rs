//! The options of the file: a dialect, and single options beside it.

use serde_json::Value;

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
    /// The option, as the event calls it, or the unknown name as it was given.
    pub field: String,
    /// One sentence for the person who wrote the event.
    pub reason: String,
}

impl OptionProblem {
    fn new(field: &str, reason: impl Into<String>) -> Self {
        Self { field: field.to_owned(), reason: reason.into() }
    }
}

impl CsvOptions {
    /// The fields of the event's `csv` object.
    pub const FIELDS: [&str; 7] = ["dialect", "delimiter", "quote", "header", "null", "lineEnding", "bom"];

    /// A dialect as it is.
    pub fn for_dialect(dialect: Dialect) -> Self {
        let (quote, null) = match dialect {
            Dialect::Java => (Quote::All, None),
            Dialect::Postgres => (Quote::Minimal, Some(String::new())),
        };
        Self { dialect, delimiter: b',', quote, header: true, null, line_ending: LineEnding::Lf, bom: false }
    }

    /// Reads the event's `csv` object; a field that is JSON null counts as not given.
    ///
    /// # Errors
    ///
    /// All problems at once: unknown fields, wrong types and values, and what [`Self::check`] refuses.
    pub fn from_json(value: &Value) -> Result<Self, Vec<OptionProblem>> {
        let Value::Object(fields) = value else {
            let reason =
                format!("csv must be an object such as {{\"dialect\": \"java\"}}, not {}", kind(value));
            return Err(vec![OptionProblem::new("csv", reason)]);
        };
        let mut problems = Vec::new();
        let dialects = [("java", Dialect::Java), ("postgres", Dialect::Postgres)];
        let dialect = one_of(fields.get("dialect"), "dialect", &dialects, &mut problems);
        let mut options = Self::for_dialect(dialect.unwrap_or(Dialect::Java));
        for (field, value) in fields {
            let (value, problems) = (Some(value), &mut problems);
            match field.as_str() {
                "dialect" => {}
                "delimiter" => set(&mut options.delimiter, delimiter(value, problems)),
                "quote" => {
                    let words = [("all", Quote::All), ("minimal", Quote::Minimal)];
                    set(&mut options.quote, one_of(value, "quote", &words, problems));
                }
                "header" => set(&mut options.header, boolean(value, "header", problems)),
                "null" => {
                    if let Some(text) = string(value, "null", problems) {
                        options.null = Some(text.to_owned());
                    }
                }
                "lineEnding" => {
                    let words = [("lf", LineEnding::Lf), ("crlf", LineEnding::CrLf)];
                    set(&mut options.line_ending, one_of(value, "lineEnding", &words, problems));
                }
                "bom" => set(&mut options.bom, boolean(value, "bom", problems)),
                unknown => {
                    let reason = format!("csv has no such field; it has {}", Self::FIELDS.join(", "));
                    problems.push(OptionProblem::new(unknown, reason));
                }
            }
        }
        if problems.is_empty() {
            options.check()?;
            return Ok(options);
        }
        Err(problems)
    }

    /// Refuses what no reader could read back to the same values.
    ///
    /// # Errors
    ///
    /// All problems at once, each with the option to change.
    pub fn check(&self) -> Result<(), Vec<OptionProblem>> {
        let mut problems = Vec::new();
        let mut refuse = |field, reason: &str| problems.push(OptionProblem::new(field, reason));
        match self.delimiter {
            b'"' => refuse("delimiter", "the delimiter cannot be the quote"),
            b'\r' | b'\n' => refuse("delimiter", "the delimiter cannot be a line ending"),
            0 | 0x80.. => refuse("delimiter", "the delimiter must be one ASCII character other than NUL"),
            b'\\' | b'.' if self.quote == Quote::Minimal => refuse(
                "delimiter",
                "the delimiter cannot be \\ or . with quote minimal: two fields could make a line \\. which ends the \
                 data for COPY FROM",
            ),
            _ => {}
        }
        if let Some(null) = &self.null {
            if null.as_bytes().contains(&self.delimiter) {
                refuse("null", "the text for NULL cannot contain the delimiter: it would be two fields");
            }
            if null.contains('"') {
                refuse(
                    "null",
                    "the text for NULL cannot contain a quote: it is the one field that is never quoted",
                );
            }
            if null.contains(['\r', '\n', '\0']) {
                refuse(
                    "null",
                    "the text for NULL cannot contain a line ending or NUL: it would end the record",
                );
            }
            if null == "\\." {
                refuse("null", "the text for NULL cannot be \\. as that ends the data for COPY FROM");
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

fn set<T>(option: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *option = given;
    }
}

fn string<'a>(value: Option<&'a Value>, field: &str, problems: &mut Vec<OptionProblem>) -> Option<&'a str> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => {
            problems
                .push(OptionProblem::new(field, format!("{field} must be a string, not {}", kind(other))));
            None
        }
    }
}

fn boolean(value: Option<&Value>, field: &str, problems: &mut Vec<OptionProblem>) -> Option<bool> {
    match value? {
        Value::Null => None,
        Value::Bool(given) => Some(*given),
        other => {
            problems.push(OptionProblem::new(
                field,
                format!("{field} must be true or false, not {}", kind(other)),
            ));
            None
        }
    }
}

fn one_of<T: Copy>(
    value: Option<&Value>,
    field: &str,
    words: &[(&str, T)],
    problems: &mut Vec<OptionProblem>,
) -> Option<T> {
    let given = string(value, field, problems)?;
    let found = words.iter().find(|(word, _)| *word == given).map(|(_, meaning)| *meaning);
    if found.is_none() {
        let known: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        problems.push(OptionProblem::new(field, format!("{field} must be {}", known.join(" or "))));
    }
    found
}

fn delimiter(value: Option<&Value>, problems: &mut Vec<OptionProblem>) -> Option<u8> {
    let given = string(value, "delimiter", problems)?;
    if let [byte] = given.as_bytes() {
        return Some(*byte);
    }
    let reason = format!("delimiter must be one ASCII character, not {}", given.chars().count());
    let reason =
        if given.chars().count() == 1 { "delimiter must be an ASCII character".to_owned() } else { reason };
    problems.push(OptionProblem::new("delimiter", reason));
    None
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
