//! The arguments, named as in the command lines of AWS and PostgreSQL where those have them.

mod answer;
mod aws;
mod config_check;
mod diagnose;
mod discover;
mod event;
mod examples;
mod extract;
mod given_event;
mod numbers;
mod overview;
mod parse;
mod plan;
mod roles;
mod watermark;

use clap::{Parser, Subcommand};

use answer::AnswerArguments;
pub(super) use aws::AwsArguments;
pub(super) use config_check::CheckArguments;
pub(super) use diagnose::DiagnoseArguments;
pub(super) use discover::DiscoverArguments;
use event::EventArguments;
pub(super) use extract::ExtractArguments;
use given_event::GivenEvent;
use numbers::seconds;
pub(super) use overview::OverviewArguments;
pub(super) use plan::{ListOutput, PlanArguments};
use roles::RolesArguments;
pub(super) use watermark::{PlaceArguments, ResetArguments, SetArguments, WatermarkCommand};

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
    /// Make a list of extractions, for a state machine that runs each of them.
    Plan(PlanArguments),
    /// Inspect a database configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Show or change where an incremental export goes on.
    #[command(subcommand)]
    Watermark(WatermarkCommand),
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
