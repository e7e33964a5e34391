//! Secrets in wrong places: whatever is put into a flag, a variable, a field or the configuration, the real program does not
//! repeat what does not have the form of its place, in an answer, a log, a metric, a diagnosis or a dry run.
//!
//! The places are those that the sources name, so that new ones are tried too; each run draws passwords and their forms. A
//! failure names the seed, and `WRONG_PLACES_SEED` repeats it.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use devstack::{Postgres, PostgresOptions, RuntimeApi, SourceNames, misplaced};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{Fixture, PATIENCE};

static SEED: LazyLock<u64> = LazyLock::new(|| {
    let given = std::env::var("WRONG_PLACES_SEED").ok();
    given.map_or_else(|| fastrand::u64(..), |seed| seed.parse().expect("WRONG_PLACES_SEED is a number"))
});

static NAMES: LazyLock<SourceNames> = LazyLock::new(|| {
    let sources = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let names = SourceNames::read(sources).expect("the sources");
    for (found, known) in [(&names.variables, "PGHOST"), (&names.fields, "keyPrefix")] {
        assert!(found.contains(known), "{known} is not found");
    }
    assert!(names.keys.contains_key("cluster_identifier"));
    names
});

/// How many programs run at once; most of them wait.
const AT_ONCE: usize = 12;

/// What one test puts into wrong places.
struct Secret {
    draw: fastrand::Rng,
    password: String,
    forms: Vec<String>,
}

impl Secret {
    fn new() -> Self {
        let mut draw = fastrand::Rng::with_seed(*SEED);
        let mut letters = |count: usize| -> String { (0..count).map(|_| draw.lowercase()).collect() };
        let (first, middle) = (letters(2), letters(6));
        let password = format!("{first}7{middle}2xK{}w", draw.digit(10));
        let forms = misplaced(&password);
        Self { draw, password, forms }
    }

    /// One of the forms.
    fn form(&mut self) -> String {
        self.draw.choice(&self.forms).expect("a form").clone()
    }

    /// One of the forms that are wrong in this flag, field or variable.
    fn form_for(&mut self, place: &str) -> String {
        let form = self.form();
        let is_word = form.trim_matches(['\u{feff}', ' ', '\t', '"']) == self.password;
        // Names of files and objects may be nearly anything, and what is used is named in the answer: `reader/PASSWORD@host`
        // is a file in a folder, and `PASSWORD ` ends with a blank.
        let is_file = is_word || form == self.pair() || form.starts_with("reader/");
        let is_legal = match place {
            "output"
            | "file-name"
            | "file-name-prefix"
            | "key-prefix"
            | "fileName"
            | "fileNamePrefix"
            | "keyPrefix"
            | "CSV_FILENAME_PREFIX"
            | "S3_KEY_PREFIX"
            | "result"
            | "RESULT" => is_file,
            // Blanks may stand around the hosts of a list.
            "host" | "PGHOST" => is_word,
            _ => false,
        };
        if is_legal { self.form_for(place) } else { form }
    }

    /// A value that is a legal name of a user, a database, a file, and nobody's to repeat all the same.
    fn pair(&self) -> String {
        format!("reader:{}", self.password)
    }

    /// Checks that nothing of the password is in `said`, not even eight characters of it.
    fn is_not_in(&self, said: &str, place: &str) {
        let mut pieces = (0..=self.password.len() - 8).map(|at| &self.password[at..at + 8]);
        assert!(pieces.all(|piece| !said.contains(piece)), "WRONG_PLACES_SEED={} {place}\n{said}", *SEED);
    }

