//! `--dry-run`: says what would run, without running it.

use std::fmt::Debug;
use std::process::ExitCode;

use console::Style;
use extractor_encode::csv::CsvOptions;
use extractor_encode::parquet::{Decimal, ParquetOptions};
use serde_json::{Value, json};

use super::exit::exit_status;
use super::report::Report;
use super::summary::show;
use crate::answer::Answer;
use crate::config::DirectLogin;
use crate::error::Result;
use crate::form;
use crate::job::{
    Action, Configured, Discovery, Encryption, Extraction, FileFormat, Incremental, LocalOutput, Naming,
    PageTarget, Place, Plan, Query, Readers, Role, SetOptions, Source, Survey, TableSelector, Target,
    Watermark, WriteOptions,
};
use crate::pipeline::Run;

/// Shown in place of a role if none is assumed.
const OWN: &str = "none: your own credentials";
/// The column at which the texts begin.
const INDENT: usize = 17;

/// Prints what would run. Nothing is read, resolved or called.
pub(super) fn run(report: Report, action: Action, run: &Run) -> ExitCode {
    let facts = match action {
        Action::Extract(job) => job.and_then(|job| facts("extract", &job, run)),
        Action::Diagnose(job) => job.and_then(|job| facts("diagnose", &job, run)),
        Action::Discover(discovery) => discovery.map(|discovery| of_discovery(&discovery)),
        Action::Overview(survey) => survey.map(|survey| of_overview(&survey)),
        Action::Plan(plan) => plan.map(|plan| of_plan(&plan)),
    };
    let answer = facts.map_or_else(Answer::Failed, Answer::DryRun);
    match &answer {
        Answer::DryRun(facts) if report.readable => {
            let mut page = report.page(INDENT);
            page.heading(&Style::new().green().bold(), &answer.message());
            for (label, fact) in facts {
                page.row(label, &fact.as_str().map_or_else(|| fact.to_string(), str::to_owned));
            }
            report.print(&page.text());
        }
        _ => show(report, &answer, &run.request_id, 0.0),
    }
    exit_status(&answer)
}

/// Returns each fact under the name of the event's field if it has one, without SQL, parameter values or the
/// external id.
fn facts(action: &str, extraction: &Extraction, run: &Run) -> Result<Vec<(&'static str, Value)>> {
    let mut facts = Vec::new();
    let mut say = |name, fact: Value| {
        if !fact.is_null() {
            facts.push((name, fact));
        }
    };
    say("action", json!(action));
    match &extraction.source {
        Source::Login(DirectLogin { servers, .. }) => {
            let Some(login) = servers.first() else { return Ok(facts) };
            let endpoints: Vec<String> = servers.iter().map(|server| server.endpoint.to_string()).collect();
            say("server", json!(endpoints.join(", ")));
            say("database", json!(form::shown(&login.database)));
            say("user", json!(form::shown(&login.username)));
            say("sslMode", json!(login.tls.mode.as_str()));
        }
        Source::Configured(Configured { parameter, role }) => {
            say("dbConfigParam", json!(form::shown_parameter(parameter)));
            say("role", json!(role.as_ref().map_or(OWN, |role| &role.arn)));
            let sent = |sent| if sent { "sent" } else { "not sent" };
            say("externalId", json!(role.as_ref().map(|role| sent(role.external_id.is_some()))));
        }
    }
    say("query", json!(query(&extraction.query)));
    if let Some(Incremental { stream, watermark, .. }) = &extraction.incremental {
        say("stream", json!(stream));
        say(
            "watermark",
            json!(match watermark {
                Watermark::Xmin => "xmin".to_owned(),
                Watermark::Column(name) => format!("column {}", form::shown(name)),
            }),
        );
    }
    say("params", json!(extraction.params.len()));
    say("parallelism", json!(extraction.readers.several()));
    if let Readers::ByColumn(_, column) = &extraction.readers {
        say("splitBy", json!(form::shown(column)));
    }
    say(
        "transaction",
        json!(if extraction.allow_writes {
            "read and write, committed after the last row (ALLOW_WRITES)"
        } else {
            "READ ONLY"
        }),
    );
    if let Some(SetOptions { max_file_size, partition_by, redshift }) = extraction.layout.set() {
        say("maxFileSize", json!(max_file_size));
        let columns: Vec<_> = partition_by.iter().map(|column| form::shown(column)).collect();
        say("partitionBy", json!((!columns.is_empty()).then(|| columns.join(", "))));
        say("manifest", json!(redshift.then_some("redshift")));
    }
    let is_set = extraction.layout.set().is_some();
    let naming = Naming { request_id: &run.request_id, started: run.started };
    match &extraction.target {
        Target::Local(LocalOutput::Stdout, _) => say("output", json!("standard output")),
        Target::Local(LocalOutput::Path(path), if_exists) => {
            let path = path.resolve(naming, extraction.event_id.as_deref());
            say(if is_set { "set" } else { "output" }, json!(path));
            say("ifExists", json!(word(if_exists)));
        }
        Target::Object(object) => {
            let (key, is_set) = match &extraction.incremental {
                Some(incremental) => (incremental.folder(object), true),
                None => (extraction.object_key(object, naming)?, is_set),
            };
            let (name, slash) = if is_set { ("set", "/") } else { ("object", "") };
            say(name, json!(format!("s3://{}/{key}{slash}", object.bucket)));
            say("bucketOwner", json!(object.bucket_owner));
            let WriteOptions { encryption, storage_class, tags, acl, sign_payload } = &object.options;
            say("encryption", json!(encryption.as_ref().map(Encryption::algorithm)));
            say("kmsKey", json!(encryption.as_ref().and_then(Encryption::kms_key_id)));
            say("storageClass", json!(storage_class));
            say("tags", json!(tags.as_ref().map(|tags| tags.split('&').count())));
            say("acl", json!(acl));
            say("payloadSigning", json!(sign_payload));
            say("ifExists", json!(word(object.if_exists)));
        }
    }
    say("format", json!(extraction.format.format().as_str()));
    if let FileFormat::Csv(options) = &extraction.format {
        say("csv", json!(csv(options)));
    }
    if let FileFormat::Parquet(options) = &extraction.format {
        say("parquet", json!(parquet(options)));
    }
    let compression = extraction.format.inner_compression().map(str::to_owned);
    say("compression", json!(compression.unwrap_or_else(|| word(extraction.compression))));
    say("onEmpty", json!(word(extraction.on_empty)));
    say("secondsUsable", json!(run.deadline.remaining().map(|left| left.as_secs())));
    Ok(facts)
}

