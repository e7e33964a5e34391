//! Checks that every statement works that documents and hints give as a remedy.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::command_line::{body, database, output, without_aws};
use crate::documents::{blocks, documents, read};
use crate::loading::{IN_PYTHON, IN_SPARK};

/// Remedies as they are written in documents or hints, and the statement to run for each. `NAME` in a pattern
/// of a hint is replaced by a value.
const STATEMENTS: &[(&str, &str)] = &[
    ("ALTER ROLE exporter SET statement_timeout = '15min'", ""),
    ("ALTER ROLE exporter SET idle_in_transaction_session_timeout = '5min'", ""),
    // A setting of PostgreSQL 17.
    ("ALTER ROLE exporter SET transaction_timeout = '20min'", "SELECT 1"),
    ("ALTER ROLE exporter SET temp_file_limit = '10GB'", ""),
    (
        "ALTER ROLE … SET standard_conforming_strings = on",
        "ALTER ROLE exporter SET standard_conforming_strings = on",
    ),
    ("ALTER ROLE \\\"{username}\\\" LOGIN", "ALTER ROLE \"exporter\" LOGIN"),
    ("ALTER ROLE \\\"{username}\\\" CONNECTION LIMIT 20", "ALTER ROLE \"exporter\" CONNECTION LIMIT 20"),
    ("ALTER ROLE exporter CONNECTION LIMIT 20", ""),
    ("ALTER ROLE … CONNECTION LIMIT", "ALTER ROLE exporter CONNECTION LIMIT 20"),
    ("ALTER DATABASE … CONNECTION LIMIT", "ALTER DATABASE postgres CONNECTION LIMIT 100"),
    ("GRANT rds_iam TO \\\"{username}\\\"", "GRANT rds_iam TO \"exporter\""),
    ("GRANT rds_iam TO \\\"{}\\\"", "GRANT rds_iam TO \"exporter\""),
    ("GRANT rds_iam TO exporter", ""),
    ("GRANT SELECT ON users TO exporter", ""),
    ("GRANT USAGE ON SCHEMA …", "GRANT USAGE ON SCHEMA public TO exporter"),
    ("GRANT SELECT ON …", "GRANT SELECT ON users TO exporter"),
    (
        "GRANT CONNECT ON DATABASE \\\"{database}\\\" TO \\\"{username}\\\"",
        "GRANT CONNECT ON DATABASE \"postgres\" TO \"exporter\"",
    ),
    ("REFRESH MATERIALIZED VIEW name", ""),
    ("SELECT last_value FROM name", "SELECT last_value FROM numbers"),
    ("SELECT pid, state, query FROM pg_stat_activity WHERE xact_start < now() - interval '1 minute'", ""),
    ("SELECT * FROM pg_stat_activity", ""),
];

/// Remedies that have a test of their own below.
const TRIED_BELOW: [&str; 2] = [DECODED, COPIED];
const DECODED: &str = "convert_from(convert(convert_to(column, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'UTF8')";
const COPIED: &str = "pg_dump --encoding=LATIN1 OLD | psql NEW";

/// Texts that begin like a statement but are not remedies.
const NO_REMEDY: [&str; 4] = [
    "ALTER TABLE`, `TRUNCATE` and `VACUUM FULL` wait",
    "ALTER TABLE, VACUUM FULL or a migration",
    "ALTER TABLE, TRUNCATE, VACUUM FULL or a migration",
    "REVOKE ALL ON DATABASE",
];

/// The beginnings of statements of remedies.
const BEGINNINGS: [&str; 12] = [
    "ALTER ",
    "GRANT ",
    "REVOKE ",
    "CREATE ROLE",
    "CREATE INDEX",
    "CREATE SCHEMA",
    "REFRESH ",
    "REINDEX ",
    "SELECT pid",
    "SELECT last_value",
    "convert_from(",
    "pg_dump ",
];

/// Returns the strings of a source file, or a document without its blocks of SQL, which other tests run.
fn text_of(path: &str) -> String {
    let text = read(path);
    let text = if path.starts_with("src/") {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n").replace("\\\n", "")
    } else {
        let blocks = text.split("```");
        blocks.enumerate().filter(|(i, _)| i % 2 == 0).map(|(_, prose)| prose).collect::<Vec<_>>().join(" ")
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sources(folder: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder") {
        let path = format!("{folder}/{}", entry.expect("an entry").file_name().to_string_lossy());
        if Path::new(&path).extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        } else if !path.contains('.') && !path.ends_with("/tests") {
            sources(&path, found);
        }
    }
}

#[test]
fn every_remedy_is_tried() {
    let mut paths: Vec<_> = documents().into_iter().map(|(name, _)| name).collect();
    sources("src", &mut paths);
    let known: Vec<_> = STATEMENTS.iter().map(|(text, _)| *text).chain(TRIED_BELOW).collect();
    let mut seen = Vec::new();
    for path in paths {
        let text = text_of(&path);
        for beginning in BEGINNINGS {
            for (at, _) in text.match_indices(beginning) {
                let text = &text[at..];
                if NO_REMEDY.iter().any(|other| text.starts_with(other)) {
                    continue;
                }
                let tried = known.iter().find(|known| text.starts_with(**known));
                let shown: String = text.chars().take(90).collect();
                seen.push(*tried.unwrap_or_else(|| panic!("{path}: nothing tries {shown}")));
            }
        }
    }
    for text in known {
        assert!(
            seen.contains(&text) || text.starts_with("SELECT *"),
            "nobody gives this remedy any more: {text}"
        );
    }
}

