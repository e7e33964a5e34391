//! The flags that set fields of the event.

use clap::Args;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::GivenEvent;
use crate::cli::event_source::EventSource;
use crate::cli::input::{read_file, wrong};
use crate::environment::Environment;
use crate::error::Result;
use crate::event::{Envelope, RawEvent, parse_envelope};

/// The event, and the flags that override its fields.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Event")]
pub(crate) struct EventArguments {
    #[command(flatten)]
    pub(crate) given: GivenEvent,
    /// SSM parameter with the database configuration, or a path that ends in /.
    #[arg(long, value_name = "NAME")]
    pub(crate) db_config_param: Option<String>,
    /// Role of account B to assume.
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// External id that the trust policy of the role requires.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    #[command(flatten)]
    query: QueryArguments,
    #[command(flatten)]
    csv: CsvArguments,
    #[command(flatten)]
    object: ObjectArguments,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Query")]
struct QueryArguments {
    /// SQL to run: one statement that returns rows.
    #[arg(long, value_name = "SQL", conflicts_with_all = ["query_file", "query_param"], allow_hyphen_values = true)]
    query: Option<String>,
    /// File with the SQL, or - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "query_param")]
    query_file: Option<String>,
    /// Table to export instead of a query, with or without schema.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "query_file", "query_param", "split_by"])]
    table: Option<String>,
    /// Tables to export together, in one snapshot: names and patterns such as public.*, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',',
        conflicts_with_all = ["query", "query_file", "query_param", "table", "split_by"])]
    tables: Vec<String>,
    /// Number of connections that read at the same time, in one snapshot: 1 to 64.
    #[arg(long, value_name = "N", value_parser = super::numbers::whole)]
    parallelism: Option<i64>,
    /// Column by whose ranges a query is divided among the connections.
    #[arg(long, value_name = "COLUMN")]
    split_by: Option<String>,
    /// SSM parameter (String) with the SQL.
    #[arg(long, value_name = "NAME")]
    query_param: Option<String>,
    /// Value of the next parameter ($1, $2, ...) as text; repeat for more.
    #[arg(long = "param", value_name = "TEXT", allow_hyphen_values = true)]
    param: Vec<String>,
    /// All parameters as a JSON array.
    #[arg(long, value_name = "JSON", conflicts_with = "param", allow_hyphen_values = true)]
    params: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "CSV")]
