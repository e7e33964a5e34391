//! The command line: the same pipeline on the caller's credentials, without Lambda's limits.

mod arguments;
mod discover;
#[cfg(test)]
mod documented;
mod interrupt;
mod screen;

use std::io::{IsTerminal, Read};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use clap::Parser;

use crate::deadline::Deadline;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::event::{Environment, RawEvent};
use crate::handler;
use crate::pipeline::{Run, Shared};
use crate::progress::Progress;
use crate::response;
use crate::telemetry::{self, Output};
use arguments::{Arguments, Command, ExtractArguments};

/// Exit status where the event or the flags are wrong, as clap's own.
const WRONG: u8 = 2;

/// Runs what the arguments ask for; answers the exit status: 0 done, 1 failed, 2 the event or the flags are wrong.
pub async fn run(environment: Environment) -> ExitCode {
    let arguments = match Arguments::parse().command {
        Command::Extract(arguments) => arguments,
        Command::Discover(arguments) => return discover::run(&arguments, environment).await,
    };
    let on_terminal = std::io::stderr().is_terminal();
    // On a terminal there is the counter instead, unless somebody asks for the log.
    if !on_terminal || environment.get("LOG_LEVEL").is_some() {
        telemetry::init(&environment, Output::Stderr);
    }
    let request_id = format!("{:032x}", fastrand::u128(..));
    telemetry::begin_request(&request_id);
    let run = Run {
        request_id,
        started: Utc::now(),
        deadline: arguments
            .timeout
            .map_or_else(Deadline::none, |seconds| Deadline::within(Duration::from_secs(seconds))),
        interrupted: interrupt::watch(),
        progress: Arc::new(Progress::default()),
    };
    let readable = std::io::stdout().is_terminal() && !arguments.json;
    let shared = Shared::new(environment).with_profile(arguments.profile.clone(), arguments.region.clone());
    let (answer, result) = match event(&arguments) {
        Ok(event) => {
            let counter = screen::Counter::start(&run, on_terminal && !arguments.quiet);
            let answered = handler::answer(&shared, &event, &run, Vec::new(), Output::Stderr).await;
            counter.stop();
            answered
        }
        Err(error) => (response::failure(&error, &run.request_id), Err(error)),
    };
    if readable {
        println!("{}", screen::summary(&answer));
    } else {
        println!("{answer:#}");
    }
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => exit_status(&error),
    }
}

/// The exit status of a failure.
fn exit_status(error: &Error) -> ExitCode {
    match error.error_type {
        ErrorType::InvalidRequest => ExitCode::from(WRONG),
        _ => ExitCode::FAILURE,
    }
}

/// The event of the file with the flags over it.
fn event(arguments: &ExtractArguments) -> Result<RawEvent> {
    let text = match arguments.event.as_deref() {
        None => "{}".to_owned(),
        Some("-") => read("standard input", || {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        })?,
        Some(path) => read(path, || std::fs::read_to_string(path))?,
    };
    let mut event = RawEvent::new(text);
    for (field, value) in arguments.fields()? {
        event = event.with_field(field, &value)?;
    }
    Ok(event)
}

fn read(name: &str, read: impl FnOnce() -> std::io::Result<String>) -> Result<String> {
    read().map_err(|error| wrong(format!("{name} could not be read: {error}.")))
}

fn wrong(message: String) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Event, message)
}
