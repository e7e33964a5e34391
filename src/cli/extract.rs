//! The command `extract`.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::FutureExt;

use super::arguments::ExtractArguments;
use super::interrupt::Interrupts;
use super::progress::Display;
use super::report::Report;
use super::request::answer;
use super::summary::summary;
use super::{PIPE_CLOSED, database, dry_run, exit_status};
use crate::answer::Answer;
use crate::environment::Environment;
use crate::error::{ErrorType, Result};
use crate::event::{self, Given, RawEvent};
use crate::job::LocalOutput;
use crate::pipeline::{Run, Shared};
use crate::telemetry::{self, Output};

/// The column at which the texts of the summary begin.
const INDENT: usize = 11;

pub(super) async fn run(arguments: &ExtractArguments, environment: Environment) -> ExitCode {
    let to_stdout = arguments.output == Some(LocalOutput::Stdout);
    let report = Report::new(arguments.answer.json, to_stdout);
    let request_id = format!("{:032x}", fastrand::u128(..));
    let (event, given) = match prepare(arguments, &environment) {
        Ok(prepared) => prepared,
        Err(error) => {
            let answer = Answer::Failed(error);
            show(report, &answer, &request_id, 0.0);
            return exit_status(&answer);
        }
    };
    let log = log(&environment);
    let interrupts = Interrupts::watch();
    let run = Run {
        wants_estimate: !arguments.answer.quiet && std::io::stderr().is_terminal(),
        ..Run::by_hand(request_id, arguments.timeout.map(Duration::from_secs), interrupts.once.clone())
    };
    let shared =
        Shared::new(environment).with_profile(arguments.aws.profile.clone(), arguments.aws.region.clone());
    let request = event::read_with(&event, &given, &shared.environment);
    if arguments.dry_run {
        return dry_run::run(report, request.action, &run);
    }
    // Rows and progress would garble each other on the same terminal.
    let rows_on_terminal = to_stdout && std::io::stdout().is_terminal();
    let quiet = arguments.answer.quiet || rows_on_terminal || log != Output::Nowhere;
    // Boxed, since its type would exceed the compiler's limit of depth.
    let answer = async {
        let _display = Display::start(&run, quiet);
        answer(&shared, request, &run, log).await
    };
    let mut answer = interrupts.unless_twice(answer.boxed()).await;
    if reader_is_gone(&answer, &run) {
        return ExitCode::from(PIPE_CLOSED);
    }
    if let Answer::Failed(error) = &mut answer
        && given.login.is_some()
    {
        *error = error.clone().with_hint(database::hint(error));
    }
    show(report, &answer, &run.request_id, run.deadline.elapsed().as_secs_f64());
    exit_status(&answer)
}

/// Returns the event, and the login and output that the flags name instead of AWS.
fn prepare(arguments: &ExtractArguments, environment: &Environment) -> Result<(RawEvent, Given)> {
    arguments.aws.check(environment)?;
    let event = arguments.event.event()?;
    let login = arguments.database.login(environment)?;
    Ok((event, Given { login, output: arguments.output.clone() }))
}

/// Initializes the JSON log only if `LOG_LEVEL` is set; otherwise progress is shown instead.
fn log(environment: &Environment) -> Output {
    if environment.get("LOG_LEVEL").is_none() {
        return Output::Nowhere;
    }
    telemetry::init(environment, Output::Stderr);
    Output::Stderr
}

/// Returns whether the run ended because the reader closed the pipe, as `head` does after its lines.
fn reader_is_gone(answer: &Answer, run: &Run) -> bool {
    let cancelled = matches!(answer, Answer::Failed(error) if error.error_type == ErrorType::Cancelled);
    cancelled && !*run.interrupted.borrow()
}

pub(super) fn show(report: Report, answer: &Answer, request_id: &str, seconds: f64) {
    if !report.readable {
        return report.json(&answer.to_json(request_id));
    }
    let mut page = report.page(INDENT);
    summary(answer, seconds, &mut page);
    report.print(&page.text());
}
