//! The command `diagnose`: prints the diagnosis as a table that fits the terminal, or as JSON.

use std::process::ExitCode;

use console::Style;

use super::arguments::DiagnoseArguments;
use super::exit::exit_status;
use super::page::Page;
use super::report::Report;
use super::request::{Begun, Log};
use super::summary::show;
use crate::answer::Answer;
use crate::diagnose::{Diagnosis, Hop, State};
use crate::environment::Environment;
use crate::error::Result;
use crate::event;
use crate::job::Request;

/// Runs the diagnosis and prints it. The exit status is 1 if a hop fails.
pub(super) async fn run(arguments: &DiagnoseArguments, environment: Environment) -> ExitCode {
    let begun = Begun::new(&arguments.aws, environment, arguments.timeout, Log::Asked).await;
    let report = Report::new(arguments.json, false).on_one_line(begun.is_task);
    let answer = begun.answer(request(arguments, &begun).await).await;
    match &answer {
        Answer::Diagnosed(diagnosis) if report.readable => {
            report.print(&table(diagnosis, report.page(TEXT)));
        }
        answer => show(report, answer, &begun.run.request_id, 0.0),
    }
    exit_status(&answer)
}

async fn request(arguments: &DiagnoseArguments, begun: &Begun) -> Result<Request> {
    begun.check()?;
    let given = begun.read(arguments.event.source(begun.environment())?).await?;
    Ok(event::read(&arguments.event(given.as_deref())?, begun.environment()))
}

/// The columns of the state and of the text.
const STATE: usize = 2 + 11;
const TEXT: usize = STATE + 9 + 8;
/// The column of causes and fixes.
const WHY: usize = STATE + 9;

/// Formats a diagnosis.
fn table(diagnosis: &Diagnosis, mut page: Page) -> String {
    for Hop { name, result, took } in &diagnosis.0 {
        let skipped = result.state == State::Skipped;
        let (word, style) = match result.state {
            State::Ok => ("ok", Style::new().green()),
            State::Warning => ("warning", Style::new().yellow()),
            State::Failed => ("FAILED", Style::new().red().bold()),
            State::Skipped => ("skipped", Style::new().dim()),
        };
        let time = if skipped { String::new() } else { time(took.as_millis() as u64) };
        let word = page.styled(&style, &format!("{word:<8}"));
        let head = format!("  {:<10} {word} {time:>6}  ", name.as_str());
        let style = if skipped { Style::new().dim() } else { Style::new() };
        page.wrapped(&head, TEXT, &style, &result.detail);
        let whys = [("cause", &result.cause, Style::new()), ("fix", &result.fix, Style::new().cyan())];
        for (name, why, style) in whys {
            if let Some(why) = why {
                // Padded before it is styled, since escape codes take no columns.
                let label = page.styled(&Style::new().dim(), &format!("{name:<9}"));
                page.wrapped(&format!("{:STATE$}{label}", ""), WHY, &style, why);
            }
        }
    }
    let style = if diagnosis.ok() { Style::new().green().bold() } else { Style::new().red().bold() };
    page.gap();
    page.wrapped("  ", 2, &style, &diagnosis.verdict());
    page.text()
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
        let table = table(&diagnosis(), Page::new(80, TEXT, false));
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
        let coloured = table(&diagnosis(), Page::new(100, TEXT, true));
        assert!(coloured.contains("\u{1b}[31m"), "{coloured:?}");
        let codes = |piece: &str| piece.split_once('m').map_or(String::new(), |(_, text)| text.to_owned());
        let mut pieces = coloured.split('\u{1b}');
        let plain = pieces.next().unwrap_or_default().to_owned() + &pieces.map(codes).collect::<String>();
        assert_eq!(plain, table(&diagnosis(), Page::new(100, TEXT, false)));
    }
}
