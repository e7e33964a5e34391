//! The command `overview`: writes the page to a bucket or a file, and prints its findings.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use console::Style;
use extractor_overview::Severity;

use super::arguments::{AwsArguments, RolesArguments, seconds};
use super::exit_status;
use super::request::{Log, begin, refusal};
use crate::answer::Answer;
use crate::environment::Environment;
use crate::error::Result;
use crate::event::{Given, RawEvent};
use crate::form;
use crate::job::{Action, PageTarget};
use crate::overview::Kept;

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
  2  the event or a flag is wrong";

/// The flags of `overview`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct OverviewArguments {
    #[command(flatten)]
    roles: RolesArguments,
    /// Bucket with the exports; the page is written there too, unless --output is given.
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Folder of the page in the bucket.
    #[arg(long, value_name = "PREFIX")]
    key_prefix: Option<String>,
    /// Local file for the page; nothing is written to the bucket and nothing is published.
    #[arg(long, short, value_name = "FILE", value_parser = file)]
    output: Option<PathBuf>,
    /// Stop before this many seconds have passed, and show what is known by then.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<u64>,
    #[command(flatten)]
    aws: AwsArguments,
    /// Print the response as JSON, even on a terminal.
    #[arg(long)]
    json: bool,
}

impl OverviewArguments {
    fn event(&self) -> Result<RawEvent> {
        self.roles.event("overview", &[("bucket", &self.bucket), ("keyPrefix", &self.key_prefix)])
    }
}

fn file(text: &str) -> Result<PathBuf, String> {
    form::no_credentials(text, "the path of a file")?;
    Ok(PathBuf::from(text))
}

/// Creates the page and prints its findings. The exit status is 1 if anything could not be queried.
pub(super) async fn run(arguments: &OverviewArguments, environment: Environment) -> ExitCode {
    let read = |_: &Environment| Ok((arguments.event()?, Given::default()));
    let (answer, request_id) =
        match begin(&arguments.aws, environment, arguments.timeout, Log::Unwatched, read) {
            Ok(mut begun) => {
                if let (Action::Overview(Ok(survey)), Some(path)) =
                    (&mut begun.request.action, &arguments.output)
                {
                    survey.target = Some(PageTarget::File(path.clone()));
                }
                begun.answer().await
            }
            Err(error) => refusal(error),
        };
    let for_people = std::io::stdout().is_terminal() && !arguments.json;
    let shown = match &answer {
        Answer::Overviewed(kept, _) if for_people => summary(kept),
        Answer::Failed(error) if for_people => format!("{error}\n{}\n", error.advice()),
        answer => format!("{:#}\n", answer.to_json(&request_id)),
    };
    // A closed pipe is not an error.
    let _ = std::io::stdout().write_all(shown.as_bytes());
    exit_status(&answer)
}

fn summary(kept: &Kept) -> String {
    let mut out = String::new();
    for finding in &kept.overview.findings {
        let style = match finding.severity {
            Severity::Critical => Style::new().red(),
            Severity::Warning => Style::new().yellow(),
        };
        let place: Vec<&str> =
            [&finding.account, &finding.region].into_iter().flatten().map(String::as_str).collect();
        let _ = writeln!(
            out,
            "{} {} {}\n    {}",
            style.apply_to(finding.kind.name()),
            finding.subject,
            Style::new().dim().apply_to(place.join(" ")),
            finding.what,
        );
    }
    for warning in &kept.warnings {
        let _ = writeln!(out, "Warning: {warning}");
    }
    let _ = writeln!(out, "{}\n{}", kept.message(), kept.location);
    out
}
