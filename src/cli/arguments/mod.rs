//! The arguments, named as in the command lines of AWS and PostgreSQL where those have them.

mod event;
mod examples;
mod extract;
mod parse;
mod roles;

use clap::{Args, Parser, Subcommand};

use super::diagnose::DiagnoseArguments;
use super::discover::DiscoverArguments;
use super::overview::OverviewArguments;
use super::wrong;
use crate::environment::Environment;
use crate::error::Result;
use crate::form;

pub(super) use event::EventArguments;
pub(super) use extract::ExtractArguments;
pub(super) use parse::seconds;
pub(super) use roles::RolesArguments;

/// Exports the result of a PostgreSQL query as CSV to S3, across AWS accounts, or to a local file.
#[derive(Debug, Parser)]
#[command(version, about, after_help = examples::ALL)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run one extraction, as the Lambda function would.
    #[command(after_help = examples::EXTRACT)]
    Extract(Box<ExtractArguments>),
    /// Check an extraction hop by hop, and say what is wrong and how to fix it.
    Diagnose(Box<DiagnoseArguments>),
    /// List the databases that roles can see, across accounts and regions.
    Discover(DiscoverArguments),
    /// Create one page of all databases and exports, with what is wrong or will be.
    Overview(OverviewArguments),
    /// Inspect a database configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a script that completes commands and flags in a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Say what is missing, wrong or odd in a database configuration, without connecting.
    #[command(after_help = examples::CONFIG_CHECK)]
    Check(CheckArguments),
}

/// The flags of `config check`.
#[derive(Debug, Clone, Args)]
pub(super) struct CheckArguments {
    /// SSM parameter with the configuration, or a path that ends in / [default: that of the function].
    pub(super) name: Option<String>,
    /// File with the configuration in JSON, or - for standard input; AWS is not called.
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub(super) file: Option<String>,
    #[command(flatten)]
    pub(super) aws: AwsArguments,
    /// Print the answer as JSON, even on a terminal.
    #[arg(long, help_heading = "Answer")]
    pub(super) json: bool,
}

/// The profile and region to use.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub(super) struct AwsArguments {
    /// AWS profile; overrides the credentials of the environment.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// AWS region; overrides that of the environment and of the profile.
    #[arg(long, value_name = "NAME")]
    pub(super) region: Option<String>,
}

impl AwsArguments {
    /// Refuses malformed names, before the SDK puts them into a host name or repeats them in an error.
    pub(super) fn check(&self, environment: &Environment) -> Result<()> {
        let flags = [
            ("--profile", self.profile.as_deref(), form::profile as form::Check),
            ("--region", self.region.as_deref(), form::region),
        ];
        let variables = form::AWS_VARIABLES.map(|(name, check)| (name, environment.get(name), check));
        for (name, text, check) in flags.into_iter().chain(variables) {
            if let Some(Err(what)) = text.map(check) {
                return Err(wrong(format!("{name} {what}.")));
            }
        }
        Ok(())
    }
}

/// How the answer is shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answer")]
pub(super) struct AnswerArguments {
    /// Print the answer as JSON, even on a terminal.
    #[arg(long)]
    pub(super) json: bool,
    /// Do not show progress.
    #[arg(long, short)]
    pub(super) quiet: bool,
}