fn of_discovery(discovery: &Discovery) -> Vec<(&'static str, Value)> {
    vec![
        ("action", json!("discover")),
        ("roles", json!(roles(&discovery.places))),
        ("identifier", json!(discovery.identifier.as_deref().unwrap_or("*"))),
        ("engine", json!(discovery.engine.as_deref().unwrap_or("*"))),
        ("metrics", json!(discovery.metrics)),
    ]
}

fn of_overview(survey: &Survey) -> Vec<(&'static str, Value)> {
    let target = match &survey.target {
        None => "none: bucket is missing".to_owned(),
        Some(PageTarget::File(path)) => path.display().to_string(),
        Some(PageTarget::Bucket { bucket, prefix }) => {
            format!("s3://{bucket}/{}", prefix.as_deref().unwrap_or_default())
        }
    };
    let exports: Vec<String> =
        survey.exports.iter().map(|one| format!("s3://{}/{}", one.bucket, one.prefix)).collect();
    vec![
        ("action", json!("overview")),
        ("roles", json!(roles(&survey.places))),
        ("target", json!(target)),
        ("exports", json!(exports.join(", "))),
        ("topicArn", json!(survey.topic_arn)),
    ]
}

fn of_plan(plan: &Plan) -> Vec<(&'static str, Value)> {
    vec![
        ("action", json!("plan")),
        ("forEach", json!(plan.for_each.name())),
        ("bucket", json!(plan.bucket)),
        ("note", json!("rds-data-extractor plan --dry-run shows the exports")),
    ]
}

fn roles(places: &[Place]) -> String {
    let role = |role: &Option<Role>| role.as_ref().map_or(OWN, |role| &role.arn).to_owned();
    places.iter().map(|place| role(&place.role)).collect::<Vec<_>>().join(", ")
}

fn query(query: &Query) -> String {
    match query {
        Query::Text(sql) => format!("one statement of {} characters", sql.chars().count()),
        Query::Parameter(name) => format!("the SSM parameter {}", form::shown_parameter(name)),
        Query::Table(name) => format!("all of the table {}", form::shown(name)),
        Query::Tables(selectors) => {
            let texts: Vec<_> = selectors.iter().map(TableSelector::shown).collect();
            format!("all tables of {}", texts.join(", "))
        }
        Query::DefaultTableList => "none given: the tables of schema public".to_owned(),
    }
}

fn csv(csv: &CsvOptions) -> String {
    format!(
        "dialect {}, delimiter {:?}, quote {}, header {}, null {}, lineEnding {}, bom {}, escapeFormulas {}",
        word(csv.dialect),
        char::from(csv.delimiter),
        word(csv.quote),
        csv.header,
        csv.null.as_ref().map_or_else(|| "as the empty text".to_owned(), |text| null(text)),
        word(csv.line_ending),
        csv.bom,
        csv.escape_formulas
    )
}

fn parquet(parquet: &ParquetOptions) -> String {
    let numeric = |decimal: Decimal| format!("decimal({},{})", decimal.precision(), decimal.scale());
    format!(
        "uuid {}, arrays {}, json {}, numeric {}, unrepresentable {}, rowGroupSize {}",
        word(parquet.uuids),
        word(parquet.arrays),
        word(parquet.json),
        parquet.numeric.map_or_else(|| "as its type modifier".to_owned(), numeric),
        word(parquet.unrepresentable),
        parquet.row_group_size,
    )
}

/// Formats the text for NULL, which may be arbitrary and is not always shown. That of COPY and of presets is.
fn null(text: &str) -> String {
    match form::shown(text) {
        _ if text.is_empty() || text == "\\N" => format!("{text:?}"),
        form::NOT_SHOWN => format!("as a text of {} characters", text.chars().count()),
        text => format!("{text:?}"),
    }
}

/// Returns the name of a choice in the event: the variant in lower case.
fn word(choice: impl Debug) -> String {
    format!("{choice:?}").to_lowercase()
}
