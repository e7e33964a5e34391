//! The command line: the same pipeline on the caller's credentials, without Lambda's limits.

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

/// What a person calls the program; in Lambda it is `bootstrap`.
const NAME: &str = "rds-data-extractor";
/// Exit status where the event or the flags are wrong, as clap's own.
const WRONG: u8 = 2;
/// What a shell reports of a program that SIGINT ended.
const INTERRUPTED: u8 = 130;
/// What a shell reports of a program that SIGPIPE ended.
const PIPE_CLOSED: u8 = 141;

/// Runs what the arguments ask for; answers the exit status: 0 done, 1 failed, 2 the event or the flags are wrong.
pub async fn run(environment: Environment) -> ExitCode {
    // Without their types the compiler sees that they may go from thread to thread.
    match Arguments::of_process().command {
        Command::Extract(arguments) => extract::run(&arguments, environment).boxed().await,
        Command::Diagnose(arguments) => diagnose::run(&arguments, environment).boxed().await,
        Command::Discover(arguments) => discover::run(&arguments, environment).boxed().await,
        Command::Overview(arguments) => overview::run(&arguments, environment).boxed().await,
        Command::Config(ConfigCommand::Check(arguments)) => {
            config_check::run(&arguments, &environment).boxed().await
        }
        Command::Completions { shell } => {
            // Made whole first, since clap's generator panics where nobody reads any more.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
            let _ = std::io::stdout().write_all(&script);
            ExitCode::SUCCESS
        }
    }
}

/// The exit status that an answer has.
fn exit_status(answer: &Answer) -> ExitCode {
    match answer {
        Answer::Failed(error) if error.error_type == ErrorType::InvalidRequest => ExitCode::from(WRONG),
        answer if answer.ok() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The text of the file that `name`, a flag or a variable, names, or of standard input if that is called `-`. The path is not
/// repeated: a password may have been put into its place.
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
