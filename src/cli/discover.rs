//! The command `discover`: prints the databases as a table, as JSON or as CSV.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use console::Style;
use indicatif::HumanBytes;

use super::arguments::DiscoverArguments;
use super::exit::exit_status;
use super::report::write_stdout;
use super::request::{Begun, Log};
use crate::answer::Answer;
use crate::discover::{Database, Figures, Inventory};
use crate::environment::Environment;
use crate::error::Error;
use crate::event;

/// Discovers the databases and prints them. The exit status is 1 if anything could not be queried.
pub(super) async fn run(arguments: &DiscoverArguments, environment: Environment) -> ExitCode {
    let begun = Begun::new(&arguments.aws, environment, arguments.timeout, Log::Unwatched).await;
    let event = begun.check().and_then(|()| arguments.event());
    let answer = begun.answer(event.map(|event| event::read(&event, begun.environment()))).await;
    let for_people = std::io::stdout().is_terminal() && !arguments.json;
    let (shown, complaints) = match &answer {
        Answer::Discovered(inventory, _) if arguments.csv => (as_csv(inventory), failures(inventory)),
        Answer::Discovered(inventory, _) if for_people => (table(inventory), failures(inventory)),
        Answer::Failed(error) if arguments.csv || for_people => (String::new(), failure(error, None)),
        answer => (format!("{:#}\n", answer.to_json(&begun.run.request_id)), String::new()),
    };
    let _ = write!(std::io::stderr(), "{complaints}");
    if write_stdout(shown.as_bytes()) { exit_status(&answer) } else { ExitCode::FAILURE }
}

