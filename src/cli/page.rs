//! Text for a terminal, wrapped.

use console::Style;

/// Longer lines are hard to read.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;

/// Text for a terminal, line by line.
#[derive(Debug)]
pub(super) struct Page {
    width: usize,
    indent: usize,
    colour: bool,
    lines: Vec<String>,
}

impl Page {
    /// Creates an empty page for a terminal of `width` columns. `indent` is the column at which the texts of
    /// rows begin.
    pub(super) fn new(width: usize, indent: usize, colour: bool) -> Self {
        Self { width: width.clamp(NARROWEST, WIDEST), indent, colour, lines: Vec::new() }
    }

    /// Adds a heading in a style.
    pub(super) fn heading(&mut self, style: &Style, text: &str) {
        self.wrapped("", 2, style, text);
    }

    /// Adds a label and its text, which wraps at the indent.
    pub(super) fn row(&mut self, label: &str, text: &str) {
        self.row_in(&Style::new(), label, text);
    }

    /// Adds a label in a style and its text, which wraps at the indent.
    pub(super) fn row_in(&mut self, style: &Style, label: &str, text: &str) {
        let label = format!("  {label:<width$}", width = self.indent - 2);
        self.wrapped(&self.styled(style, &label), self.indent, &Style::new(), text);
    }

    /// Adds a label and a text that is not wrapped, so that it can be copied.
    pub(super) fn verbatim(&mut self, label: &str, text: &str) {
        self.lines.push(format!("  {label:<width$}{text}", width = self.indent - 2));
    }

    /// Adds a line that is not wrapped.
    pub(super) fn line(&mut self, text: &str) {
        self.lines.push(text.to_owned());
    }

    /// Adds an empty line.
    pub(super) fn gap(&mut self) {
        self.lines.push(String::new());
    }

    /// Adds a text in a style after `head`, whose escape codes take no columns. It wraps at column `indent`.
    pub(super) fn wrapped(&mut self, head: &str, indent: usize, style: &Style, text: &str) {
        // Words are not broken, so that names and commands can be copied.
        let options = textwrap::Options::new(self.width - indent)
            .break_words(false)
            // Set explicitly, since features that other crates enable would allow breaks at slashes.
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for (number, line) in textwrap::wrap(text, options).iter().enumerate() {
            let line = self.styled(style, line);
            self.lines.push(if number == 0 {
                format!("{head}{line}")
            } else {
                format!("{:indent$}{line}", "")
            });
        }
    }

    /// Returns the text in a style, with escape codes if the terminal shows colours.
    pub(super) fn styled(&self, style: &Style, text: &str) -> String {
        style.clone().force_styling(self.colour).apply_to(text).to_string()
    }

    /// Returns the whole page.
    pub(super) fn text(self) -> String {
        self.lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_hint_wraps_at_the_indent_and_keeps_its_words_whole() {
        let mut page = Page::new(40, 11, false);
        let long = "Grant ssm:GetParameter (for a path ssm:GetParametersByPathAndSoOnAndOn) to the role.";
        page.row("fix", long);
        let text = page.text();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("  fix      Grant ssm:GetParameter"), "{text}");
        assert!(lines[1..].iter().all(|line| line.starts_with(&" ".repeat(11))), "{text}");
        assert_eq!(text.split_whitespace().skip(1).collect::<Vec<_>>().join(" "), long);
    }
}