    /// Runs them all, some at once; each must fail or succeed without the password.
    fn is_in_none_of(&self, commands: Vec<Command>) -> usize {
        let (count, next) = (commands.len(), AtomicUsize::new(0));
        let commands: Vec<_> = commands.into_iter().map(Mutex::new).collect();
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    while let Some(command) = commands.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut command = command.lock().expect("no thread has it");
                        let said = text(&command.output().expect("the program"));
                        self.is_not_in(&said, &format!("{command:?}"));
                        assert!(!said.is_empty(), "{command:?}");
                    }
                });
            }
        });
        count
    }

    /// Invokes the function with all of them.
    async fn is_in_no_answer(&self, function: &RuntimeApi, events: Vec<Value>) {
        for event in events {
            // What is accepted may look for services that are not there, until shortly before its time is up.
            let done = function.invoke(&event, Duration::from_secs(4)).await.expect("an answer");
            self.is_not_in(&done.shown(), &event.to_string());
        }
    }
}

/// The program with credentials that nobody checks, and AWS where nobody listens.
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

/// Returns the flags of a command that take a value, as its help lists them.
fn flags(command: &[&str]) -> Vec<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_rds-data-extractor")).args(command).arg("--help").output();
    let help = text(&help.expect("the program"));
    let flag = |line: &str| {
        let (_, rest) = line.split_once("--")?;
        let (name, value) = rest.split_once(' ')?;
        value.starts_with('<').then(|| name.to_owned())
    };
    let flags: Vec<_> =
        help.lines().filter(|line| line.trim_start().starts_with('-')).filter_map(flag).collect();
    assert!(flags.iter().any(|flag| flag == "region"), "{help}");
    flags
}

/// Returns the variables that the sources name and those of the SDK, which no literal names.
fn variables() -> Vec<&'static str> {
    let of_the_sdk = ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "HTTPS_PROXY"];
    // With this one the program is the function, and waits for events.
    let own = NAMES.variables.iter().map(String::as_str).filter(|name| *name != "AWS_LAMBDA_RUNTIME_API");
    own.chain(of_the_sdk).collect()
}

/// Commands that work with these arguments, up to AWS or the database.
const COMMANDS: [&[&str]; 5] = [
    &["extract", "--dry-run", "--bucket=exports", "--query=SELECT 1"],
    &["diagnose", "--timeout=1", "--bucket=exports", "--query=SELECT 1"],
    &["discover", "--timeout=1"],
    &["overview", "--timeout=1", "--output=page.html"],
    &["config", "check"],
];

#[test]
fn no_flag_is_repeated() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    let mut secret = Secret::new();
    let mut commands = Vec::new();
    for usual in COMMANDS {
        let command = &usual[..usual.iter().take_while(|word| !word.starts_with('-')).count()];
        let of_command = flags(command);
        for flag in of_command.iter().map(String::as_str).chain(["no-such-flag", "json"]) {
            for _ in 0..2 {
                let value = secret.form_for(flag);
                let given = format!("--{flag}={value}");
                // What the flag itself gives is not given twice.
                let begins = |name: &str| given.starts_with(&format!("--{name}="));
                let is_statement =
                    begins("query") || begins("query-file") || begins("query-param") || begins("table");
                let rest = usual.iter().copied().filter(|word| {
                    let is_same = word.split_once('=').is_some_and(|(name, _)| begins(&name[2..]));
                    !(is_same || is_statement && word.starts_with("--query="))
                });
                commands.push(program(folder, &rest.chain([given.as_str()]).collect::<Vec<_>>()));
            }
        }
        let value = secret.form();
        commands.push(program(folder, &[command, &[&value]].concat()));
    }
    let value = secret.form();
    for arguments in [&[value.as_str()][..], &["completions", &value], &["config", "check", "a", &value]] {
        commands.push(program(folder, arguments));
    }
    assert!(secret.is_in_none_of(commands) > 180);
}

