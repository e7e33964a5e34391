//! The command `diagnose`: prints the diagnosis as a table that fits the terminal, or as JSON.

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;
use console::{Style, Term};
use serde_json::json;
use textwrap::{Options, WordSeparator, WordSplitter};

use super::arguments::{AwsArguments, EventArguments, seconds};
use super::exit_status;
use super::extract::show;
use super::report::Report;
use super::request::{Log, begin, refusal};
use crate::answer::Answer;
use crate::diagnose::{Diagnosis, Hop, State};
use crate::environment::Environment;
use crate::event::Given;

const EXAMPLES: &str = "\
Examples:
  What is wrong with the extraction of an event, seen from here:
    rds-data-extractor diagnose --profile account-a --event event.json

  With flags instead:
    rds-data-extractor diagnose --region eu-central-1 \\
      --db-config-param /cross-account/db-config \\
      --role-arn arn:aws:iam::222222222222:role/CrossAccountRDSRole \\
      --external-id unique-external-id \\
      --bucket data-extraction-bucket --query 'SELECT * FROM users'

Nothing that is written remains, and the query is planned but never run. Seen
from within the function: deploy.sh diagnose.

Exit status:
  0  every hop works
  1  a hop fails, the answer says why
  2  a flag is wrong";

/// The flags of `diagnose`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DiagnoseArguments {
    #[command(flatten)]
    event: EventArguments,
    /// Stop before this many seconds have passed, and report what is known by then.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<u64>,
    #[command(flatten)]
    aws: AwsArguments,
    /// Print the answer as JSON, even on a terminal.
    #[arg(long, help_heading = "Answer")]
    json: bool,
}

/// Runs the diagnosis and prints it. The exit status is 1 if a hop fails.
pub(super) async fn run(arguments: &DiagnoseArguments, environment: Environment) -> ExitCode {
    let report = Report::new(arguments.json, false);
    let read = |_: &Environment| Ok((arguments.event.event()?.with_field("action", &json!("diagnose"))?, Given::default()));
    let (answer, request_id) = match begin(&arguments.aws, environment, arguments.timeout, Log::Asked, read)
    {
        Ok(begun) => begun.answer().await,
        Err(error) => {
            let (answer, request_id) = refusal(error);
            show(report, &answer, &request_id, 0.0);
            return exit_status(&answer);
        }
    };
    match &answer {
        Answer::Diagnosed(diagnosis) if report.readable => {
            let width = usize::from(Term::stdout().size().1);
            report.print(&table(diagnosis, width, console::colors_enabled()));
        }
        answer => report.json(&answer.to_json(&request_id)),
    }
    exit_status(&answer)
}

/// The columns of the state and of the text.
const STATE: usize = 2 + 11;
const TEXT: usize = STATE + 9 + 8;
/// The column of causes and fixes.
const WHY: usize = STATE + 9;
/// Longer lines are hard to read.
const WIDEST: usize = 120;
const NARROWEST: usize = 60;

/// Formats a diagnosis for a terminal of `width` columns.
fn table(diagnosis: &Diagnosis, width: usize, colour: bool) -> String {
    let paper = Paper { width: width.clamp(NARROWEST, WIDEST), colour };
    let mut out = String::new();
    for Hop { name, result, took } in &diagnosis.0 {
        let skipped = result.state == State::Skipped;
        let (word, style) = match result.state {
            State::Ok => ("ok", Style::new().green()),
            State::Warning => ("warning", Style::new().yellow()),
            State::Failed => ("FAILED", Style::new().red().bold()),
            State::Skipped => ("skipped", Style::new().dim()),
        };
        let time = if skipped { String::new() } else { time(took.as_millis() as u64) };
        let word = paper.styled(&format!("{word:<8}"), &style);
        let head = format!("  {:<10} {word} {time:>6}  ", name.as_str());
        paper.write(
            &mut out,
            &head,
            TEXT,
            &result.detail,
            &if skipped { Style::new().dim() } else { Style::new() },
        );
        let whys = [("cause", &result.cause, Style::new()), ("fix", &result.fix, Style::new().cyan())];
        for (name, why, style) in whys {
            if let Some(why) = why {
                // Padded before it is styled, since escape codes take no columns.
                let label = paper.styled(&format!("{name:<9}"), &Style::new().dim());
                let head = format!("{:STATE$}{label}", "");
                paper.write(&mut out, &head, WHY, why, &style);
            }
        }
    }
    let style = if diagnosis.ok() { Style::new().green().bold() } else { Style::new().red().bold() };
    out.push('\n');
    paper.write(&mut out, "  ", 2, &diagnosis.verdict(), &style);
    out.truncate(out.trim_end().len());
    out
}

