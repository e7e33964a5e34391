//! The flags of `plan`.

use clap::Args;
use serde_json::json;

use super::{AwsArguments, seconds};
use crate::cli::input::read_file;
use crate::error::Result;
use crate::event::RawEvent;
use crate::form;
use crate::job::Template;

const EXAMPLES: &str = "\
Examples:
  The list, in the bucket of the event:
    rds-data-extractor plan --event plan.json

  What it would hold, and how long ten exports at once would take:
    rds-data-extractor plan --event plan.json --dry-run --concurrency 10

  The list in a file, and its first export run here:
    rds-data-extractor plan --event plan.json --output list.json
    jq '.[0]' list.json | rds-data-extractor extract --event -

Exit status:
  0  done
  1  failed; the answer says why
  2  the event or a flag is wrong
  75   failed, but the same may succeed later";

/// The flags of `plan`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlanArguments {
    /// File with the event in JSON, or - for standard input.
    #[arg(long, value_name = "FILE")]
    event: String,
    /// Where the list goes: a file that does not exist, or `s3://BUCKET/KEY`. By default it lies beside the exports.
    #[arg(long, short, value_name = "FILE", value_parser = output, conflicts_with = "dry_run")]
    pub(crate) output: Option<ListOutput>,
    /// Show the list with the planner's rows, bytes and time, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Number of exports that run at once, for the time of --dry-run.
    #[arg(long, value_name = "N", default_value = "10", requires = "dry_run", value_parser = at_once)]
    pub(crate) concurrency: usize,
    /// Stop before this many seconds have passed.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<u64>,
    #[command(flatten)]
    pub(crate) aws: AwsArguments,
    /// Print the response as JSON, even on a terminal.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where the list goes.
#[derive(Debug, Clone)]
pub(crate) enum ListOutput {
    /// A file on this machine.
    File(Template),
    /// The bucket and the key.
    Object(String, Template),
}

impl PlanArguments {
    /// Returns the event of the flags.
    pub(crate) fn event(&self) -> Result<RawEvent> {
        RawEvent::new(read_file("--event", &self.event)?).with_field("action", &json!("plan"))
    }
}

fn output(text: &str) -> Result<ListOutput, String> {
    const S3: &str = "s3://";
    if text.is_empty() || text == "-" {
        return Err("must be a file, or s3://BUCKET/KEY".to_owned());
    }
    let name = |text: &str| {
        let template = Template::parse(text)?;
        if template.needs_event_id() {
            return Err("uses {eventId}, which a command does not have".to_owned());
        }
        Ok(template)
    };
    if text.get(..S3.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(S3)) {
        let (bucket, key) = text[S3.len()..].split_once('/').unwrap_or((&text[S3.len()..], ""));
        if key.is_empty() || key.ends_with('/') {
            return Err("must name an object: s3://BUCKET/KEY".to_owned());
        }
        return Ok(ListOutput::Object(form::bucket(bucket)?, name(key)?));
    }
    form::no_credentials(text, "the path of a file, or s3://BUCKET/KEY")?;
    name(text).map(ListOutput::File)
}

fn at_once(text: &str) -> Result<usize, String> {
    const MOST: usize = 10_000;
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| format!("must be a whole number from 1 to {MOST}"))
}
