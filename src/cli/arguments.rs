//! The arguments, in the words of AWS's own command line where it has them.

use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};

use super::discover::DiscoverArguments;
use super::{read, wrong};
use crate::error::Result;

/// Exports the result of a PostgreSQL query as CSV to S3, across AWS accounts.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Exit status: 0 done; 1 failed, the response says why; 2 the event or a flag is wrong."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run one extraction, as the Lambda function would.
    Extract(ExtractArguments),
    /// List the databases that roles can see, across accounts and regions.
    Discover(DiscoverArguments),
}

const EXAMPLES: &str = "\
Examples:
  An event as the function gets it:
    rds-data-extractor extract --event event.json

  The same from other commands:
    jq '.keyPrefix = \"tests\"' event.json | rds-data-extractor extract --event -

  Flags instead of an event, or over one:
    rds-data-extractor extract --profile account-a --region eu-central-1 \\
      --db-config-param /cross-account/db-config --bucket data-extraction-bucket \\
      --query 'SELECT * FROM users WHERE status = $1' --param active

The environment's variables (S3_BUCKET_NAME, DB_QUERY, ...) count as for the function. The response goes to
stdout, everything else to stderr.";

/// Flags of `extract`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExtractArguments {
    /// File with the event in JSON, or - for standard input.
    #[arg(long, value_name = "FILE")]
    pub(super) event: Option<String>,
    /// SQL to run: one statement that returns rows.
    #[arg(long, value_name = "SQL", conflicts_with = "query_file")]
    query: Option<String>,
    /// File with the SQL, or - for standard input.
    #[arg(long, value_name = "FILE")]
    query_file: Option<String>,
    /// Value of the next parameter ($1, $2, ...) as text; repeat for more.
    #[arg(long = "param", value_name = "TEXT")]
    params: Vec<String>,
    /// SSM parameter with the database configuration, or a path that ends in /.
    #[arg(long, value_name = "NAME")]
    db_config_param: Option<String>,
    /// Role of account B to assume.
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// External id that the role's trust policy asks for.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Bucket to write to.
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// What the key begins with.
    #[arg(long, value_name = "PREFIX")]
    key_prefix: Option<String>,
    /// Exact file name; {requestId}, {date} and {time} stand for themselves.
    #[arg(long, value_name = "NAME")]
    file_name: Option<String>,
    /// CSV dialect: java or postgres.
    #[arg(long, value_name = "NAME")]
    dialect: Option<String>,
    /// If the object exists: suffix, fail or skip.
    #[arg(long, value_name = "WHAT")]
    if_exists: Option<String>,
    /// If no row comes: header, fail or skip.
    #[arg(long, value_name = "WHAT")]
    on_empty: Option<String>,
    /// Stop cleanly before so many seconds are over.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) timeout: Option<u64>,
    /// AWS profile.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// AWS region.
    #[arg(long, value_name = "NAME")]
    pub(super) region: Option<String>,
    /// The response as JSON, on a terminal too.
    #[arg(long)]
    pub(super) json: bool,
    /// No counter on the terminal.
    #[arg(long, short)]
    pub(super) quiet: bool,
}

impl ExtractArguments {
    /// The event's fields that the flags set.
    pub(super) fn fields(&self) -> Result<Vec<(&'static str, Value)>> {
        let query = match self.query_file.as_deref() {
            None => self.query.clone(),
            Some("-") => Some(read("standard input", || std::io::read_to_string(std::io::stdin()))?),
            Some(path) => Some(read(path, || std::fs::read_to_string(path))?),
        };
        if self.event.as_deref() == Some("-") && self.query_file.as_deref() == Some("-") {
            return Err(wrong("--event and --query-file cannot both be standard input.".to_owned()));
        }
        let texts = [
            ("query", query),
            ("dbConfigParam", self.db_config_param.clone()),
            ("crossAccountRoleArn", self.role_arn.clone()),
            ("externalId", self.external_id.clone()),
            ("bucket", self.bucket.clone()),
            ("keyPrefix", self.key_prefix.clone()),
            ("fileName", self.file_name.clone()),
            ("ifExists", self.if_exists.clone()),
            ("onEmpty", self.on_empty.clone()),
        ];
        let mut fields: Vec<_> =
            texts.into_iter().filter_map(|(name, text)| Some((name, Value::String(text?)))).collect();
        if !self.params.is_empty() {
            fields.push(("params", json!(self.params)));
        }
        if let Some(dialect) = &self.dialect {
            fields.push(("csv", json!({ "dialect": dialect })));
        }
        Ok(fields)
    }
}