struct Paper {
    width: usize,
    colour: bool,
}

impl Paper {
    fn styled(&self, text: &str, style: &Style) -> String {
        style.clone().force_styling(self.colour).apply_to(text).to_string()
    }

    /// Writes `text` after `head`, which takes `indent` columns; further lines are indented below it.
    fn write(&self, out: &mut String, head: &str, indent: usize, text: &str, style: &Style) {
        for (number, line) in textwrap::wrap(text, options(self.width - indent)).iter().enumerate() {
            let line = self.styled(line, style);
            // Writing to a String does not fail.
            let _ = match number {
                0 => writeln!(out, "{head}{line}"),
                _ => writeln!(out, "{:indent$}{line}", ""),
            };
        }
    }
}

/// Returns options for wrapping that do not break names at hyphens.
fn options(width: usize) -> Options<'static> {
    Options::new(width).word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation)
}

/// Formats a duration, such as `34 ms` or `4.0 s`.
fn time(milliseconds: u64) -> String {
    if milliseconds < 1_000 {
        format!("{milliseconds} ms")
    } else {
        format!("{:.1} s", milliseconds as f64 / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::diagnose::{HopName, HopResult};

    fn diagnosis() -> Diagnosis {
        let read = "/cross-account/db-config was read from ssm at ssm.eu-central-1.amazonaws.com:443 (10.0.1.7, private).";
        let fix = "Correct port in the configuration (terraform: db_port), or leave it out and give dbInstanceIdentifier.";
        let hop =
            |name, milliseconds, result| Hop { name, result, took: Duration::from_millis(milliseconds) };
        Diagnosis(vec![
            hop(HopName::Parameter, 34, HopResult::ok(read)),
            hop(HopName::Tcp, 4_001, HopResult::failed("Refused.", "Nothing listens on port 1 there.", fix)),
            hop(HopName::Tls, 0, HopResult::skipped("not tried, since tcp fails")),
        ])
    }

    #[test]
    fn it_fits_eighty_columns() {
        let table = table(&diagnosis(), 80, false);
        assert!(table.lines().all(|line| line.len() <= 80), "{table}");
        assert_eq!(
            table,
            "  parameter  ok        34 ms  /cross-account/db-config was read from ssm at
                              ssm.eu-central-1.amazonaws.com:443 (10.0.1.7,
                              private).
  tcp        FAILED    4.0 s  Refused.
             cause    Nothing listens on port 1 there.
             fix      Correct port in the configuration (terraform: db_port), or
                      leave it out and give dbInstanceIdentifier.
  tls        skipped          not tried, since tcp fails

  It fails at tcp: Nothing listens on port 1 there."
        );
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let coloured = table(&diagnosis(), 100, true);
        assert!(coloured.contains("\u{1b}[31m"), "{coloured:?}");
        let codes = |piece: &str| piece.split_once('m').map_or(String::new(), |(_, text)| text.to_owned());
        let mut pieces = coloured.split('\u{1b}');
        let plain = pieces.next().unwrap_or_default().to_owned() + &pieces.map(codes).collect::<String>();
        assert_eq!(plain, table(&diagnosis(), 100, false));
    }
}
