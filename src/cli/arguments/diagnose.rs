//! The flags of `diagnose`.

use clap::Args;
use serde_json::json;

use super::{AwsArguments, EventArguments, seconds};
use crate::error::Result;
use crate::event::RawEvent;

const EXAMPLES: &str = "\
Examples:
  What is wrong with the extraction of an event, seen from here:
    rds-data-extractor diagnose --profile account-a --event event.json

  With flags instead:
    rds-data-extractor diagnose --region eu-central-1 \\
      --db-config-param /cross-account/db-config \\
      --role-arn arn:aws:iam::222222222222:role/CrossAccountRDSRole \\
      --external-id unique-external-id \\
      --bucket data-extraction-bucket --query 'SELECT * FROM users'

Nothing that is written remains, and the query is planned but never run. Seen
from within the function: deploy.sh diagnose.

Exit status:
  0  every hop works
  1  a hop fails, the answer says why
  2  a flag is wrong
  75 it could not begin, but the same may later";

/// The flags of `diagnose`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiagnoseArguments {
    #[command(flatten)]
    pub(crate) event: EventArguments,
    /// Stop before this many seconds have passed, and report what is known by then.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<u64>,
    #[command(flatten)]
    pub(crate) aws: AwsArguments,
    /// Print the answer as JSON, even on a terminal.
    #[arg(long, help_heading = "Answer")]
    pub(crate) json: bool,
}

impl DiagnoseArguments {
    /// Returns the event of the flags.
    pub(crate) fn event(&self, given: Option<&str>) -> Result<RawEvent> {
        self.event.event(given)?.with_field("action", &json!("diagnose"))
    }
}
