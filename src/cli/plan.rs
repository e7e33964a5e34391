//! The command `plan`: writes a list of extractions, or shows it with the planner's figures.

use std::process::ExitCode;
use std::time::Duration;

use console::Style;

use super::arguments::{ListOutput, PlanArguments};
use super::exit::exit_status;
use super::page::Page;
use super::report::Report;
use super::request::{Begun, Log};
use super::summary::show;
use crate::answer::Answer;
use crate::diagnose::{bytes_in_words, time_in_words};
use crate::environment::Environment;
use crate::event::{self, Given};
use crate::job::{Action, Naming, PlanTarget};
use crate::plan::{Estimates, Planned};

/// The column at which the texts begin.
const INDENT: usize = 11;
/// The width of a column of figures, of which the longest is "less than 1 s".
const FIGURES: usize = 15;
/// The column at which the reason begins why there are no figures.
const REASON: usize = 4;

/// Makes the plan and prints its answer.
pub(super) async fn run(arguments: &PlanArguments, environment: Environment) -> ExitCode {
    let report = Report::new(arguments.json, false);
    let begun = Begun::new(&arguments.aws, environment, arguments.timeout, Log::Asked).await;
    let run = &begun.run;
    let request = begun.check().and_then(|()| arguments.event()).map(|event| {
        let given = Given { from_shell: true, ..Given::default() };
        let mut request = event::read_with(&event, &given, begun.environment());
        if let Action::Plan(Ok(plan)) = &mut request.action {
            let naming = Naming { request_id: &run.request_id, started: run.started };
            match &arguments.output {
                _ if arguments.dry_run => plan.target = PlanTarget::Estimate(arguments.concurrency),
                Some(ListOutput::File(path)) => {
                    plan.target = PlanTarget::File(path.resolve(naming, None).into());
                }
                Some(ListOutput::Object(bucket, key)) => {
                    plan.target =
                        PlanTarget::Object { bucket: bucket.clone(), key: key.resolve(naming, None) };
                }
                None => {}
            }
        }
        request
    });
    let answer = begun.answer(request).await;
    match &answer {
        Answer::Planned(planned, _) if report.readable => {
            let mut page = report.page(INDENT);
            summary(planned, &mut page);
            report.print(&page.text());
        }
        answer => show(report, answer, &run.request_id, 0.0),
    }
    exit_status(&answer)
}

fn summary(planned: &Planned, page: &mut Page) {
    page.heading(&Style::new().green().bold(), &planned.message());
    for warning in &planned.warnings {
        page.row_in(&Style::new().yellow(), "warning", warning);
    }
    if let Some(place) = &planned.kept {
        page.verbatim("list", &place.location());
    }
    if let Some(estimates) = &planned.estimates {
        return table(planned, estimates, page);
    }
    let (first, last) = (planned.locations.first(), planned.locations.last());
    for (label, location) in [("first", first), ("last", last.filter(|last| Some(*last) != first))] {
        if let Some(location) = location {
            page.verbatim(label, location);
        }
    }
}

/// Adds a line for each event, then the sums and what they are made of.
fn table(planned: &Planned, estimates: &Estimates, page: &mut Page) {
    page.gap();
    page.line(&line(["ROWS", "BYTES", "TIME"].map(str::to_owned), "OBJECT"));
    let mut said = None;
    for (location, one) in planned.locations.iter().zip(&estimates.of_events) {
        match one {
            Ok(one) => page.line(&line(words(one.rows, one.bytes, one.time), location)),
            Err(why) => {
                page.line(&line([(); 3].map(|()| "?".to_owned()), location));
                // A database that does not answer has many exports.
                if said.replace(why) != Some(why) {
                    page.wrapped(&" ".repeat(REASON), REASON, &Style::new().yellow(), why);
                }
            }
        }
    }
    let (rows, bytes) = estimates.sums();
    page.line(&line(words(rows, bytes, estimates.time()), &format!("all, {} at once", estimates.at_once)));
    page.gap();
    page.wrapped("", 0, &Style::new().dim(), &made_of(estimates));
}

fn words(rows: f64, bytes: f64, time: Duration) -> [String; 3] {
    [format!("{rows:.0}"), bytes_in_words(bytes), time_in_words(time)]
}

fn line(figures: [String; 3], location: &str) -> String {
    let figures = figures.map(|figure| format!("{figure:>FIGURES$}")).concat();
    format!("{figures}  {location}")
}

fn made_of(estimates: &Estimates) -> String {
    let unknown = match estimates.unknown() {
        0 => "",
        _ => "What has a question mark is not in the sums. ",
    };
    format!(
        "{unknown}Rows are the planner's, and bytes are those before compression, from the average widths that ANALYZE has \
         found. The time is that of one reader on a whole core: 20 µs for a page of cost 1, and 40 MB a second. It does not \
         know how long a function or a task takes to start, nor that exports of one server slow each other down."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Estimated;

    #[test]
    fn each_export_has_a_line_and_all_have_a_sum() {
        let locations = ["a", "b", "c", "d"].map(|name| format!("s3://bucket/{name}.csv")).to_vec();
        let known =
            |rows, seconds| Ok(Estimated { rows, bytes: rows * 1e3, time: Duration::from_secs(seconds) });
        let unknown = || Err("ConnectTimeout: The database did not answer.".to_owned());
        let of_events = vec![known(1500.0, 200), unknown(), unknown(), known(10.0, 0)];
        let planned = Planned { by: "events", locations, kept: None, estimates: None, warnings: Vec::new() };
        let mut page = Page::new(80, INDENT, false);
        table(&planned, &Estimates { of_events, at_once: 2 }, &mut page);
        let text = page.text();
        let lines: Vec<_> = text.lines().take(8).collect();
        assert_eq!(
            lines,
            [
                "",
                "           ROWS          BYTES           TIME  OBJECT",
                "           1500         1.5 MB          3 min  s3://bucket/a.csv",
                "              ?              ?              ?  s3://bucket/b.csv",
                "    ConnectTimeout: The database did not answer.",
                "              ?              ?              ?  s3://bucket/c.csv",
                "             10          10 kB  less than 1 s  s3://bucket/d.csv",
                "           1510         1.5 MB          3 min  all, 2 at once",
            ]
        );
        assert!(text.contains("What has a question mark is not in the sums."), "{text}");
    }
}
