//! The flags for the answer.

use clap::Args;

/// How the answer is shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Answer")]
pub(crate) struct AnswerArguments {
    /// Print the answer as JSON, even on a terminal.
    #[arg(long)]
    pub(crate) json: bool,
    /// Do not show progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
