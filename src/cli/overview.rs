//! The command `overview`: writes the page to a bucket or a file, and prints its findings.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::process::ExitCode;

use console::Style;
use extractor_overview::Severity;

use super::arguments::OverviewArguments;
use super::exit::exit_status;
use super::report::write_stdout;
use super::request::{Begun, Log};
use crate::answer::Answer;
use crate::environment::Environment;
use crate::event;
use crate::job::{Action, Naming, PageTarget, Request};
use crate::overview::Kept;

/// Creates the page and prints its findings. The exit status is 1 if anything could not be queried.
pub(super) async fn run(arguments: &OverviewArguments, environment: Environment) -> ExitCode {
    let begun = Begun::new(&arguments.aws, environment, arguments.timeout, Log::Unwatched).await;
    let event = begun.check().and_then(|()| arguments.event());
    let mut request = event.map(|event| event::read(&event, begun.environment()));
    if let (Ok(Request { action: Action::Overview(Ok(survey)), .. }), Some(path)) =
        (&mut request, &arguments.output)
    {
        let naming = Naming { request_id: &begun.run.request_id, started: begun.run.started };
        survey.target = Some(PageTarget::File(path.resolve(naming, None).into()));
    }
    let answer = begun.answer(request).await;
    let for_people = std::io::stdout().is_terminal() && !arguments.json;
    let shown = match &answer {
        Answer::Overviewed(kept, _) if for_people => summary(kept),
        Answer::Failed(error) if for_people => format!("{error}\n{}\n", error.advice()),
        answer => format!("{:#}\n", answer.to_json(&begun.run.request_id)),
    };
    if write_stdout(shown.as_bytes()) { exit_status(&answer) } else { ExitCode::FAILURE }
}

fn summary(kept: &Kept) -> String {
    let mut out = String::new();
    for finding in &kept.overview.findings {
        let style = match finding.severity {
            Severity::Critical => Style::new().red(),
            Severity::Warning => Style::new().yellow(),
        };
        let place: Vec<&str> =
            [&finding.account, &finding.region].into_iter().flatten().map(String::as_str).collect();
        let _ = writeln!(
            out,
            "{} {} {}\n    {}",
            style.apply_to(finding.kind.name()),
            finding.subject,
            Style::new().dim().apply_to(place.join(" ")),
            finding.what,
        );
    }
    for warning in &kept.warnings {
        let _ = writeln!(out, "Warning: {warning}");
    }
    let _ = writeln!(out, "{}\n{}", kept.message(), kept.location);
    out
}