struct CsvArguments {
    /// Program that loads the file: redshift, snowflake, athena, bigquery or excel; the other flags override its options.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// CSV dialect: java, or postgres, the default without an event if the flags name the database.
    #[arg(long, value_name = "NAME")]
    dialect: Option<String>,
    /// Separator of fields: one ASCII character.
    #[arg(long, value_name = "CHARACTER", allow_hyphen_values = true)]
    delimiter: Option<String>,
    /// Which fields are quoted: all or minimal.
    #[arg(long, value_name = "WHICH")]
    quote: Option<String>,
    /// Text that represents NULL.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    null: Option<String>,
    /// Line ending: lf or crlf.
    #[arg(long, value_name = "NAME")]
    line_ending: Option<String>,
    /// Omit the header line.
    #[arg(long)]
    no_header: bool,
    /// Begin the file with a byte-order mark.
    #[arg(long)]
    bom: bool,
    /// Put ' before texts that a spreadsheet would execute as formulas.
    #[arg(long)]
    escape_formulas: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Object")]
struct ObjectArguments {
    /// Bucket to write to.
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Account that must own the bucket.
    #[arg(long, value_name = "ACCOUNT")]
    bucket_owner: Option<String>,
    /// Prefix of the key.
    #[arg(long, value_name = "PREFIX")]
    key_prefix: Option<String>,
    /// Prefix of the file name; date and time follow.
    #[arg(long, value_name = "PREFIX", conflicts_with = "file_name")]
    file_name_prefix: Option<String>,
    /// Exact file name; {requestId}, {date}, {isoDate} and {time} are replaced, as in --key-prefix.
    #[arg(long, value_name = "NAME")]
    file_name: Option<String>,
    /// Format of the file: csv, jsonl or parquet. The default is what the end of the name says, else csv.
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// Options of Parquet as a JSON object, such as {"uuid": "native"}.
    #[arg(long, value_name = "JSON")]
    parquet: Option<String>,
    /// Compression of the file: none, gzip or zstd, of Parquet zstd, snappy or none. The default is what the end of the
    /// name says, of Parquet zstd.
    #[arg(long, value_name = "NAME")]
    compression: Option<String>,
    /// Compression level: 1 to 9 for gzip, 1 to 19 for zstd.
    #[arg(long, value_name = "N", value_parser = super::numbers::level)]
    compression_level: Option<i32>,
    /// Write a set of files of this size each in a folder, such as 256MiB.
    #[arg(long, value_name = "SIZE")]
    max_file_size: Option<String>,
    /// Write a set of files, in a folder for each value of these columns.
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    partition_by: Vec<String>,
    /// Write a manifest for another program beside the set: redshift.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    manifest: Vec<String>,
    /// What to do if the object or file exists: suffix, fail, skip or, for a file, overwrite.
    #[arg(long, value_name = "WHAT")]
    if_exists: Option<String>,
    /// What to do if there are no rows: header, fail or skip.
    #[arg(long, value_name = "WHAT")]
    on_empty: Option<String>,
}

impl EventArguments {
    /// Returns whether a flag names the database, in which case libpq's variables do not.
    pub(crate) fn names_a_configuration(&self) -> bool {
        let Self { db_config_param, role_arn, external_id, .. } = self;
        [db_config_param, role_arn, external_id].into_iter().any(Option::is_some)
    }

    /// Returns where the event is, if one is given.
    pub(crate) fn source(&self, environment: &Environment) -> Result<Option<EventSource>> {
        if self.given.event.as_deref() == Some("-") && self.query.query_file.as_deref() == Some("-") {
            return Err(wrong("--event and --query-file cannot both be standard input."));
        }
        self.given.source(environment)
    }

    /// Unwraps the envelope of the event that was given, if one was, and applies the flags.
    pub(crate) fn event(&self, given: Option<&str>) -> Result<RawEvent> {
        let event = match given {
            None => RawEvent::new("{}"),
            Some(text) => match parse_envelope(text.as_bytes())? {
                Envelope::One(event) => event,
                Envelope::Batch(_) => {
                    return Err(wrong(
                        "This event holds messages of SQS, SNS or Pipes; give the body of one.",
                    ));
                }
                Envelope::Http(_) => return Err(wrong("This is an HTTP request; give its body.")),
            },
        };
        let fields = self.fields(&event)?;
        fields.into_iter().try_fold(event, |event, (field, value)| event.with_json(field, &value))
    }

