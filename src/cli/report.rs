//! Prints an answer: as JSON for programs, in words for a person at a terminal.

use std::io::{ErrorKind, IsTerminal, Write};

use console::Term;
use serde_json::Value;

use super::page::Page;
use crate::local;

/// Where an answer is printed, and in which form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report {
    to_stderr: bool,
    /// Whether JSON is printed on one line, as a log takes it.
    on_one_line: bool,
    /// Whether the answer is printed in words for a person.
    pub(super) readable: bool,
}

impl Report {
    /// Creates a report to standard output, or to standard error if the rows go to standard output.
    pub(super) fn new(json: bool, to_stderr: bool) -> Self {
        let terminal =
            if to_stderr { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
        Self { to_stderr, on_one_line: false, readable: terminal && !json }
    }

    /// Prints JSON on one line: the log of a container takes each line for an event of its own.
    pub(super) fn on_one_line(self, on_one_line: bool) -> Self {
        Self { on_one_line, ..self }
    }

    /// Prints a text unchanged.
    pub(super) fn print(self, text: &str) {
        // A closed pipe is not an error.
        let _ = if self.to_stderr {
            writeln!(std::io::stderr(), "{text}")
        } else {
            writeln!(std::io::stdout(), "{text}")
        };
    }

    /// Prints an answer as JSON.
    pub(super) fn json(self, answer: &Value) {
        self.print(&if self.on_one_line { answer.to_string() } else { format!("{answer:#}") });
    }

    /// Creates a page as wide as the terminal; the texts of labelled lines begin at column `indent`.
    pub(super) fn page(self, indent: usize) -> Page {
        let (term, colour) = if self.to_stderr {
            (Term::stderr(), console::colors_enabled_stderr())
        } else {
            (Term::stdout(), console::colors_enabled())
        };
        Page::new(usize::from(term.size().1), indent, colour)
    }
}

/// Writes a result to standard output, and returns whether that succeeded. A closed pipe is not an error,
/// since its reader has seen enough.
pub(super) fn write_stdout(result: &[u8]) -> bool {
    let mut stdout = std::io::stdout();
    let written = local::stdout().and_then(|_| stdout.write_all(result)).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = writeln!(std::io::stderr(), "Standard output could not be written: {error}.");
            false
        }
        _ => true,
    }
}
