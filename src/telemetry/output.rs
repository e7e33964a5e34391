//! Where lines go.

use std::io::Write;

/// Where lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Lambda's log.
    Stdout,
    /// The command line's, where stdout has the response.
    Stderr,
    /// Nobody asked for a log: a person watches the command line.
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
