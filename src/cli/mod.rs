//! The command line: runs the pipeline with the caller's credentials, without Lambda's limits.

mod arguments;
mod config_check;
mod database;
mod diagnose;
mod discover;
mod dry_run;
mod event_source;
mod exit;
mod extract;
mod input;
mod interrupt;
mod object_url;
mod overview;
mod page;
mod plan;
mod progress;
mod report;
mod request;
mod result;
mod summary;
mod watermark;

use std::process::ExitCode;

use clap::CommandFactory;
use futures_util::FutureExt;

use crate::environment::Environment;
use arguments::{Arguments, Command, ConfigCommand};

/// The name of the program; in Lambda it is `bootstrap`.
const NAME: &str = "rds-data-extractor";

/// Runs the command of the arguments and returns the exit status: 0 done, 1 failed, 2 the event or the flags
/// are wrong, 75 failed but the same may succeed later, 128 + N ended by signal N.
pub async fn run(environment: Environment) -> ExitCode {
    // Boxed, since otherwise the compiler does not see that the futures are Send.
    match Arguments::of_process().command {
        Command::Extract(arguments) => extract::run(&arguments, environment).boxed().await,
        Command::Diagnose(arguments) => diagnose::run(&arguments, environment).boxed().await,
        Command::Discover(arguments) => discover::run(&arguments, environment).boxed().await,
        Command::Overview(arguments) => overview::run(&arguments, environment).boxed().await,
        Command::Plan(arguments) => plan::run(&arguments, environment).boxed().await,
        Command::Config(ConfigCommand::Check(arguments)) => {
            config_check::run(&arguments, &environment).boxed().await
        }
        Command::Watermark(command) => watermark::run(&command, environment).boxed().await,
        Command::Completions { shell } => {
            // Written to memory first, since clap's generator panics on a closed pipe.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
            if report::write_stdout(&script) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}
