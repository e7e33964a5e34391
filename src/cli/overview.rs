//! `overview`: the page into a bucket or a file, and its findings on the terminal.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use console::Style;
use serde_json::{Value, json};

use super::arguments::AwsArguments;
use super::interrupt::Interrupts;
use super::request::answer;
use super::{exit_status, read_file};
use crate::environment::Environment;
use crate::error::Result;
use crate::event::{self, RawEvent};
use crate::job::{Action, Target};
use crate::pipeline::{Run, Shared};
use crate::response;
use crate::telemetry::{self, Output};

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

/// Flags of `overview`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct OverviewArguments {
    /// File with the event in JSON, or - for standard input.
    #[arg(long, value_name = "FILE")]
    event: Option<String>,
    /// Role to ask as; repeat for more. Without one: the caller's own credentials.
    #[arg(long, value_name = "ARN")]
    role_arn: Vec<String>,
    /// External id that the roles' trust policies ask for.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Bucket with the exports; the page goes there too, unless --output is given.
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Folder of the page in the bucket.
    #[arg(long, value_name = "PREFIX")]
    key_prefix: Option<String>,
    /// File of this machine for the page; nothing is written to the bucket and nothing is published then.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Stop before so many seconds are over; what is known by then is shown.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    #[command(flatten)]
    aws: AwsArguments,
    /// The response as JSON, on a terminal too.
    #[arg(long)]
    json: bool,
}

impl OverviewArguments {
    fn event(&self) -> Result<RawEvent> {
        let text =
            self.event.as_deref().map_or_else(|| Ok("{}".to_owned()), |path| read_file("--event", path))?;
        let mut event = RawEvent::new(text).with_field("action", &json!("overview"))?;
        let texts =
            [("externalId", &self.external_id), ("bucket", &self.bucket), ("keyPrefix", &self.key_prefix)];
        for (name, text) in texts {
            if let Some(text) = text {
                event = event.with_field(name, &json!(text))?;
            }
        }
        match &self.role_arn[..] {
            [] => Ok(event),
            [arn] => event.with_field("crossAccountRoleArn", &json!(arn)),
            arns => {
                let role = |arn: &String| json!({"roleArn": arn, "externalId": self.external_id});
                event.with_field("roles", &arns.iter().map(role).collect())
            }
        }
    }
}

/// Makes the page, and shows what it found. 1 where anything could not be asked.
pub(super) async fn run(arguments: &OverviewArguments, environment: Environment) -> ExitCode {
    if !std::io::stderr().is_terminal() || environment.get("LOG_LEVEL").is_some() {
        telemetry::init(&environment, Output::Stderr);
    }
    let request_id = format!("{:032x}", fastrand::u128(..));
    let limit = arguments.timeout.map(Duration::from_secs);
    let interrupts = Interrupts::watch();
    let run = Run::by_hand(request_id, limit, interrupts.once.clone());
    let AwsArguments { profile, region } = arguments.aws.clone();
    let shared = Shared::new(environment).with_profile(profile, region);
    let (answer, result) = match arguments.event() {
        Ok(event) => {
            let mut request = event::read(&event, &shared.environment);
            if let (Action::Overview(Ok(survey)), Some(path)) = (&mut request.action, &arguments.output) {
                survey.target = Some(Target::File(path.clone()));
            }
            let answer = answer(&shared, request, &run, Output::Stderr);
            interrupts.unless_twice(answer).await
        }
        Err(error) => (response::failure(&error, &run.request_id), Err(error)),
    };
    let for_people = std::io::stdout().is_terminal() && !arguments.json;
    let shown = match &result {
        Ok(_) if for_people => summary(&answer["body"]),
        Err(error) if for_people => format!("{error}\n{}\n", error.advice()),
        _ => format!("{answer:#}\n"),
    };
    // Nobody reads any more: no reason to complain.
    let _ = std::io::stdout().write_all(shown.as_bytes());
    match &result {
        Ok(answered) if answered.ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => exit_status(error),
    }
}

fn summary(body: &Value) -> String {
    let mut out = String::new();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    for finding in body["findings"].as_array().into_iter().flatten() {
        let style =
            if finding["severity"] == "critical" { Style::new().red() } else { Style::new().yellow() };
        let place: Vec<String> = ["account", "region"]
            .iter()
            .filter_map(|name| finding[name].as_str().map(str::to_owned))
            .collect();
        let _ = writeln!(
            out,
            "{} {} {}\n    {}",
            style.apply_to(text(&finding["kind"])),
            text(&finding["subject"]),
            Style::new().dim().apply_to(place.join(" ")),
            text(&finding["what"]),
        );
    }
    for warning in body["warnings"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "Warning: {}", text(warning));
    }
    let _ = writeln!(out, "{}\n{}", text(&body["message"]), text(&body["page"]));
    out
}
