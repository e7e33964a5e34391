//! Prints an answer: as JSON for programs, in words for a person at a terminal.

use std::io::{IsTerminal, Write};

use console::{Style, Term};
use serde_json::Value;

/// Where an answer is printed, and in which form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report {
    to_stderr: bool,
    /// Whether the answer is printed in words for a person.
    pub(super) readable: bool,
}

/// Longer lines are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

impl Report {
    /// Creates a report to standard output, or to standard error if the CSV goes to standard output.
    pub(super) fn new(json: bool, to_stderr: bool) -> Self {
        let terminal =
            if to_stderr { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
        Self { to_stderr, readable: terminal && !json }
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
        self.print(&format!("{answer:#}"));
    }

    /// Creates a page as wide as the terminal; the texts of labelled lines begin at column `indent`.
    pub(super) fn page(self, indent: usize) -> Page {
        let term = if self.to_stderr { Term::stderr() } else { Term::stdout() };
        let width = usize::from(term.size().1).clamp(40, WIDEST);
        Page { width, indent, to_stderr: self.to_stderr, lines: Vec::new() }
    }
}

/// Formatted text for a terminal.
#[derive(Debug)]
pub(super) struct Page {
    width: usize,
    indent: usize,
    to_stderr: bool,
    lines: Vec<String>,
}

impl Page {
    /// Adds a heading in a style.
    pub(super) fn heading(&mut self, style: &Style, text: &str) {
        let styled = self.styled(style);
        self.lines
            .extend(wrap(text, self.width, "", "  ").iter().map(|line| styled.apply_to(line).to_string()));
    }

    /// Adds a label and its text, which wraps at the indent.
    pub(super) fn row(&mut self, label: &str, text: &str) {
        self.row_in(&Style::new(), label, text);
    }

    /// Adds a label in a style and its text, which wraps at the indent.
    pub(super) fn row_in(&mut self, style: &Style, label: &str, text: &str) {
        let indent = " ".repeat(self.indent);
        let wrapped = wrap(text, self.width, &indent, &indent);
        let label = format!("  {label:<width$}", width = self.indent - 2);
        let styled = self.styled(style).apply_to(label).to_string();
        let mut lines = wrapped.into_iter();
        let first = lines.next().unwrap_or_default();
        self.lines.push(format!("{styled}{}", first.get(self.indent..).unwrap_or_default()));
        self.lines.extend(lines);
    }

    /// Adds a label and a text that is not wrapped, so that it can be copied.
    pub(super) fn verbatim(&mut self, label: &str, text: &str) {
        self.lines.push(format!("  {label:<width$}{text}", width = self.indent - 2));
    }

    pub(super) fn text(self) -> String {
        self.lines.join("\n")
    }

    fn styled(&self, style: &Style) -> Style {
        if self.to_stderr { style.clone().for_stderr() } else { style.clone() }
    }
}

/// Wraps a text without breaking words, so that names and commands can be copied.
fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        // Set explicitly, since features that other crates enable would allow breaks at slashes.
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_hint_wraps_at_the_indent_and_keeps_its_words_whole() {
        let mut page = Page { width: 40, indent: 11, to_stderr: false, lines: Vec::new() };
        let long = "Allow ssm:GetParameter (for a path ssm:GetParametersByPathAndSoOnAndOn) to the role.";
        page.row("fix", long);
        let text = page.text();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("  fix      Allow ssm:GetParameter"), "{text}");
        assert!(lines[1..].iter().all(|line| line.starts_with(&" ".repeat(11))), "{text}");
        assert_eq!(text.split_whitespace().skip(1).collect::<Vec<_>>().join(" "), long);
    }
}