#[test]
fn no_variable_is_repeated_by_a_command() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    let mut secret = Secret::new();
    let mut commands = Vec::new();
    for variable in variables() {
        let mut dry = vec!["extract", "--dry-run"];
        if variable.starts_with("PG") || variable == "USER" {
            dry.extend(["--sslmode", "verify-full", "-o", "-"]);
            if !variable.starts_with("PGHOST") {
                dry.extend(["--host", "localhost"]);
            }
        }
        let run = ["extract", "--timeout=1", "--bucket=exports", "--query=SELECT 1"];
        let other = secret.draw.choice([COMMANDS[1], COMMANDS[2], COMMANDS[3], &run]).expect("a command");
        for arguments in [&dry[..], &dry, other] {
            let value = secret.form_for(variable);
            let mut command = program(folder, arguments);
            command.env(variable, value);
            commands.push(command);
        }
    }
    assert!(secret.is_in_none_of(commands) > 150);
}

#[tokio::test]
async fn no_variable_is_repeated_by_the_function() {
    let fixture = Fixture::start().await;
    let mut secret = Secret::new();
    let drawn: Vec<_> = variables()
        .into_iter()
        .map(|variable| (variable, secret.form_for(variable), secret.draw.choice(["extract", "diagnose"])))
        .collect();
    let invoked = drawn.into_iter().map(async |(variable, value, action)| {
        let function = fixture.function(&[("LOG_LEVEL", "TRACE"), (variable, &value)]).await;
        let event = json!({"action": action, "query": "SELECT 1"});
        let done = function.invoke(&event, Duration::from_secs(4)).await;
        let said = done.map_or_else(|error| error.to_string(), |done| done.shown());
        secret.is_not_in(&said, &format!("{variable}={value:?} {event}"));
    });
    stream::iter(invoked).buffer_unordered(AT_ONCE).count().await;
}

#[tokio::test]
async fn no_field_of_an_event_is_repeated() {
    let fixture = Fixture::start().await;
    let mut secret = Secret::new();
    let mut events = Vec::new();
    for field in &NAMES.fields {
        for actions in [&["extract", "diagnose"][..], &["extract", "diagnose"], &["discover", "overview"]] {
            let value = secret.form_for(field);
            let value = match secret.draw.u8(..8) {
                0 => json!([value]),
                1 => json!({value.as_str(): value}),
                _ => json!(value),
            };
            let action = secret.draw.choice(actions).expect("an action");
            let inner =
                secret.draw.choice(["csv", "parquet", "thresholds", "exports", "roles"]).expect("a field");
            let object = json!({field.as_str(): value});
            let object = if matches!(inner, "exports" | "roles") { json!([object]) } else { object };
            for (name, value) in [(field.as_str(), value), (inner, object)] {
                let mut event = json!({"action": action, "query": "SELECT 1"});
                event[name] = value;
                events.push(event);
            }
        }
    }
    let (form, password) = (secret.form(), secret.password.clone());
    events.extend([
        json!({form.as_str(): 1, password.as_str(): 1}),
        json!({"csv": {form.as_str(): 1}}),
        json!({"dbConfigParam": secret.pair(), "query": "SELECT 1"}),
        json!({"queryParam": secret.pair()}),
        json!({"query": password}),
        json!(form),
    ]);
    assert!(events.len() > 300);
    let shares: Vec<_> = events.chunks(events.len().div_ceil(AT_ONCE)).map(<[Value]>::to_vec).collect();
    let invoked = shares.into_iter().map(async |share| {
        let function = fixture.function(&[("LOG_LEVEL", "TRACE")]).await;
        secret.is_in_no_answer(&function, share).await;
    });
    stream::iter(invoked).buffer_unordered(AT_ONCE).count().await;
}

