//! The flags of `extract`.

use std::path::PathBuf;

use clap::Args;

use super::{AnswerArguments, AwsArguments, EventArguments};
use crate::cli::database::DatabaseArguments;
use crate::form;
use crate::job::LocalOutput;

/// The flags of `extract`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExtractArguments {
    #[command(flatten)]
    pub(crate) event: EventArguments,
    /// Write the CSV to a file instead of to S3, or with - to standard output.
    #[arg(
        long, short, value_name = "FILE", help_heading = "Output", value_parser = output,
        conflicts_with_all = ["bucket", "bucket_owner", "key_prefix", "file_name", "file_name_prefix"]
    )]
    pub(crate) output: Option<LocalOutput>,
    /// Check everything and say what would run, without reading or calling anything.
    #[arg(long, help_heading = "Output")]
    pub(crate) dry_run: bool,
    /// Stop cleanly before this many seconds have passed.
    #[arg(
        long, value_name = "SECONDS", help_heading = "Output", value_parser = super::seconds
    )]
    pub(crate) timeout: Option<u64>,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) aws: AwsArguments,
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

fn output(text: &str) -> Result<LocalOutput, String> {
    match text {
        "" => Err("the name is empty".to_owned()),
        "-" => Ok(LocalOutput::Stdout),
        path => {
            form::no_credentials(path, "the path of a file")?;
            Ok(LocalOutput::Path(PathBuf::from(path)))
        }
    }
}
