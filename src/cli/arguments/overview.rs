//! The flags of `overview`.

use clap::Args;

use super::{AwsArguments, RolesArguments, seconds};
use crate::error::Result;
use crate::event::RawEvent;
use crate::form;
use crate::job::Template;

const EXAMPLES: &str = "\
Examples:
  A page of the profile's own account, to look at here:
    rds-data-extractor overview --profile account-b --output overview.html

  What a role sees, and the exports of a bucket:
    rds-data-extractor overview --output overview.html --bucket my-bucket \\
      --role-arn arn:aws:iam::222222222222:role/CrossAccountRDSRole

  Page, state and history into the bucket, as the function does it:
    rds-data-extractor overview --event overview.json

Exit status:
  0  done
  1  something could not be asked; the page says what
  2  the event or a flag is wrong
  75 failed, but the same may succeed later";

/// The flags of `overview`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct OverviewArguments {
    #[command(flatten)]
    roles: RolesArguments,
    /// Bucket with the exports; the page is written there too, unless --output is given.
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Folder of the page in the bucket.
    #[arg(long, value_name = "PREFIX")]
    key_prefix: Option<String>,
    /// Local file for the page ({date}, {isoDate} and {time} are replaced); nothing is written to the bucket and nothing is published.
    #[arg(long, short, value_name = "FILE", value_parser = file)]
    pub(crate) output: Option<Template>,
    /// Stop before this many seconds have passed, and show what is known by then.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<u64>,
    #[command(flatten)]
    pub(crate) aws: AwsArguments,
    /// Print the response as JSON, even on a terminal.
    #[arg(long)]
    pub(crate) json: bool,
}

impl OverviewArguments {
    /// Returns the event of the flags.
    pub(crate) fn event(&self) -> Result<RawEvent> {
        self.roles.event("overview", &[("bucket", &self.bucket), ("keyPrefix", &self.key_prefix)])
    }
}

fn file(text: &str) -> Result<Template, String> {
    form::no_credentials(text, "the path of a file; a bucket is given as --bucket and --key-prefix")?;
    let template = Template::parse(text)?;
    if template.needs_event_id() {
        return Err("uses {eventId}, which an overview does not have".to_owned());
    }
    Ok(template)
}
