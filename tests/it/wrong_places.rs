//! Secrets in wrong places: whatever a flag, a variable, a field or the configuration contains, the real
//! program does not repeat a text that does not have the form of its place.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use devstack::{Postgres, PostgresOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{Fixture, PATIENCE};

/// Returns a text that must not be repeated; it differs between runs.
fn password() -> &'static str {
    static PASSWORD: LazyLock<String> = LazyLock::new(|| {
        let letters = |count: usize| -> String { (0..count).map(|_| fastrand::lowercase()).collect() };
        format!("{}7{}2xK{}w", letters(2), letters(6), fastrand::digit(10))
    });
    &PASSWORD
}

/// Values that people put into a wrong place, each with the words that describe it.
fn values() -> Vec<(String, &'static str)> {
    let password = password();
    vec![
        (format!("postgresql://reader:{password}@db.internal:5432/shop"), "a URL"),
        (format!("reader:{password}@db.internal"), "a user and a password"),
        (format!("host=db.internal user=reader password={password}"), "a connection string"),
        (format!("{{\"username\": \"reader\", \"password\": \"{password}\"}}"), "a JSON document"),
        (format!("-----BEGIN PRIVATE KEY-----\n{password}\n"), "a PEM certificate or key"),
    ]
}

/// A value that is a legal name of a user, a database or a file, but must not be repeated.
fn pair() -> String {
    format!("reader:{}", password())
}

/// Returns the program with credentials that nobody checks, and with AWS endpoints at which nothing listens.
fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rds-data-extractor"));
    command.args(arguments).env_clear().stdin(Stdio::null()).current_dir(folder);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("LOG_LEVEL", "TRACE"),
        ("USER", "me"),
    ] {
        command.env(name, value);
    }
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs all commands, several at a time. Each must fail or succeed without showing the password.
fn run_all(commands: Vec<Command>) -> usize {
    const AT_ONCE: usize = 8;
    let (count, next) = (commands.len(), AtomicUsize::new(0));
    let commands: Vec<_> = commands.into_iter().map(std::sync::Mutex::new).collect();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(command) = commands.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut command = command.lock().expect("no thread has it");
                    let said = text(&command.output().expect("the program"));
                    assert!(!said.contains(password()), "{command:?}\n{said}");
                    assert!(!said.is_empty(), "{command:?}");
                }
            });
        }
    });
    count
}

/// Returns the flags of a command that take a value, as its help lists them.
fn flags(command: &str) -> Vec<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_rds-data-extractor")).args([command, "--help"]).output();
    let help = text(&help.expect("the program"));
    let flag = |line: &str| {
        let (_, rest) = line.split_once("--")?;
        let (name, value) = rest.split_once(' ')?;
        value.starts_with('<').then(|| name.to_owned())
    };
    let flags: Vec<_> =
        help.lines().filter(|line| line.trim_start().starts_with('-')).filter_map(flag).collect();
    assert!(flags.len() > 5 && flags.iter().any(|flag| flag == "timeout"), "{help}");
    flags
}

/// Returns every literal of the program that can be the name of a variable.
fn variables() -> Vec<String> {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let source = std::fs::read_to_string(path).expect("a source file");
                let program = source.split("#[cfg(test)]").next().unwrap_or_default();
                let is_name = |name: &&str| {
                    name.contains(['_', 'P', 'U'])
                        && name.len() > 3
                        && name
                            .bytes()
                            .all(|byte| b"_0123456789".contains(&byte) || byte.is_ascii_uppercase())
                };
                found.extend(program.split('"').filter(is_name).map(str::to_owned));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    for known in ["PGHOST", "USER", "DB_CONFIG_PARAM", "ALLOW_WRITES", "LOG_LEVEL", "TRACEPARENT"] {
        assert!(found.contains(known), "{known} is not found");
    }
    // With the first, the program is the function and waits for events. The others are the SDK's, which no
    // literal names.
    found.remove("AWS_LAMBDA_RUNTIME_API");
    let of_the_sdk = ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "HTTPS_PROXY"];
    found.into_iter().chain(of_the_sdk.map(str::to_owned)).collect()
}

