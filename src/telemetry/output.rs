//! The output of the log.

use std::io::Write;

/// Where the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To standard output, which is Lambda's log.
    Stdout,
    /// To standard error, as on the command line, where standard output has the response.
    Stderr,
    /// Nowhere, since a person uses the command line and has not asked for a log.
    Nowhere,
}

impl Output {
    pub(super) fn write(self, line: &str) {
        // A log that cannot be written is no reason to fail an extraction.
        let _ = match self {
            Self::Stdout => writeln!(std::io::stdout().lock(), "{line}"),
            Self::Stderr => writeln!(std::io::stderr().lock(), "{line}"),
            Self::Nowhere => Ok(()),
        };
    }
}
