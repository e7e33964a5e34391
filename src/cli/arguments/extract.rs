//! The flags of `extract`.

use clap::Args;
use serde_json::json;

use super::{AnswerArguments, AwsArguments, EventArguments};
use crate::cli::database::DatabaseArguments;
use crate::cli::input::wrong;
use crate::cli::object_url::ObjectUrl;
use crate::cli::result::{self, ResultPlace};
use crate::environment::Environment;
use crate::error::Result;
use crate::event::RawEvent;
use crate::form;
use crate::job::{LocalOutput, Template};

/// The flags of `extract`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExtractArguments {
    #[command(flatten)]
    pub(crate) event: EventArguments,
    /// Where the rows go: a file, - for standard output, or `s3://BUCKET/KEY`; for a set of files, its folder. {date},
    /// {isoDate}, {time} and {requestId} are replaced; .jsonl at the end writes JSON lines, .parquet Parquet, .gz or .zst
    /// compresses.
    #[arg(
        long, short, value_name = "FILE", help_heading = "Output", value_parser = output,
        conflicts_with_all = ["bucket", "bucket_owner", "key_prefix", "file_name", "file_name_prefix"]
    )]
    output: Option<Output>,
    /// Check everything and say what would run, without reading or calling anything.
    #[arg(long, help_heading = "Output")]
    pub(crate) dry_run: bool,
    /// Stop cleanly before this many seconds have passed.
    #[arg(
        long, value_name = "SECONDS", help_heading = "Output", value_parser = super::seconds
    )]
    pub(crate) timeout: Option<u64>,
    /// Write the response there too, whatever it is: a file, or `s3://BUCKET/KEY`. What is there is replaced. [default: the
    /// variable RESULT]
    #[arg(
        long, value_name = "FILE", help_heading = "Answer", value_parser = ResultPlace::parse, conflicts_with = "dry_run"
    )]
    result: Option<ResultPlace>,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) aws: AwsArguments,
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

/// Where the rows go.
#[derive(Debug, Clone)]
enum Output {
    Local(LocalOutput),
    /// The bucket and the key; one that is empty or ends in `/` is a prefix.
    Object(String, String),
}

impl ExtractArguments {
    /// Returns the second place for the answer, if one is given.
    pub(crate) fn result(&self, environment: &Environment) -> Result<Option<ResultPlace>> {
        if self.result.is_some() {
            return Ok(self.result.clone());
        }
        result::of_variable(environment).transpose().map_err(|what| {
            wrong(format!("{} {what}.", result::VARIABLE)).with_hint("Correct the variable, or unset it.")
        })
    }

    /// Returns the event of the flags, over the one that is given, if one is.
    pub(crate) fn event(&self, given: Option<&str>) -> Result<RawEvent> {
        let event = self.event.event(given)?;
        let Some(Output::Object(bucket, key)) = &self.output else { return Ok(event) };
        let event = event.with_field("bucket", &json!(bucket))?;
        if key.is_empty() || key.ends_with('/') {
            return event.with_field("keyPrefix", &json!(key));
        }
        event.with_field("keyPrefix", &json!(""))?.with_field("fileName", &json!(key))
    }

    /// Returns whether the name of the output ends as that of a folder.
    pub(crate) fn is_folder(&self) -> bool {
        match &self.output {
            Some(Output::Local(LocalOutput::Path(path))) => path.is_folder(),
            Some(Output::Object(_, key)) => key.ends_with('/'),
            Some(Output::Local(LocalOutput::Stdout)) | None => false,
        }
    }

    /// Returns the output on this machine.
    pub(crate) fn local_output(&self) -> Option<&LocalOutput> {
        match &self.output {
            Some(Output::Local(output)) => Some(output),
            Some(Output::Object(..)) | None => None,
        }
    }
}

fn output(text: &str) -> std::result::Result<Output, String> {
    if let Some(ObjectUrl { bucket, key }) = ObjectUrl::split(text) {
        return Ok(Output::Object(bucket, key));
    }
    Ok(match text {
        "" => return Err("the name is empty".to_owned()),
        // The answer must not go there, too.
        "-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => Output::Local(LocalOutput::Stdout),
        path => {
            form::no_credentials(path, "the path of a file, or s3://BUCKET/KEY")?;
            Output::Local(LocalOutput::Path(Template::parse(path)?))
        }
    })
}