#[tokio::test]
async fn a_name_of_an_object_with_a_login_in_it_is_refused() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[("LOG_LEVEL", "TRACE")]).await;
    let secret = Secret::new();
    for field in ["keyPrefix", "fileNamePrefix", "fileName"] {
        for (form, looks_like) in [
            (format!("postgresql://reader:{}@db.internal/shop", secret.password), "a URL"),
            (format!("exports/https://reader:{}@db.internal/", secret.password), "a URL"),
            (format!("exports/reader:{}@db.internal", secret.password), "a user and a password"),
        ] {
            let event = json!({"query": "SELECT 1", field: form});
            let said = function.invoke(&event, PATIENCE).await.expect("an answer").shown();
            secret.is_not_in(&said, field);
            assert!(said.contains(&format!("`{field}` holds {looks_like}")), "{said}");
        }
        // Nobody can tell this from the name of a folder and a file, such as `orders/me@example.com`.
        let legal = json!({"query": "SELECT 1", field: format!("reader/{field}@db.internal")});
        let answer = function.invoke(&legal, PATIENCE).await.expect("an answer");
        assert!(answer.result.is_ok(), "{answer:?}");
    }
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
    let secret = Secret::new();
    let pair = secret.pair();
    secret.is_in_none_of(vec![
        local(&["--user", &pair, "--database", "postgres"]),
        local(&["--user", "postgres", "--database", &pair]),
        local(&["--dry-run", "--user", &pair, "--database", &pair]),
    ]);
    let unknown = text(&local(&["--user", "postgres", "--database", &pair]).output().expect("the program"));
    // The condition of the server, or of a pooler before it.
    let conditions = ["invalid catalog name (SQLSTATE 3D000)", "connection exception (SQLSTATE 08P01)"];
    assert!(conditions.iter().any(|condition| unknown.contains(condition)), "{unknown}");
    // Odd names that are nobody's secret go on working.
    for name in ["o'brien@example.com", "a:b", "Shop DB ü$1"] {
        postgres.create_role(name, "p").await.expect("a role");
        postgres.execute("postgres", &format!("CREATE DATABASE \"{name}\"")).await.expect("a database");
        let mut command = local(&["--user", name, "--database", name]);
        let answer = command.env("PGPASSWORD", "p").output().expect("the program");
        assert!(answer.status.success(), "{name}: {}", text(&answer));
    }
    let refused = text(&local(&["--user", "u", "--host", &secret.forms[0]]).output().expect("the program"));
    assert!(refused.contains("--host holds a URL, but must be"), "{refused}");
}

#[tokio::test]
async fn no_key_of_the_configuration_is_repeated() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[("LOG_LEVEL", "TRACE")]).await;
    let account = fixture.stack.account_a();
    let mut secret = Secret::new();
    let url = secret.forms[0].clone();
    // The message has the key as the documentation spells it.
    for (key, spelt) in &NAMES.keys {
        for (at, value) in [url.clone(), secret.form()].into_iter().enumerate() {
            let folder = format!("/wrong-{key}-{at}");
            let mut config = json!({spelt.as_str(): null});
            config[key] = json!(value);
            fixture.parameter("/wrong", config).await;
            account
                .put_parameter(&format!("{folder}/{key}"), &value, "SecureString")
                .await
                .expect("a parameter");
            let action = secret.draw.choice(["extract", "diagnose"]).expect("an action");
            for parameter in ["/wrong", &format!("{folder}/")] {
                let event = json!({"action": action, "dbConfigParam": parameter, "query": "SELECT 1"});
                let said = function.invoke(&event, PATIENCE).await.expect("an answer").shown();
                secret.is_not_in(&said, &format!("{key} {parameter} {value:?} {action}"));
                let any_text = ["password", "sslRootCert"].contains(&spelt.as_str());
                assert!(
                    any_text || at > 0 || said.contains(&format!("{spelt} holds a URL")),
                    "{key}: {said}"
                );
            }
        }
    }
    for key in ["database", "username"] {
        fixture.parameter("/wrong", json!({key: secret.pair()})).await;
        let events = ["extract", "diagnose"]
            .map(|action| json!({"action": action, "dbConfigParam": "/wrong", "query": "SELECT 1"}));
        secret.is_in_no_answer(&function, events.to_vec()).await;
    }
    // The whole document where a name belongs.
    account.put_parameter("/whole", &url, "SecureString").await.expect("a parameter");
    secret.is_in_no_answer(&function, vec![json!({"dbConfigParam": "/whole", "query": "SELECT 1"})]).await;
}