/// Of these, only the path to AWS reports something; the others are read before it.
const OF_AWS_CALLS: &[&str] = &["db-config-param", "role-arn", "profile", "region"];

const FIELDS: &[&str] = &[
    "action",
    "dbConfigParam",
    "crossAccountRoleArn",
    "externalId",
    "query",
    "queryParam",
    "params",
    "bucket",
    "bucketOwner",
    "keyPrefix",
    "fileNamePrefix",
    "fileName",
    "csv",
    "compression",
    "compressionLevel",
    "ifExists",
    "onEmpty",
    "parallelism",
    "splitBy",
    "partitionBy",
    "table",
    "roles",
    "metrics",
    "identifier",
    "engine",
    "raiseOnError",
];

#[test]
fn no_flag_variable_or_field_is_repeated() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    let usual = ["--bucket", "exports", "--query", "SELECT 1"];
    let mut commands = Vec::new();
    let (flags_of_extract, flags_of_overview) = (flags("extract"), flags("overview"));
    let variables = variables();
    for (index, (value, _)) in values().into_iter().enumerate() {
        for flag in flags_of_extract.iter().map(String::as_str).chain(["no-such-flag", "json"]) {
            // A value that the flag itself sets is not given twice.
            let rest: Vec<_> = usual
                .chunks(2)
                .filter(|pair| {
                    pair[0] != format!("--{flag}")
                        && !(pair[0] == "--query" && (flag.starts_with("query") || flag == "table"))
                })
                .flatten()
                .copied()
                .collect();
            let given = format!("--{flag}={value}");
            commands.push(program(folder, &[&["extract", "--dry-run", &given], &rest[..]].concat()));
            if index == 0 && OF_AWS_CALLS.contains(&flag) {
                commands.push(program(folder, &["discover", "--timeout", "1", &given]));
                commands
                    .push(program(folder, &[&["diagnose", "--timeout", "1", &given], &rest[..]].concat()));
                commands.push(program(folder, &["config", "check", &given]));
            }
        }
        for flag in &flags_of_overview {
            let given = format!("--{flag}={value}");
            if index == 0 || flag == "output" {
                let mut arguments = vec!["overview", &given];
                if flag != "timeout" {
                    arguments.push("--timeout=1");
                }
                if flag != "output" {
                    arguments.push("--output=page.html");
                }
                commands.push(program(folder, &arguments));
            }
        }
        for variable in &variables {
            let mut dry = vec!["extract", "--dry-run"];
            if variable.starts_with("PG") || variable == "USER" {
                dry.extend(["--sslmode", "verify-full", "-o", "-"]);
                if !variable.starts_with("PGHOST") {
                    dry.extend(["--host", "localhost"]);
                }
            }
            let mut commands_of = vec![dry];
            if index == 0 && variable.starts_with("AWS_") {
                commands_of.push([&["diagnose", "--timeout", "1"], &usual[..]].concat());
                commands_of.push([&["extract", "--timeout", "1"], &usual[..]].concat());
                commands_of.push(vec!["discover", "--timeout", "1"]);
                commands_of.push(vec!["overview", "--timeout", "1", "--output", "page.html"]);
            }
            commands.extend(commands_of.into_iter().map(|arguments| {
                let mut command = program(folder, &arguments);
                command.env(variable, &value);
                command
            }));
        }
        let mut event = |name: String, event: Value| {
            let file = folder.join(format!("{index}-{name}.json"));
            std::fs::write(&file, event.to_string()).expect("a file");
            let file = file.to_str().expect("a path").to_owned();
            commands.push(program(folder, &["extract", "--dry-run", "--event", &file]));
        };
        for field in FIELDS {
            event((*field).to_owned(), json!({"bucket": "exports", *field: value}));
        }
        event("unknown".to_owned(), json!({"bucket": "exports", value.as_str(): 1, password(): 1}));
        event(
            "csv".to_owned(),
            json!({"bucket": "exports", "csv": {"null": value, "quote": value, value.as_str(): 1}}),
        );
        for arguments in [
            &["extract", &value][..],
            &[&value],
            &["config", "check", &value],
            &["completions", &value],
            &["config", "check", "a", &value],
        ] {
            commands.push(program(folder, arguments));
        }
    }
    assert!(run_all(commands) > 400);
}

