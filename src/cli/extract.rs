//! The command `extract`.

use std::io::IsTerminal;
use std::process::ExitCode;

use extractor_encode::csv::Dialect;
use futures_util::FutureExt;

use super::arguments::ExtractArguments;
use super::exit::{PIPE_CLOSED, exit_status};
use super::progress::Display;
use super::report::Report;
use super::request::{Log, begin, refusal};
use super::summary::show;
use super::{database, dry_run};
use crate::answer::Answer;
use crate::environment::Environment;
use crate::error::ErrorType;
use crate::event::Given;
use crate::job::LocalOutput;
use crate::pipeline::Run;
use crate::telemetry::Output;

pub(super) async fn run(arguments: &ExtractArguments, environment: Environment) -> ExitCode {
    let to_stdout = arguments.local_output() == Some(&LocalOutput::Stdout);
    let report = Report::new(arguments.answer.json, to_stdout);
    // Notes on the login, if the command line names the database.
    let mut notes = None;
    let read = |environment: &Environment| {
        let event = arguments.event()?;
        let is_configured =
            arguments.event.names_a_configuration() || environment.get("DB_CONFIG_PARAM").is_some();
        let login = arguments.database.login(environment, is_configured)?;
        notes = login.as_ref().map(|login| login.notes.clone());
        // By default, a person at a shell gets files that lose nothing; an event means the same here as in
        // the function.
        let dialect = (login.is_some() && !arguments.event.has_event()).then_some(Dialect::Postgres);
        let output = arguments.local_output().cloned();
        Ok((event, Given { login, output, is_folder: arguments.is_folder(), dialect, from_shell: true }))
    };
    let mut begun = match begin(&arguments.aws, environment, arguments.timeout, Log::Asked, read) {
        Ok(begun) => begun,
        Err(error) => {
            let (answer, request_id) = refusal(error);
            show(report, &answer, &request_id, 0.0);
            return exit_status(&answer);
        }
    };
    begun.run.wants_estimate = !arguments.answer.quiet && std::io::stderr().is_terminal();
    let run = begun.run.clone();
    if arguments.dry_run {
        return dry_run::run(report, begun.request.action, &run);
    }
    // Rows and progress would garble each other on the same terminal.
    let rows_on_terminal = to_stdout && std::io::stdout().is_terminal();
    let display =
        Display::start(&run, arguments.answer.quiet || rows_on_terminal || begun.log != Output::Nowhere);
    // Boxed, since its type would exceed the compiler's limit of depth.
    let (mut answer, request_id) = begun.answer().boxed().await;
    drop(display);
    if reader_is_gone(&answer, &run) {
        return ExitCode::from(PIPE_CLOSED);
    }
    if let Answer::Failed(error) = &mut answer
        && let Some(notes) = &notes
    {
        *error = error.clone().with_hint(database::hint(error, notes));
    }
    show(report, &answer, &request_id, run.deadline.elapsed().as_secs_f64());
    exit_status(&answer)
}

/// Returns whether the run ended because the reader of its pipe is gone, as `head` is after its lines.
fn reader_is_gone(answer: &Answer, run: &Run) -> bool {
    let cancelled = matches!(answer, Answer::Failed(error) if error.error_type == ErrorType::Cancelled);
    cancelled && !*run.interrupted.borrow()
}
