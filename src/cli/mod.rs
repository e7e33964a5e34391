//! The command line: runs the pipeline with the caller's credentials, without Lambda's limits.

mod arguments;
mod config_check;
mod database;
mod diagnose;
mod discover;
mod dry_run;
mod extract;
mod interrupt;
mod overview;
mod pgpass;
mod progress;
mod report;
mod request;
mod summary;

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use futures_util::FutureExt;

use crate::answer::Answer;
use crate::environment::Environment;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form::Shape;
use arguments::{Arguments, Command, ConfigCommand};

/// The name of the program; in Lambda it is `bootstrap`.
const NAME: &str = "rds-data-extractor";
/// The exit status if the event or the flags are wrong, as clap's own.
const WRONG: u8 = 2;
/// The exit status that a shell reports for a program ended by SIGINT.
const INTERRUPTED: u8 = 130;
/// The exit status that a shell reports for a program ended by SIGPIPE.
const PIPE_CLOSED: u8 = 141;

/// Runs the command of the arguments and returns the exit status: 0 done, 1 failed, 2 the event or the flags
/// are wrong.
pub async fn run(environment: Environment) -> ExitCode {
    // Boxed, since otherwise the compiler does not see that the futures are Send.
    match Arguments::of_process().command {
        Command::Extract(arguments) => extract::run(&arguments, environment).boxed().await,
        Command::Diagnose(arguments) => diagnose::run(&arguments, environment).boxed().await,
        Command::Discover(arguments) => discover::run(&arguments, environment).boxed().await,
        Command::Overview(arguments) => overview::run(&arguments, environment).boxed().await,
        Command::Config(ConfigCommand::Check(arguments)) => {
            config_check::run(&arguments, &environment).boxed().await
        }
        Command::Completions { shell } => {
            // Written to memory first, since clap's generator panics on a closed pipe.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
            let _ = std::io::stdout().write_all(&script);
            ExitCode::SUCCESS
        }
    }
}

/// Returns the exit status for an answer.
fn exit_status(answer: &Answer) -> ExitCode {
    match answer {
        Answer::Failed(error) if error.error_type == ErrorType::InvalidRequest => ExitCode::from(WRONG),
        answer if answer.ok() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Reads the file at `path`, or standard input if it is `-`. `name` is the flag or variable that holds the
/// path, for errors, which do not repeat the path: a password may have been given in its place.
fn read_file(name: &str, path: &str) -> Result<String> {
    let read = match path {
        "-" => std::io::read_to_string(std::io::stdin()),
        path => std::fs::read_to_string(path),
    };
    read.map_err(|error| {
        wrong(match (path, Shape::of(path)) {
            ("-", _) => format!("Standard input could not be read: {error}."),
            (_, Some(shape)) if shape.is_foreign() => {
                format!("{name} holds {shape}, but must be the path of a file.")
            }
            _ => format!("The file that {name} names could not be read: {error}."),
        })
    })
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorType::InvalidRequest, Stage::Event, message)
}
