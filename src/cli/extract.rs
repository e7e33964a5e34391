//! The command `extract`.

use std::io::IsTerminal;
use std::process::ExitCode;

use extractor_encode::csv::Dialect;
use futures_util::FutureExt;

use super::arguments::ExtractArguments;
use super::exit::{PIPE_CLOSED, exit_status, exit_status_unwritten};
use super::progress::Display;
use super::report::Report;
use super::request::{Begun, Log};
use super::summary::show;
use super::{database, dry_run, result};
use crate::answer::Answer;
use crate::environment::Environment;
use crate::error::{ErrorType, Result};
use crate::event::{self, Given};
use crate::job::{LocalOutput, Request};
use crate::pipeline::Run;
use crate::telemetry::Output;

pub(super) async fn run(arguments: &ExtractArguments, environment: Environment) -> ExitCode {
    let to_stdout = arguments.local_output() == Some(&LocalOutput::Stdout);
    let mut begun = Begun::new(&arguments.aws, environment, arguments.timeout, Log::Asked).await;
    let report = Report::new(arguments.answer.json, to_stdout).on_one_line(begun.is_task);
    let (place, asked) = match arguments.result(begun.environment()) {
        Ok(place) => (place, read(arguments, &begun).await),
        Err(error) => (None, Err(error)),
    };
    // An event that cannot be read is logged and counted as the function does it.
    let Asked { request, notes } = asked
        .unwrap_or_else(|error| Asked { request: event::refused(error, begun.environment()), notes: None });
    begun.run.wants_estimate = !arguments.answer.quiet && std::io::stderr().is_terminal();
    let run = &begun.run;
    if arguments.dry_run {
        return dry_run::run(report, request.action, run);
    }
    // Rows and progress would garble each other on the same terminal.
    let rows_on_terminal = to_stdout && std::io::stdout().is_terminal();
    let display =
        Display::start(run, arguments.answer.quiet || rows_on_terminal || begun.log != Output::Nowhere);
    // Boxed, since its type would exceed the compiler's limit of depth.
    let mut answer = begun.answer(Ok(request)).boxed().await;
    drop(display);
    let is_gone = reader_is_gone(&answer, run);
    if let Answer::Failed(error) = &mut answer
        && let Some(notes) = &notes
    {
        *error = error.clone().with_hint(database::hint(error, notes));
    }
    if !is_gone {
        show(report, &answer, &run.request_id, run.deadline.elapsed().as_secs_f64());
    }
    if let Some(place) = place {
        let response = answer.to_json(&run.request_id);
        if let Err(unwritten) = begun.unless_twice(place.write(&begun, &response)).boxed().await {
            begun.in_context(async { result::complain(begun.log, &unwritten) }).await;
            return exit_status_unwritten(&answer, &unwritten);
        }
    }
    if is_gone { ExitCode::from(PIPE_CLOSED) } else { exit_status(&answer) }
}

/// What is asked for.
struct Asked {
    request: Request,
    /// Notes on the login, if the command line names the database.
    notes: Option<Vec<String>>,
}

async fn read(arguments: &ExtractArguments, begun: &Begun) -> Result<Asked> {
    begun.check()?;
    let environment = begun.environment();
    let source = arguments.event.source(environment)?;
    let has_event = source.is_some();
    let given = begun.read(source).boxed().await?;
    let event = arguments.event(given.as_deref())?;
    let is_configured =
        has_event || arguments.event.names_a_configuration() || environment.get("DB_CONFIG_PARAM").is_some();
    let login = arguments.database.login(environment, is_configured)?;
    let notes = login.as_ref().map(|login| login.notes.clone());
    // By default, a person at a shell gets files that lose nothing; an event means the same here as in
    // the function.
    let dialect = (login.is_some() && !has_event).then_some(Dialect::Postgres);
    let output = arguments.local_output().cloned();
    let given = Given { login, output, is_folder: arguments.is_folder(), dialect, from_shell: true };
    Ok(Asked { request: event::read_with(&event, &given, environment), notes })
}

/// Returns whether the run ended because the reader of its pipe is gone, as `head` is after its lines.
fn reader_is_gone(answer: &Answer, run: &Run) -> bool {
    let cancelled = matches!(answer, Answer::Failed(error) if error.error_type == ErrorType::Cancelled);
    cancelled && !*run.interrupted.borrow()
}