/// Documents whose blocks of statements another test runs, all of them.
const RUN: [&str; 4] =
    ["docs/deploying.md", "docs/incremental.md", "docs/observability.md", "docs/security.md"];

/// Sections of docs/loading.md whose statements nothing here can run, and why. They follow the services' documentation.
const NOT_RUN: [(&str, &str); 3] = [
    ("Redshift", "a service without an emulator that has COPY from S3"),
    ("Snowflake", "a service without an emulator that has stages and COPY INTO"),
    ("BigQuery", "a service without an emulator that reads Cloud Storage by LOAD DATA"),
];

/// Blocks of SQL and Python are run by a test, or listed with a reason, and then the document says so.
#[test]
fn every_block_of_statements_is_run_or_listed() {
    let sections = IN_PYTHON.iter().chain(&IN_SPARK).map(|(title, _)| *title);
    let run: Vec<_> = sections.chain(["PostgreSQL"]).collect();
    let mut found = Vec::new();
    for (name, text) in documents() {
        for section in text.split("\n## ") {
            let title = section.lines().next().unwrap_or_default();
            if blocks(section, "sql").is_empty() && blocks(section, "python").is_empty() {
                continue;
            }
            if name == "docs/loading.md" {
                let known = run.contains(&title) || NOT_RUN.iter().any(|(other, _)| *other == title);
                assert!(known, "{name}: nothing runs the statements of {title}");
                found.push(title.to_owned());
            } else {
                assert!(RUN.contains(&name.as_str()), "{name}: nothing runs the statements of {title}");
            }
        }
    }
    let loading = read("docs/loading.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for (title, reason) in NOT_RUN {
        assert!(found.iter().any(|other| other == title), "{title} ({reason}) is gone");
    }
    let not_run = "Those of Redshift, Snowflake and BigQuery follow the documentation of these services and could not be run.";
    assert!(loading.contains(not_run), "the document hides what nothing runs");
    assert_eq!(found.len(), run.len() + NOT_RUN.len(), "{found:?}");
}

#[tokio::test]
async fn every_statement_runs() {
    let (postgres, _folder) = database().await;
    let objects = "CREATE ROLE exporter; CREATE ROLE rds_iam; CREATE TABLE users (); CREATE SEQUENCE numbers;
        CREATE MATERIALIZED VIEW name AS SELECT 1 AS a WITH NO DATA";
    postgres.execute("postgres", objects).await.expect("objects");
    for (text, statement) in STATEMENTS {
        let statement = if statement.is_empty() { text } else { statement };
        let ran = postgres.execute("postgres", statement).await;
        assert!(ran.is_ok(), "{statement}: {ran:?}");
    }
}

#[tokio::test]
async fn text_in_latin1_is_read_from_a_database_in_sql_ascii() {
    let (postgres, folder) = database().await;
    postgres
        .execute("postgres", "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'")
        .await
        .expect("a database");
    let table = r"CREATE TABLE t AS SELECT convert_from('\x636166e9', 'SQL_ASCII') AS a";
    postgres.execute("bytes", table).await.expect("a table");
    let run = |query: &str| {
        let database = ["extract", "--user", "postgres", "--database", "bytes"];
        let arguments = [&database[..], &["--query", query, "--output", "-"]].concat();
        output(without_aws(&postgres, folder.path(), &arguments))
    };
    let failed = body(&run("SELECT a FROM t"));
    let hint = failed["hint"].as_str().unwrap_or_default();
    assert!(hint.contains(DECODED), "{failed}");
    assert!(text_of("docs/csv.md").contains(DECODED), "the document has another remedy");
    let read = run(&format!("SELECT {} AS a FROM t", DECODED.replace("column", "a")));
    assert!(String::from_utf8_lossy(&read.stdout).contains("café"), "{read:?}");
}

#[tokio::test]
async fn a_database_in_mule_internal_is_read_from_a_copy() {
    let (postgres, folder) = database().await;
    for sql in [
        "CREATE DATABASE old ENCODING 'MULE_INTERNAL' TEMPLATE template0 LOCALE 'C'",
        "CREATE DATABASE new ENCODING 'UTF8' TEMPLATE template0",
    ] {
        postgres.execute("postgres", sql).await.expect("a database");
    }
    let run = |database: &str| {
        let arguments =
            ["extract", "--user", "postgres", "--database", database, "--query", "TABLE t", "--output", "-"];
        output(without_aws(&postgres, folder.path(), &arguments))
    };
    let client = |program: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", program]).stdin(Stdio::null());
        command.env("PGHOST", "127.0.0.1").env("PGPORT", postgres.port().to_string());
        command.env("PGUSER", "postgres").env("PGPASSWORD", postgres.password()).env("PGSSLMODE", "disable");
        command
    };
    let made = output(client(
        r"printf 'caf\351' | PGCLIENTENCODING=LATIN1 psql -q -v ON_ERROR_STOP=1 -d old \
        -c 'CREATE TABLE t (a text)' -c '\copy t FROM STDIN'",
    ));
    assert!(made.status.success(), "{made:?}");
    let failed = body(&run("old"));
    assert!(failed["hint"].as_str().is_some_and(|hint| hint.contains(COPIED)), "{failed}");
    let copied = output(client(&COPIED.replace("OLD", "old").replace("NEW", "new")));
    assert!(copied.status.success(), "{copied:?}");
    let read = run("new");
    assert!(String::from_utf8_lossy(&read.stdout).contains("café"), "{read:?}");
}
