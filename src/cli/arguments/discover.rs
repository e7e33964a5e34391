//! The flags of `discover`.

use clap::Args;
use serde_json::json;

use super::{AwsArguments, RolesArguments, seconds};
use crate::error::Result;
use crate::event::RawEvent;

const EXAMPLES: &str = "\
Examples:
  What a role of account B sees, with CloudWatch's last figures:
    rds-data-extractor discover --metrics \\
      --role-arn arn:aws:iam::222222222222:role/CrossAccountRDSRole

  PostgreSQL of the profile's own account, for a spreadsheet:
    rds-data-extractor discover --profile account-b --engine '*postgres*' \\
      --csv > databases.csv

  Several roles and regions: \"roles\" in an event
    rds-data-extractor discover --event discover.json

Exit status:
  0  done
  1  something could not be asked; the answer says why
  2  the event or a flag is wrong
  75 failed, but the same may succeed later";

/// The flags of `discover`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiscoverArguments {
    #[command(flatten)]
    roles: RolesArguments,
    /// Only databases whose identifier matches; * matches any characters.
    #[arg(long, value_name = "PATTERN")]
    identifier: Option<String>,
    /// Only databases whose engine matches, such as '*postgres*'.
    #[arg(long, value_name = "PATTERN")]
    engine: Option<String>,
    /// Include the last figures of CloudWatch: CPU, connections, free storage, replica lag.
    #[arg(long)]
    metrics: bool,
    /// Stop before this many seconds have passed, and report what is known by then.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<u64>,
    #[command(flatten, next_help_heading = None)]
    pub(crate) aws: AwsArguments,
    /// Print the response as JSON, even on a terminal.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print CSV with one line per database.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

impl DiscoverArguments {
    /// Returns the event of the flags.
    pub(crate) fn event(&self) -> Result<RawEvent> {
        let texts = [("identifier", &self.identifier), ("engine", &self.engine)];
        let event = self.roles.event("discover", &texts)?;
        if self.metrics { event.with_field("metrics", &json!(true)) } else { Ok(event) }
    }
}