#[tokio::test]
async fn what_the_server_repeats_is_not_repeated() {
    let folder = TempDir::new().expect("a folder");
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("PostgreSQL");
    let local = |flags: &[&str]| {
        let flags = [&["extract", "--query", "SELECT 1", "-o", "-"], flags].concat();
        let mut command = program(folder.path(), &flags);
        command
            .env("PGHOST", postgres.host())
            .env("PGPORT", postgres.port().to_string())
            .env("PGPASSWORD", postgres.password())
            .env("PGSSLROOTCERT", postgres.ca_file());
        command
    };
    let pair = pair();
    run_all(vec![
        local(&["--user", &pair, "--database", "postgres"]),
        local(&["--user", "postgres", "--database", &pair]),
        local(&["--dry-run", "--user", &pair, "--database", &pair]),
    ]);
    let unknown = text(&local(&["--user", "postgres", "--database", &pair]).output().expect("the program"));
    assert!(unknown.contains("invalid catalog name (SQLSTATE 3D000)"), "{unknown}");
    // Unusual names that are not secrets still work.
    for name in ["o'brien@example.com", "a:b", "Shop DB ü$1"] {
        postgres.create_role(name, "p").await.expect("a role");
        postgres.execute("postgres", &format!("CREATE DATABASE \"{name}\"")).await.expect("a database");
        let mut command = local(&["--user", name, "--database", name]);
        let answer = command.env("PGPASSWORD", "p").output().expect("the program");
        assert!(answer.status.success(), "{name}: {}", text(&answer));
    }
    let refused = text(&local(&["--user", "u", "--host", &values()[0].0]).output().expect("the program"));
    assert!(refused.contains("--host holds a URL, but must be"), "{refused}");
}

#[tokio::test]
async fn no_key_of_the_configuration_is_repeated() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[("LOG_LEVEL", "TRACE")]).await;
    let keys = [
        "host",
        "port",
        "database",
        "username",
        "dbInstanceIdentifier",
        "dbClusterIdentifier",
        "dbProxyName",
        "endpoint",
        "auth",
        "databasePort",
        "sslMode",
        "sslRootCert",
        "tlsServerName",
        "region",
        "secretArn",
    ];
    for key in keys {
        for (value, looks_like) in values().into_iter().take(if key == "host" { 5 } else { 1 }) {
            fixture.parameter("/wrong", json!({key: value})).await;
            for action in ["extract", "diagnose"] {
                let event = json!({"action": action, "dbConfigParam": "/wrong", "query": "SELECT 1"});
                let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
                let said = invocation.shown();
                assert!(!said.contains(password()), "{key} {value}: {said}");
                assert!(
                    key == "sslRootCert" || said.contains(&format!("{key} holds {looks_like}")),
                    "{key}: {said}"
                );
            }
        }
    }
    for key in ["database", "username"] {
        fixture.parameter("/wrong", json!({key: pair()})).await;
        for action in ["extract", "diagnose"] {
            let event = json!({"action": action, "dbConfigParam": "/wrong", "query": "SELECT 1"});
            let said = function.invoke(&event, PATIENCE).await.expect("an answer").shown();
            assert!(!said.contains(password()), "{key}: {said}");
        }
    }
    // A whole document in the place of a name, and one without a form.
    fixture
        .stack
        .account_a()
        .put_parameter("/whole", &values()[0].0, "SecureString")
        .await
        .expect("a parameter");
    for event in [
        json!({"dbConfigParam": "/whole", "query": "SELECT 1"}),
        json!({"dbConfigParam": pair(), "query": "SELECT 1"}),
        json!({"action": "diagnose", "dbConfigParam": pair(), "query": "SELECT 1"}),
        json!({"queryParam": pair()}),
        json!({"query": password()}),
    ] {
        let said = function.invoke(&event, PATIENCE).await.expect("an answer").shown();
        assert!(!said.contains(password()), "{event}: {said}");
    }
}
