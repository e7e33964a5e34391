//! A diagnosis as a table that fits the terminal.

use std::fmt::Write;

use console::{Style, measure_text_width};
use serde_json::Value;

/// Where the time begins, and where the text.
const STATE: usize = 2 + 11;
const TEXT: usize = STATE + 9 + 8;
/// Where causes and mends begin, below the state.
const WHY: usize = STATE + 9;
/// Lines beyond are hard to follow with the eye.
const WIDEST: usize = 120;
const NARROWEST: usize = 60;

/// The answer of a diagnosis in words, for a terminal of `width` columns; `None` if it is another answer.
pub(super) fn table(answer: &Value, width: usize, colour: bool) -> Option<String> {
    let body = &answer["body"];
    let hops = body["hops"].as_array()?;
    let paper = Paper { width: width.clamp(NARROWEST, WIDEST), colour };
    let mut out = String::new();
    for hop in hops {
        let text = |name: &str| hop[name].as_str().unwrap_or_default();
        let state = text("state");
        let (word, style) = match state {
            "ok" => ("ok", Style::new().green()),
            "warning" => ("warning", Style::new().yellow()),
            "failed" => ("FAILED", Style::new().red().bold()),
            _ => ("skipped", Style::new().dim()),
        };
        let time = if state == "skipped" { String::new() } else { time(hop["milliseconds"].as_u64().unwrap_or_default()) };
        let word = paper.styled(&format!("{word:<8}"), &style);
        let head = format!("  {:<10} {word} {time:>6}  ", text("hop"));
        paper.write(&mut out, &head, TEXT, text("detail"), &if state == "skipped" { Style::new().dim() } else { Style::new() });
        for (name, style) in [("cause", Style::new()), ("mend", Style::new().cyan())] {
            if let Some(why) = hop[name].as_str() {
                let head = format!("{:STATE$}{:<9}", "", paper.styled(name, &Style::new().dim()));
                // The escape codes of a style take no columns.
                let head = format!("{head}{:1$}", "", WHY.saturating_sub(measure_text_width(&head)));
                paper.write(&mut out, &head, WHY, why, &style);
            }
        }
    }
    let ok = body["ok"] == true;
    let style = if ok { Style::new().green().bold() } else { Style::new().red().bold() };
    out.push('\n');
    paper.write(&mut out, "  ", 2, body["verdict"].as_str().unwrap_or_default(), &style);
    out.truncate(out.trim_end().len());
    Some(out)
}

struct Paper {
    width: usize,
    colour: bool,
}

impl Paper {
    fn styled(&self, text: &str, style: &Style) -> String {
        style.clone().force_styling(self.colour).apply_to(text).to_string()
    }

    /// Writes `text` behind `head`, which takes `indent` columns, and its further lines below.
    fn write(&self, out: &mut String, head: &str, indent: usize, text: &str, style: &Style) {
        let lines = textwrap::wrap(text, self.width - indent);
        for (number, line) in lines.iter().enumerate() {
            let line = self.styled(line, style);
            // Writing to a text does not fail.
            let _ = match number {
                0 => writeln!(out, "{head}{line}"),
                _ => writeln!(out, "{:indent$}{line}", ""),
            };
        }
        if lines.is_empty() {
            let _ = writeln!(out, "{}", head.trim_end());
        }
    }
}

/// Such as `34 ms` or `4.0 s`.
fn time(milliseconds: u64) -> String {
    if milliseconds < 1_000 {
        format!("{milliseconds} ms")
    } else {
        format!("{:.1} s", milliseconds as f64 / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer() -> Value {
        json!({"statusCode": 200, "body": {"ok": false, "verdict": "It fails at tcp: Nothing listens on port 1 there.", "hops": [
            {"hop": "parameter", "state": "ok", "milliseconds": 34, "detail": "/cross-account/db-config was read from ssm at ssm.eu-central-1.amazonaws.com:443 (10.0.1.7, private)."},
            {"hop": "tcp", "state": "failed", "milliseconds": 4001, "detail": "Refused.", "cause": "Nothing listens on port 1 there.", "mend": "Correct port in the configuration (terraform: db_port), or leave it out and give dbInstanceIdentifier."},
            {"hop": "tls", "state": "skipped", "milliseconds": 0, "detail": "not tried, since tcp fails"},
        ]}})
    }

    #[test]
    fn it_fits_eighty_columns() {
        let table = table(&answer(), 80, false).unwrap();
        assert!(table.lines().all(|line| line.len() <= 80), "{table}");
        assert_eq!(
            table,
            "  parameter  ok        34 ms  /cross-account/db-config was read from ssm at
                              ssm.eu-central-1.amazonaws.com:443 (10.0.1.7,
                              private).
  tcp        FAILED    4.0 s  Refused.
             cause    Nothing listens on port 1 there.
             mend     Correct port in the configuration (terraform: db_port), or
                      leave it out and give dbInstanceIdentifier.
  tls        skipped          not tried, since tcp fails

  It fails at tcp: Nothing listens on port 1 there."
        );
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let coloured = table(&answer(), 100, true).unwrap();
        assert!(coloured.contains("\u{1b}[31m"), "{coloured:?}");
        assert_eq!(console::strip_ansi_codes(&coloured), table(&answer(), 100, false).unwrap());
    }

    #[test]
    fn another_answer_is_none_of_its() {
        assert_eq!(table(&json!({"body": {"error": "x"}}), 80, false), None);
    }
}
