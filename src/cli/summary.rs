//! Formats an answer in words.

use console::Style;
use indicatif::{HumanBytes, HumanCount};

use super::page::Page;
use super::report::Report;
use crate::answer::{Answer, Extracted};
use crate::error::{Error, Stage};

/// The column at which the texts of the summary begin.
const INDENT: usize = 11;

/// Prints an answer: as JSON for a program, else in words.
pub(super) fn show(report: Report, answer: &Answer, request_id: &str, seconds: f64) {
    if !report.readable {
        return report.json(&answer.to_json(request_id));
    }
    let mut page = report.page(INDENT);
    summary(answer, seconds, &mut page);
    report.print(&page.text());
}

/// Adds what a person wants to know after a run: how much was written, how fast, and where it is.
fn summary(answer: &Answer, seconds: f64, page: &mut Page) {
    if let Answer::Failed(error) = answer {
        return failure(error, page);
    }
    page.heading(&Style::new().green().bold(), &answer.message());
    if let Answer::Extracted(extracted) = answer {
        figures(extracted, seconds, page);
    }
    for warning in answer.warnings() {
        page.row_in(&Style::new().yellow(), "warning", warning);
    }
    if let Answer::Extracted(Extracted { outcome, .. }) = answer {
        match (&outcome.s3_location, &outcome.file) {
            (Some(folder), _) if outcome.set.is_some() => {
                page.verbatim("set", folder);
                page.verbatim("fetch", &format!("aws s3 sync {} .", quoted(folder)));
            }
            (None, Some(folder)) if outcome.set.is_some() => page.verbatim("set", folder),
            (Some(location), _) => {
                page.verbatim("object", location);
                page.verbatim("fetch", &format!("aws s3 cp {} .", quoted(location)));
            }
            (None, Some(file)) => page.verbatim("file", file),
            (None, None) => {}
        }
    }
}

fn figures(Extracted { outcome, timings, .. }: &Extracted, seconds: f64, page: &mut Page) {
    let (rows, bytes) = (outcome.records_processed, outcome.bytes_written);
    if outcome.columns > 0 {
        let a_second = |amount: u64| (amount as f64 / seconds.max(0.001)) as u64;
        let noun = if outcome.columns == 1 { "column" } else { "columns" };
        page.row("rows", &format!("{} ({} {noun})", HumanCount(rows), outcome.columns));
        page.row("bytes", &HumanBytes(bytes).to_string());
        if let Some(files) = outcome.set.as_ref().and_then(|set| set.files) {
            page.row("files", &HumanCount(files).to_string());
        }
        let (rows, bytes) = (HumanCount(a_second(rows)), HumanBytes(a_second(bytes)));
        page.row("rate", &format!("{rows} rows/s, {bytes}/s"));
        page.row("time", &format!("{seconds:.1} s{}", stages(timings)));
    } else if bytes > 0 {
        page.row("bytes", &HumanBytes(bytes).to_string());
    }
}

/// Formats the time spent in each stage, in the order of the pipeline: `: connection 0.02 s, rows 41.00 s`.
fn stages(timings: &[(&'static str, u64)]) -> String {
    let spent = |stage: &Stage| {
        let (_, milliseconds) = timings.iter().find(|(name, spent)| *name == stage.as_str() && *spent > 0)?;
        Some(format!("{stage} {:.2} s", *milliseconds as f64 / 1e3))
    };
    let stages: Vec<_> = Stage::ALL.iter().filter_map(spent).collect();
    if stages.is_empty() { String::new() } else { format!(": {}", stages.join(", ")) }
}

fn failure(error: &Error, page: &mut Page) {
    let heading = format!("{} in stage {}", error.error_type.as_str(), error.stage);
    page.heading(&Style::new().red().bold(), &heading);
    page.row("what", &error.message);
    page.row("fix", &error.advice());
    if error.retryable {
        page.row("retry", "The same request may succeed later.");
    }
}

/// Quotes a text for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn stages_are_in_the_order_of_the_pipeline() {
        let timings = [("upload", 1_500), ("connection", 20), ("event", 0), ("rows", 41_000)];
        assert_eq!(super::stages(&timings), ": connection 0.02 s, rows 41.00 s, upload 1.50 s");
        assert_eq!(super::stages(&[]), "");
    }

    #[test]
    fn names_are_quoted_for_the_shell() {
        assert_eq!(super::quoted("s3://b/it's.csv"), r"'s3://b/it'\''s.csv'");
    }
}