    /// Returns the fields of the event that the flags set.
    fn fields(&self, event: &RawEvent) -> Result<Vec<(&'static str, String)>> {
        let Self { query, object, .. } = self;
        let sql = match &query.query_file {
            None => query.query.clone(),
            Some(path) => Some(read_file("--query-file", path)?),
        };
        let mut fields = Vec::new();
        // A flag replaces the query of the event, whichever of the fields holds it.
        let tables = (!query.tables.is_empty()).then(|| json!(query.tables));
        let asked = [sql, query.query_param.clone(), query.table.clone()].map(|text| text.map(Value::from));
        if asked.iter().chain([&tables]).any(Option::is_some) {
            let asked = asked.into_iter().chain([tables]).map(Option::unwrap_or_default);
            fields.extend(["query", "queryParam", "table", "tables"].into_iter().zip(asked));
        }
        let texts = [
            ("dbConfigParam", &self.db_config_param),
            ("crossAccountRoleArn", &self.role_arn),
            ("externalId", &self.external_id),
            ("splitBy", &query.split_by),
            ("bucket", &object.bucket),
            ("bucketOwner", &object.bucket_owner),
            ("keyPrefix", &object.key_prefix),
            ("fileNamePrefix", &object.file_name_prefix),
            ("fileName", &object.file_name),
            ("format", &object.format),
            ("compression", &object.compression),
            ("maxFileSize", &object.max_file_size),
            ("ifExists", &object.if_exists),
            ("onEmpty", &object.on_empty),
        ];
        fields.extend(texts.into_iter().filter_map(|(name, text)| Some((name, json!(text.as_ref()?)))));
        if !query.param.is_empty() {
            fields.push(("params", json!(query.param)));
        }
        for (name, list) in [("partitionBy", &object.partition_by), ("manifest", &object.manifest)] {
            if !list.is_empty() {
                fields.push((name, json!(list)));
            }
        }
        if let Some(readers) = query.parallelism {
            fields.push(("parallelism", json!(readers)));
        }
        if let Some(level) = object.compression_level {
            fields.push(("compressionLevel", json!(level)));
        }
        let csv = self.csv.fields();
        if !csv.is_empty()
            && let Some(mut whole) = csv_of(event)
        {
            whole.extend(csv);
            fields.push(("csv", Value::Object(whole)));
        }
        let mut fields: Vec<_> =
            fields.into_iter().map(|(name, value): (_, Value)| (name, value.to_string())).collect();
        if let Some(params) = &query.params {
            let params: &RawValue =
                serde_json::from_str(params).map_err(|_| wrong("--params must be a JSON array."))?;
            fields.push(("params", params.get().to_owned()));
        }
        if let Some(options) = &object.parquet {
            let options: &RawValue =
                serde_json::from_str(options).map_err(|_| wrong("--parquet must be a JSON object."))?;
            fields.push(("parquet", options.get().to_owned()));
        }
        Ok(fields)
    }
}

impl CsvArguments {
    fn fields(&self) -> Map<String, Value> {
        let texts = [
            ("preset", &self.preset),
            ("dialect", &self.dialect),
            ("delimiter", &self.delimiter),
            ("quote", &self.quote),
            ("null", &self.null),
            ("lineEnding", &self.line_ending),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, json!(text.as_ref()?))));
        let switches = [
            ("header", self.no_header, false),
            ("bom", self.bom, true),
            ("escapeFormulas", self.escape_formulas, true),
        ];
        let switches = switches.into_iter().filter(|(_, given, _)| *given);
        let switches = switches.map(|(name, _, value)| (name, Value::Bool(value)));
        texts.chain(switches).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Returns the `csv` object of the event, to which the flags are added, or `None` if it is not an object,
/// which the reader of the event reports.
fn csv_of(event: &RawEvent) -> Option<Map<String, Value>> {
    let mut event: Value = serde_json::from_str(event.json()).unwrap_or_default();
    match event["csv"].take() {
        Value::Null => Some(Map::new()),
        Value::Object(options) => Some(options),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        event: EventArguments,
    }

    #[track_caller]
    fn check(event: &str, expected: &Value) {
        let flags = Flags::parse_from(["extract", "--dialect", "postgres"]).event;
        let fields = flags.fields(&RawEvent::new(event)).unwrap();
        let csv = fields.into_iter().find(|(name, _)| *name == "csv").map(|(_, json)| json);
        assert_eq!(csv.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap()), *expected);
    }

    #[test]
    fn flags_are_added_to_the_event_s_csv() {
        let dialect = json!({"dialect": "postgres"});
        check("{}", &dialect);
        check(r#"{"csv": null}"#, &dialect);
        check(r#"{"csv": {"bom": true}}"#, &json!({"bom": true, "dialect": "postgres"}));
        check(r#"{"csv": {"dialect": "java"}}"#, &dialect);
    }

    #[test]
    fn flags_do_not_replace_a_csv_that_is_not_an_object() {
        check(r#"{"csv": "java"}"#, &Value::Null);
        check(r#"{"csv": []}"#, &Value::Null);
    }
}