/// The name of a column, which is that of the answer's field, and its cell.
type Column = (&'static str, fn(&Database) -> String);

/// The columns of the CSV.
const COLUMNS: [Column; 19] = [
    ("identifier", |database| database.identifier.clone()),
    ("kind", |database| database.kind.as_str().to_owned()),
    ("cluster", |database| cell(database.cluster.as_ref())),
    ("engine", |database| cell(database.engine.as_ref())),
    ("version", |database| cell(database.version.as_ref())),
    ("status", |database| cell(database.status.as_ref())),
    ("endpoint", |database| cell(database.endpoint.as_ref())),
    ("readerEndpoint", |database| cell(database.reader_endpoint.as_ref())),
    ("port", |database| cell(database.port.as_ref())),
    ("iamAuthentication", |database| database.iam_authentication.to_string()),
    ("encrypted", |database| database.encrypted.to_string()),
    ("publiclyAccessible", |database| cell(database.publicly_accessible.as_ref())),
    ("account", |database| cell(database.account.as_ref())),
    ("region", |database| cell(database.region.as_ref())),
    ("roleArn", |database| cell(database.role_arn.as_ref())),
    ("cpuPercent", |database| figure(database, |figures| figures.cpu_percent)),
    ("connections", |database| figure(database, |figures| figures.connections)),
    ("freeStorageBytes", |database| figure(database, |figures| figures.free_storage_bytes)),
    ("replicaLagSeconds", |database| figure(database, |figures| figures.replica_lag_seconds)),
];

fn cell(value: Option<&impl ToString>) -> String {
    value.map_or_else(String::new, ToString::to_string)
}

/// Formats a figure as JSON does: with a fraction, even if it is zero.
fn figure(database: &Database, of: fn(&Figures) -> Option<f64>) -> String {
    database.metrics.as_ref().and_then(of).map_or_else(String::new, |value| format!("{value:?}"))
}

fn as_csv(inventory: &Inventory) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(COLUMNS.map(|(name, _)| name));
    for database in &inventory.databases {
        let _ = writer.write_record(COLUMNS.map(|(_, cell)| cell(database)));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Formats two or three lines per database, below one for its account and region. They take 80 columns unless
/// a name is long.
fn table(inventory: &Inventory) -> String {
    const HEADING: &str = "  IDENTIFIER                  ENGINE                     STATUS         IAM  ENC";
    let (bold, dim) = (Style::new().bold(), Style::new().dim());
    let mut out = String::new();
    let mut last = None;
    for database in &inventory.databases {
        let place = (&database.account, &database.region, &database.role_arn);
        if last != Some(place) {
            let gap = if last.is_some() { "\n" } else { "" };
            let role = database.role_arn.as_ref().and_then(|arn| arn.split_once(":role/"));
            let role = role.map_or_else(String::new, |(_, name)| format!("  role {name}"));
            let title =
                format!("{} {}", or_dash(database.account.as_deref()), or_dash(database.region.as_deref()));
            let _ = writeln!(
                out,
                "{gap}{}{}\n{}",
                bold.apply_to(title),
                dim.apply_to(role),
                dim.apply_to(HEADING)
            );
            last = Some(place);
        }
        out += &row(database);
        let port = database.port.map_or_else(String::new, |port| format!(":{port}"));
        for (endpoint, what) in [(&database.endpoint, ""), (&database.reader_endpoint, " (readers)")] {
            if let Some(endpoint) = endpoint {
                let _ = writeln!(out, "    {}", dim.apply_to(format!("{endpoint}{port}{what}")));
            }
        }
        if let Some(figures) = &database.metrics {
            let _ = writeln!(out, "    {}", figures_line(figures));
        }
    }
    let gap = if last.is_some() { "\n" } else { "" };
    let _ = writeln!(out, "{gap}{}", inventory.message());
    out
}

fn row(database: &Database) -> String {
    const NAME: usize = 27;
    let mut name = database.identifier.clone();
    if let Some(cluster) = &database.cluster {
        let _ = write!(name, " in {cluster}");
    }
    // A name that is too long for its column is put on a line of its own.
    let name =
        if name.chars().count() > NAME { format!("{name}\n  {:NAME$}", "") } else { format!("{name:NAME$}") };
    let engine =
        cut(&format!("{} {}", or_dash(database.engine.as_deref()), or_dash(database.version.as_deref())), 26);
    let status = or_dash(database.status.as_deref());
    let style = match status {
        "available" => Style::new().green(),
        status if status.starts_with("in") || status.contains("fail") => Style::new().red(),
        _ => Style::new().yellow(),
    };
    let yes_no = |yes| if yes { "yes" } else { "no" };
    let (iam, encrypted) = (yes_no(database.iam_authentication), yes_no(database.encrypted));
    format!(
        "  {name} {engine:26} {} {iam:4} {encrypted}\n",
        style.apply_to(format!("{:14}", cut(status, 14)))
    )
}

fn figures_line(figures: &Figures) -> String {
    let parts = [
        figures.cpu_percent.map(|percent| format!("CPU {percent:.1} %")),
        figures.connections.map(|count| format!("{count:.0} connections")),
        figures.free_storage_bytes.map(|bytes| format!("{} free", HumanBytes(bytes as u64))),
        figures.replica_lag_seconds.map(|lag| format!("{lag:.1} s behind")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no figures in the last 15 minutes".to_owned() } else { parts.join(", ") }
}

fn failures(inventory: &Inventory) -> String {
    inventory.failures.iter().map(|failed| failure(&failed.error, failed.region.as_deref())).collect()
}

fn failure(error: &Error, region: Option<&str>) -> String {
    let region = region.map_or_else(String::new, |region| format!(", {region}"));
    format!(
        "{} {} ({}{region})\n  Fix: {}\n",
        Style::new().for_stderr().red().apply_to("Failed:"),
        error.message,
        error.error_type.as_str(),
        error.advice(),
    )
}

fn or_dash(text: Option<&str>) -> &str {
    text.unwrap_or("-")
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Kind;

    fn database(identifier: &str) -> Database {
        let text = |text: &str| Some(text.to_owned());
        Database {
            identifier: identifier.to_owned(),
            kind: Kind::Instance,
            cluster: None,
            engine: text("aurora-postgresql"),
            version: text("16.3"),
            status: text("available"),
            endpoint: text("db.c1.eu-central-1.rds.amazonaws.com"),
            reader_endpoint: None,
            port: Some(5_432),
            iam_authentication: true,
            encrypted: false,
            publicly_accessible: None,
            account: text("222222222222"),
            region: text("eu-central-1"),
            role_arn: text("arn:aws:iam::222222222222:role/R"),
            metrics: Some(Figures {
                cpu_percent: Some(12.5),
                connections: Some(4.0),
                free_storage_bytes: Some(17_179_869_184.0),
                replica_lag_seconds: None,
            }),
        }
    }

    fn inventory(databases: Vec<Database>) -> Inventory {
        Inventory { databases, failures: Vec::new(), is_failure: false }
    }

    #[test]
    fn the_table_fits_80_columns_however_long_a_name_is() {
        console::set_colors_enabled(false);
        let table = table(&inventory(vec![database("shop"), database(&"x".repeat(63))]));
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
        assert_eq!(
            table.lines().take(5).collect::<Vec<_>>(),
            [
                "222222222222 eu-central-1  role R",
                "  IDENTIFIER                  ENGINE                     STATUS         IAM  ENC",
                "  shop                        aurora-postgresql 16.3     available      yes  no",
                "    db.c1.eu-central-1.rds.amazonaws.com:5432",
                "    CPU 12.5 %, 4 connections, 16.00 GiB free",
            ]
        );
        assert!(table.ends_with("\n\n2 databases found\n"), "{table}");
    }

    #[test]
    fn csv_has_a_cell_for_every_column() {
        let text = as_csv(&inventory(vec![database("a,b")]));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!((&record[0], &record[8], &record[15], &record[18]), ("a,b", "5432", "12.5", ""));
    }
}
