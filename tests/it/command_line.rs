//! The program in a shell: the real binary and a real PostgreSQL, with AWS emulated or without it.

use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use devstack::{Leftovers, Postgres, PostgresOptions, TcpProxy};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{BUCKET, Fixture, PARAMETER};

const SECRET: &str = "hunter2-never-shown";
/// Several parts of a file, and more than a pipe can hold.
const MANY: &str =
    "SELECT g AS id, md5(g::text) AS a, md5((-g)::text) AS b FROM generate_series(1, 100000) g";
/// A query that returns rows until it is stopped.
const ENDLESS: &str = "SELECT md5(generate_series(1, 1000000000)::text) AS a";

/// Returns the program without the variables of this process, except those that are needed to find programs.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rds-data-extractor"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Returns the program with the credentials of account A of the stack.
fn with_aws(fixture: &Fixture, arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command.envs(fixture.stack.function_env());
    command
}

/// Returns the program without credentials, and with AWS endpoints at which nothing listens.
pub fn without_aws(postgres: &Postgres, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command
        .current_dir(folder)
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("PGHOST", postgres.host())
        .env("PGPORT", postgres.port().to_string())
        .env("PGPASSWORD", postgres.password())
        .env("PGSSLROOTCERT", postgres.ca_file());
    command
}

/// The flags that name the database of the stack.
const LOCALLY: [&str; 5] = ["extract", "--user", "postgres", "--database", "postgres"];

pub fn locally<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&LOCALLY, more].concat()
}

/// Returns a database, and a folder for files.
pub async fn database() -> (Postgres, TempDir) {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("PostgreSQL");
    (postgres, TempDir::new().expect("a folder"))
}

pub fn output(mut command: Command) -> Output {
    command.output().expect("the program starts")
}

/// Runs a command with a terminal as its standard error, where it shows progress, and returns its answer in JSON.
pub fn on_terminal(command: &Command) -> Value {
    const TERMINAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/terminal.py");
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = shlex::try_join(words.map(|word| word.to_str().expect("UTF-8"))).expect("no NUL");
    let folder = command.get_current_dir().expect("a folder of its own");
    let line = format!("timeout --foreground 60 {line} > answer.json");
    let mut terminal = Command::new("python3");
    terminal.args([TERMINAL, "", &line]).env_clear().current_dir(folder).stdin(Stdio::null());
    terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let shown = output(terminal);
    let answer = std::fs::read(folder.join("answer.json")).expect("a file");
    serde_json::from_slice(&answer)
        .unwrap_or_else(|_| panic!("{line}: {}", String::from_utf8_lossy(&shown.stdout)))
}

pub fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// Returns the body of the answer, which follows other lines on standard error, or on standard output, where
/// a file may follow it.
pub fn body(answer: &Output) -> Value {
    let said = [&answer.stderr[..], &answer.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!said.contains("could not be cancelled"), "{said}");
    let start = said.find('{').unwrap_or_else(|| panic!("no answer: {said}"));
    let first = serde_json::Deserializer::from_str(&said[start..]).into_iter::<Value>().next();
    first.and_then(Result::ok).unwrap_or_else(|| panic!("no answer: {said}"))["body"].clone()
}

pub fn spawn(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

pub fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Returns the names of a folder's files in order.
pub fn files(folder: &Path) -> Vec<String> {
    Leftovers::default().in_folder(folder).expect("a folder").files
}

/// Returns what is in the folder, and the sessions that do not end.
pub async fn leftovers(postgres: &Postgres, folder: &Path) -> Leftovers {
    let left = Leftovers::default().in_folder(folder).expect("a folder");
    left.in_database(postgres, |_| true).await.expect("the sessions")
}

#[tokio::test]
async fn a_local_file_has_the_bytes_of_the_object() {
    let fixture = Fixture::start().await;
    let folder = TempDir::new().expect("a folder");
    let event = ["extract", "--db-config-param", PARAMETER, "--query", MANY];
    let object = [&event[..], &["--bucket", BUCKET, "--file-name", "many.csv"]].concat();
    let answer = output(with_aws(&fixture, &object));
    assert_eq!(status(&answer), 0, "{answer:?}");
    assert_eq!(json(&answer.stdout)["body"]["s3Location"], format!("s3://{BUCKET}/many.csv"));
    let object = fixture.object("many.csv").await.expect("the object");

    // The parameter names the database; the file is local.
    let path = folder.path().join("many.csv");
    let file = [&event[..], &["--output", path.to_str().expect("UTF-8")]].concat();
    let answer = output(with_aws(&fixture, &file));
    let body = &json(&answer.stdout)["body"];
    assert_eq!((status(&answer), &body["s3Location"]), (0, &Value::Null), "{body}");
    assert_eq!(body["file"].as_str(), path.to_str());
    assert_eq!(body["bytesWritten"], object.len());
    assert!(std::fs::read(&path).expect("the file") == object, "the file differs from the object");

    // Both without AWS, into a pipe: the CSV to standard output, the response to standard error.
    let answer = output(without_aws(
        &fixture.stack.postgres,
        folder.path(),
        &locally(&["--query", MANY, "--output", "-", "--dialect", "java"]),
    ));
    assert_eq!(status(&answer), 0, "{}", String::from_utf8_lossy(&answer.stderr));
    assert!(answer.stdout == object, "standard output differs from the object");
    let body = &json(&answer.stderr)["body"];
    assert_eq!((&body["recordsProcessed"], body.get("file")), (&Value::from(100_000), None), "{body}");
}

/// Without an event, the program is a client of PostgreSQL. An event means the same everywhere.
#[tokio::test]
async fn the_dialect_is_postgres_without_an_event_and_without_aws() {
    let fixture = Fixture::start().await;
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("event.json"), r#"{"csv": {"null": "NULL"}}"#).expect("an event");
    let query = ["--query", "SELECT date '0044-03-15 BC' AS d, NULL AS n, '' AS e", "--output", "-"];
    let locally = |more: &[&str]| {
        let arguments = locally(&[&query[..], more].concat());
        output(without_aws(&fixture.stack.postgres, folder.path(), &arguments))
    };
    let text = |answer: &Output| String::from_utf8_lossy(&answer.stdout).into_owned();
    let java = "\"d\",\"n\",\"e\"\n\"0044-03-15\",\"\",\"\"\n";
    let direct = locally(&[]);
    assert_eq!(text(&direct), "d,n,e\n0044-03-15 BC,,\"\"\n");
    assert_eq!(json(&direct.stderr)["body"]["warnings"], serde_json::json!([]));
    assert_eq!(text(&locally(&["--event", "event.json"])), java.replace(",\"\",", ",NULL,"));
    assert_eq!(text(&locally(&["--null", "-"])), "d,n,e\n0044-03-15 BC,-,\n");
    let asked = locally(&["--dialect", "java"]);
    assert_eq!(text(&asked), java);
    let warnings = json(&asked.stderr)["body"]["warnings"].clone();
    assert!(
        warnings[0].as_str().is_some_and(|warning| warning.contains("\"d\"") && warning.contains("BC")),
        "{warnings}"
    );
    // The parameter names the database; the file is local.
    let configured = [&["extract", "--db-config-param", PARAMETER][..], &query].concat();
    assert_eq!(text(&output(with_aws(&fixture, &configured))), java);
}

#[tokio::test]
async fn a_file_that_exists_is_overwritten_only_if_that_is_asked_for() {
    let (postgres, folder) = database().await;
    std::fs::write(folder.path().join("taken.csv"), "theirs").expect("a file");
    let run_in = |query, flags: &[&str]| {
        let flags = [&["--query", query, "--output", "taken.csv"], flags].concat();
        output(without_aws(&postgres, folder.path(), &locally(&flags)))
    };
    let run = |way| run_in("SELECT 1 AS one", &["--if-exists", way]);
    // A file is read under the name that was given, so another name must not be the default.
    let refused = run_in("SELECT 1 AS one", &[]);
    let body = &json(&refused.stdout)["body"];
    assert_eq!((status(&refused), &body["errorType"]), (1, &"ObjectExists".into()), "{body}");
    assert_eq!(body["retryable"], false, "{body}");
    let hint = body["hint"].as_str().expect("a hint");
    assert!(["overwrite", "suffix", "skip"].iter().all(|way| hint.contains(way)), "{hint}");
    assert_eq!(files(folder.path()), ["taken.csv"]);
    let failed = run("fail");
    assert_eq!(status(&failed), 1);
    assert_eq!(json(&failed.stdout)["body"]["errorType"], "ObjectExists");
    let skipped = run("skip");
    assert_eq!((status(&skipped), &json(&skipped.stdout)["body"]["file"]), (0, &"taken.csv".into()));
    assert_eq!(files(folder.path()), ["taken.csv"]);
    let suffixed = json(&run("suffix").stdout);
    let name = suffixed["body"]["file"].as_str().expect("a name");
    assert!(
        name.starts_with("taken_") && Path::new(name).extension().is_some_and(|extension| extension == "csv"),
        "{name}"
    );
    assert_eq!(std::fs::read(folder.path().join(name)).expect("a file"), b"one\n1\n");
    assert_eq!(std::fs::read(folder.path().join("taken.csv")).expect("a file"), b"theirs");
    assert_eq!(files(folder.path()), ["taken.csv", name]);

    // The file is replaced only once the result is complete, and keeps its permissions.
    let taken = folder.path().join("taken.csv");
    std::fs::set_permissions(&taken, Permissions::from_mode(0o600)).expect("a file");
    let failed = run_in("SELECT 1 / (5 - g) FROM generate_series(1, 9) g", &["--if-exists", "overwrite"]);
    assert_eq!(json(&failed.stdout)["body"]["errorType"], "QueryFailed");
    assert_eq!(std::fs::read(&taken).expect("a file"), b"theirs");
    std::os::unix::fs::symlink("taken.csv", folder.path().join("link.csv")).expect("a link");
    let flags = ["--query", "SELECT 1 AS one", "--output", "link.csv", "--if-exists", "overwrite"];
    let answer = output(without_aws(&postgres, folder.path(), &locally(&flags)));
    assert_eq!(status(&answer), 0, "{answer:?}");
    assert_eq!(std::fs::read(&taken).expect("a file"), b"one\n1\n");
    assert_eq!(std::fs::metadata(&taken).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(files(folder.path()), ["link.csv", "taken.csv", name], "the link stays one");
    let flags = ["--query", "SELECT 1 AS one", "--output", "new.csv", "--if-exists", "overwrite"];
    assert_eq!(status(&output(without_aws(&postgres, folder.path(), &locally(&flags)))), 0);
    assert!(folder.path().join("new.csv").exists());
    // A link without a target has the name too, which is reported before the query runs.
    std::os::unix::fs::symlink("nowhere", folder.path().join("broken.csv")).expect("a link");
    let flags = ["--query", "SELECT 1 / 0", "--output", "broken.csv"];
    let answer = output(without_aws(&postgres, folder.path(), &locally(&flags)));
    assert_eq!(json(&answer.stdout)["body"]["errorType"], "ObjectExists");

    // A device is not a file whose name could be taken.
    let answer =
        output(without_aws(&postgres, folder.path(), &locally(&["--query", MANY, "--output", "/dev/null"])));
    assert_eq!(status(&answer), 0);
    let answer =
        output(without_aws(&postgres, folder.path(), &locally(&["--query", MANY, "--output", "/dev/full"])));
    assert_eq!((status(&answer), &json(&answer.stdout)["body"]["errorType"]), (1, &"OutputFailed".into()));
    let answer = output(without_aws(&postgres, folder.path(), &locally(&["--output", "no/folder.csv"])));
    assert_eq!((status(&answer), &json(&answer.stdout)["body"]["errorType"]), (1, &"OutputFailed".into()));
    assert_eq!(
        json(&answer.stdout)["body"]["error"],
        "no/folder.csv could not be written: its folder does not exist."
    );
    let answer = output(without_aws(&postgres, folder.path(), &locally(&["--output", "/tmp"])));
    assert_eq!((status(&answer), &json(&answer.stdout)["body"]["errorType"]), (2, &"InvalidRequest".into()));
}

#[tokio::test]
async fn whatever_breaks_off_leaves_no_file_and_no_session() {
    let (postgres, folder) = database().await;
    let midway = "SELECT md5(g::text), 1 / (100000 - g) FROM generate_series(1, 200000) g";
    let flags = ["--query", midway, "--output", "failed.csv"];
    let answer = output(without_aws(&postgres, folder.path(), &locally(&flags)));
    assert_eq!((status(&answer), &json(&answer.stdout)["body"]["errorType"]), (1, &"QueryFailed".into()));
    assert!(files(folder.path()).is_empty());
    let flags = ["--query", ENDLESS, "--output", "late.csv", "--timeout", "1"];
    let answer = output(without_aws(&postgres, folder.path(), &locally(&flags)));
    assert_eq!(
        (status(&answer), &json(&answer.stdout)["body"]["errorType"]),
        (75, &"DeadlineExceeded".into())
    );
    assert_eq!(leftovers(&postgres, folder.path()).await, Leftovers::default());

    // Each signal once: Ctrl-C, a closed terminal, Ctrl-\, a container that is stopped, a limit of CPU time.
    let flags = ["--query", ENDLESS, "--output", "interrupted.csv", "--timeout", "60"];
    for (name, number) in [("INT", 2), ("HUP", 1), ("QUIT", 3), ("TERM", 15), ("XCPU", 24)] {
        let child = running(&postgres, folder.path(), &flags).await;
        send(name, &child);
        let answer = child.wait_with_output().expect("an end");
        assert_eq!(status(&answer), 128 + number, "{name}: {answer:?}");
        assert_eq!(json(&answer.stdout)["body"]["errorType"], "Cancelled", "{name}");
        let said = String::from_utf8_lossy(&answer.stderr);
        assert!(said.contains("Interrupt again to exit at once"), "{said}");
        assert_eq!(leftovers(&postgres, folder.path()).await, Leftovers::default());
    }

    // Twice, while cancel requests cannot reach the server.
    let proxy = TcpProxy::start("127.0.0.1", postgres.port()).await.expect("a proxy");
    let port = proxy.port().to_string();
    let flags = ["--query", ENDLESS, "--output", "left.csv", "--port", &port, "--timeout", "60"];
    let child = running(&postgres, folder.path(), &flags).await;
    proxy.freeze(true);
    interrupt(&child);
    tokio::time::sleep(Duration::from_millis(200)).await;
    interrupt(&child);
    let answer = child.wait_with_output().expect("an end");
    assert_eq!(status(&answer), 130, "{answer:?}");
    assert!(files(folder.path()).is_empty());
}

/// A limit of the size of files stands for a disk without room.
#[tokio::test]
async fn a_set_for_which_there_is_no_room_leaves_no_folder_and_no_session() {
    let (postgres, folder) = database().await;
    let query = "SELECT repeat(md5(g::text), 32) AS pad, g % 3 AS part FROM generate_series(1, 20000) g";
    for flags in [
        "--partition-by part",
        "--max-file-size 5MiB",
        "--max-file-size 5MiB --format parquet --compression none",
    ] {
        let line = format!(
            "trap '' XFSZ; ulimit -f 4096; $rde extract --database postgres --query '{query}' {flags} --output set/"
        );
        let answer = in_shell(&postgres, folder.path(), &line);
        assert_eq!((status(&answer), &body(&answer)["errorType"]), (1, &"OutputFailed".into()), "{answer:?}");
        assert_eq!(leftovers(&postgres, folder.path()).await, Leftovers::default(), "{flags}");
    }
}

/// The program, once it has written something to its temporary file.
async fn running(postgres: &Postgres, folder: &Path, flags: &[&str]) -> Child {
    let mut command = without_aws(postgres, folder, &locally(flags));
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    for _ in 0..2000 {
        let mut entries = std::fs::read_dir(folder).expect("a folder");
        if entries.any(|entry| entry.and_then(|entry| entry.metadata()).is_ok_and(|file| file.len() > 0)) {
            return child;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child.kill().expect("it runs");
    panic!("nothing was written: {:?}", child.wait_with_output());
}

pub fn interrupt(child: &Child) {
    send("INT", child);
}

fn send(signal: &str, child: &Child) {
    let arguments = ["-s", signal, &child.id().to_string()];
    let sent = Command::new("kill").args(arguments).status().expect("kill");
    assert!(sent.success());
}

/// Runs a line of a shell in which `$rde` is the program, with the database of `postgres`.
fn in_shell(postgres: &Postgres, folder: &Path, line: &str) -> Output {
    let mut command = Command::new("bash");
    command.args(["-c", line]).env_clear().stdin(Stdio::null());
    let of_program = without_aws(postgres, folder, &[]);
    command.current_dir(folder).envs(of_program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("rde", env!("CARGO_BIN_EXE_rds-data-extractor")).env("PGUSER", "postgres");
    output(command)
}

#[tokio::test]
async fn a_run_under_nohup_outlives_its_terminal() {
    let (postgres, folder) = database().await;
    let line = "trap '' HUP; $rde extract --query 'SELECT pg_sleep(2), 1 AS one' -o o.csv & pid=$!; sleep 1; \
        kill -HUP $pid; wait $pid";
    let answer = in_shell(&postgres, folder.path(), line);
    assert_eq!(status(&answer), 0, "{answer:?}");
    assert_eq!(files(folder.path()), ["o.csv"]);
}

#[tokio::test]
async fn rows_for_a_closed_standard_output_are_not_lost_silently() {
    let (postgres, folder) = database().await;
    for output in ["-", "/dev/stdout"] {
        let line = format!("$rde extract --query 'SELECT 1' -o {output} >&-");
        let answer = in_shell(&postgres, folder.path(), &line);
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(status(&answer), 1, "{line}: {said}");
        assert!(said.contains("OutputFailed") && said.contains("Check where standard output goes"), "{said}");
        let line = format!("$rde extract --query 'SELECT 1' -o {output} >/dev/null");
        assert_eq!(status(&in_shell(&postgres, folder.path(), &line)), 0, "{line}");
    }
    for line in ["$rde completions bash >&-", "$rde completions bash >/dev/full"] {
        assert_eq!(status(&in_shell(&postgres, folder.path(), line)), 1, "{line}");
    }
    let answer = in_shell(&postgres, folder.path(), "$rde completions bash | head -n 1");
    assert_eq!((status(&answer), answer.stderr.len()), (0, 0), "{answer:?}");
}

#[tokio::test]
async fn a_file_that_reaches_a_limit_of_its_size_is_removed() {
    let (postgres, folder) = database().await;
    let line = format!("ulimit -f 64; $rde extract --query \"{MANY}\" -o o.csv");
    let answer = in_shell(&postgres, folder.path(), &line);
    assert_eq!(status(&answer), 1, "{answer:?}");
    assert_eq!(json(&answer.stdout)["body"]["errorType"], "OutputFailed");
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn the_end_of_a_name_says_how_the_file_is_compressed() {
    let (postgres, folder) = database().await;
    let run = |flags: &[&str]| {
        output(without_aws(
            &postgres,
            folder.path(),
            &locally(&[&["--query", "SELECT 1 AS one"], flags].concat()),
        ))
    };
    for (name, program) in [("o.csv.gz", "gzip"), ("o.csv.zst", "zstd")] {
        assert_eq!(status(&run(&["-o", name])), 0);
        let plain = output({
            let mut command = Command::new(program);
            command.args(["-dc", name]).current_dir(folder.path());
            command
        });
        assert_eq!(plain.stdout, b"one\n1\n", "{name}");
    }
    for flags in [
        &["-o", "c.csv", "--compression", "gzip"][..],
        &["-o", "c.gz", "--compression", "none"],
        &["-o", "c.parquet.gz"],
        &["-o", "c.xlsx"],
    ] {
        let answer = run(flags);
        assert_eq!((status(&answer), files(folder.path()).len()), (2, 2), "{flags:?}: {answer:?}");
    }
}

#[tokio::test]
async fn placeholders_stand_in_the_name_of_a_file() {
    let (postgres, folder) = database().await;
    let run = |name: &str| {
        output(without_aws(&postgres, folder.path(), &locally(&["--query", "SELECT 1 AS one", "-o", name])))
    };
    assert_eq!(status(&run("dt={isoDate}-{{x}}.csv")), 0);
    let name = files(folder.path()).remove(0);
    let date = name
        .strip_prefix("dt=")
        .and_then(|rest| rest.strip_suffix("-{x}.csv"))
        .unwrap_or_else(|| panic!("{name}"));
    let pattern: String = date.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    assert_eq!(pattern, "9999-99-99", "{name}");
    let answer = run("dt={day}.csv");
    assert_eq!((status(&answer), files(folder.path()).len()), (2, 1), "{answer:?}");
}

#[tokio::test]
async fn an_output_in_s3_is_a_bucket_and_a_key() {
    let fixture = Fixture::start().await;
    let event = ["extract", "--db-config-param", PARAMETER, "--query", "SELECT 1 AS one", "--output"];
    // Neither the operator's prefix nor the event's name is used.
    for (path, begin, end) in [
        ("a/o-{date}.csv.gz", "a/o-", ".csv.gz"),
        ("b/c/", "b/c/data_export_", ".csv"),
        ("", "data_export_", ".csv"),
    ] {
        let url = format!("s3://{BUCKET}/{path}");
        let mut command = with_aws(&fixture, &[&event[..], &[&url]].concat());
        command.env("S3_KEY_PREFIX", "operators").env("S3_BUCKET_NAME", "operators-bucket");
        let answer = output(command);
        let body = &json(&answer.stdout)["body"];
        let key = body["s3Location"]
            .as_str()
            .and_then(|location| location.strip_prefix(&format!("s3://{BUCKET}/")));
        let key = key.unwrap_or_else(|| panic!("{url}: {body}"));
        assert!(key.starts_with(begin) && key.ends_with(end), "{url}: {key}");
        assert!(fixture.object(key).await.is_some(), "{key}");
    }
    // Without an output, the answer says how to give one.
    let command = without_aws(&fixture.stack.postgres, Path::new("/tmp"), &locally(&["--query", "SELECT 1"]));
    let answer = output(command);
    let error = json(&answer.stdout)["body"]["error"].to_string();
    assert!(status(&answer) == 2 && error.contains("--output FILE") && error.contains("s3://"), "{error}");
}

#[tokio::test]
async fn queries_may_begin_with_a_comment_and_files_with_a_byte_order_mark() {
    let (postgres, folder) = database().await;
    let run = |flags: &[&str]| {
        output(without_aws(&postgres, folder.path(), &locally(&[flags, &["-o", "-"]].concat())))
    };
    let answer = run(&["--query", "-- all orders\nSELECT 1 AS one"]);
    assert_eq!(answer.stdout, b"one\n1\n", "{answer:?}");
    assert_eq!(run(&["--query", "\u{feff}SELECT 1 AS one"]).stdout, b"one\n1\n");
    // A flag in the place of a missing query is not a query.
    assert_eq!(status(&run(&["--query", "--quiet"])), 2);

    let path = folder.path().join("q.sql");
    let flags = ["--query-file", path.to_str().expect("UTF-8")];
    std::fs::write(&path, "\u{feff}SELECT 1 AS one").expect("a file");
    assert_eq!(run(&flags).stdout, b"one\n1\n");
    let utf16: Vec<u8> = "\u{feff}SELECT 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&path, utf16).expect("a file");
    let answer = run(&flags);
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert!(status(&answer) == 2 && said.contains("UTF-16"), "{said}");
    let event = folder.path().join("event.json");
    std::fs::write(&event, "\u{feff}{\"query\": \"SELECT 1 AS one\"}").expect("a file");
    assert_eq!(run(&["--event", event.to_str().expect("UTF-8")]).stdout, b"\"one\"\n\"1\"\n");
}

#[tokio::test]
async fn a_closed_pipe_ends_it_quietly() {
    let (postgres, folder) = database().await;
    let mut command = without_aws(
        &postgres,
        folder.path(),
        &locally(&["--query", ENDLESS, "--output", "-", "--timeout", "60"]),
    );
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut first = [0; 20];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("rows");
    assert!(first.starts_with(b"a\nc4ca42"), "{}", String::from_utf8_lossy(&first));
    let answer = child.wait_with_output().expect("an end");
    assert_eq!(status(&answer), 141);
    assert_eq!(String::from_utf8_lossy(&answer.stderr), "");
    assert_eq!(leftovers(&postgres, folder.path()).await.sessions, []);
}

#[tokio::test]
async fn flags_and_libpq_s_variables_name_the_database() {
    let (postgres, folder) = database().await;
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{}\n", postgres.password())).expect("a file");
    let file = file.to_str().expect("UTF-8");

    let by_file = ["--query", "SELECT 1 AS one", "--output", "-", "--password-file", file];
    let mut command = without_aws(&postgres, folder.path(), &locally(&by_file));
    command.env_remove("PGPASSWORD");
    assert_eq!(output(command).stdout, b"one\n1\n");

    let flags = locally(&["--query", "SELECT 1", "--output", "-"]);
    let mut command = without_aws(&postgres, folder.path(), &flags);
    command.env("PGPASSWORD", SECRET);
    let answer = output(command);
    let said = String::from_utf8_lossy(&answer.stderr);
    assert_eq!((status(&answer), answer.stdout.len()), (1, 0), "{said}");
    assert!(said.contains("AuthenticationFailed") && said.contains("PGPASSWORD"), "{said}");
    assert!(!said.contains(SECRET), "{said}");

    let mut command = without_aws(&postgres, folder.path(), &flags);
    command.env_remove("PGSSLROOTCERT");
    let said = String::from_utf8_lossy(&output(command).stderr).into_owned();
    assert!(said.contains("TlsFailed") && said.contains("--ssl-root-cert"), "{said}");

    let mut command = without_aws(&postgres, folder.path(), &flags);
    command.env("PGSSLMODE", "prefer");
    let answer = output(command);
    let said = String::from_utf8_lossy(&answer.stderr);
    assert!(status(&answer) == 2 && said.contains("PGSSLMODE must be verify-full"), "{said}");

    let mut command = without_aws(&postgres, folder.path(), &flags);
    command.env_remove("PGHOST");
    let answer = output(command);
    assert!(status(&answer) == 2 && String::from_utf8_lossy(&answer.stderr).contains("--host"));
}

#[test]
fn a_dry_run_says_what_would_run_and_calls_nobody() {
    let folder = TempDir::new().expect("a folder");
    let event = folder.path().join("event.json");
    let text = format!(
        r#"{{"detail-type": "x", "detail": {{"dbConfigParam": "/c", "bucket": "a-bucket", "keyPrefix": "p/",
        "crossAccountRoleArn": "arn:aws:iam::222222222222:role/R", "externalId": "{SECRET}",
        "query": "SELECT '{SECRET}', $1::numeric", "params": [1.10], "csv": {{"quote": "minimal"}}}}}}"#
    );
    std::fs::write(&event, text).expect("a file");
    let event = event.to_str().expect("UTF-8");
    let dry = ["extract", "--event", event, "--dry-run", "--file-name", "x.csv", "--delimiter", ";"];
    let mut command = program(&dry);
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let answer = output(command);
    assert_eq!(status(&answer), 0, "{answer:?}");
    let facts = &json(&answer.stdout)["dryRun"];
    assert_eq!(facts["object"], "s3://a-bucket/p/x.csv");
    assert_eq!(facts["role"], "arn:aws:iam::222222222222:role/R");
    assert_eq!(facts["externalId"], "sent");
    let csv = facts["csv"].as_str().expect("a text");
    assert!(csv.contains("delimiter ';'") && csv.contains("quote minimal"), "{csv}");
    assert_eq!(facts["format"], "csv");
    assert!(!facts.to_string().contains(SECRET), "{facts}");
    assert_eq!(facts["transaction"], "READ ONLY");
    let mut writes = program(&dry);
    writes.env("ALLOW_WRITES", "true");
    let facts = &json(&output(writes).stdout)["dryRun"];
    assert_eq!(facts["transaction"], "read and write, committed after the last row (ALLOW_WRITES)");

    let answer = output(program(&["extract", "--dry-run", "--if-exists", "sufix"]));
    let error = json(&answer.stdout)["body"]["error"].to_string();
    assert_eq!(status(&answer), 2);
    assert!(error.contains("suffix") && error.contains("bucket"), "{error}");
}

#[test]
fn wrong_flags_and_events_end_with_2() {
    assert_eq!(status(&output(program(&["extract", "--no-such-flag"]))), 2);
    assert_eq!(status(&output(program(&["extract", "--output", "x", "--bucket", "y"]))), 2);
    assert_eq!(status(&output(program(&["extract", "--event", "/no/such/file"]))), 2);
    assert_eq!(status(&output(program(&["extract"]))), 2);
    let answer = output(program(&["--version"]));
    assert!(status(&answer) == 0 && answer.stdout.starts_with(b"rds-data-extractor "));
}

#[tokio::test]
async fn a_configuration_is_checked_in_a_file_and_in_parameter_store() {
    let fixture = Fixture::start().await;
    let answer = output(with_aws(&fixture, &["config", "check", PARAMETER]));
    let report = json(&answer.stdout);
    assert_eq!((status(&answer), &report["ok"]), (0, &true.into()), "{report}");
    let account = fixture.stack.account_a();
    let text = format!(r#"{{"hots": "h", "database": "d", "user": "u", "password": "{SECRET}"}}"#);
    account.put_parameter("/odd", &text, "String").await.expect("a parameter");
    let answer = output(with_aws(&fixture, &["config", "check", "/odd"]));
    let report = json(&answer.stdout);
    assert_eq!((status(&answer), &report["ok"]), (1, &false.into()), "{report}");
    let findings = report["findings"].as_array().expect("a list");
    let keys: Vec<_> = findings.iter().map(|finding| finding["key"].as_str().unwrap_or_default()).collect();
    assert_eq!(
        keys,
        ["host or dbInstanceIdentifier or dbClusterIdentifier or dbProxyName", "hots", "password"]
    );
    assert!(!report.to_string().contains(SECRET), "{report}");
    for (name, value) in [("username", "u"), ("password", "p"), ("database", "d"), ("host", "db")] {
        account.put_parameter(&format!("/path/{name}"), value, "SecureString").await.expect("a parameter");
    }
    let answer = output(with_aws(&fixture, &["config", "check", "/path/"]));
    assert_eq!((status(&answer), &json(&answer.stdout)["findings"]), (0, &Value::Array(Vec::new())));
    let answer = output(with_aws(&fixture, &["config", "check", "/missing"]));
    assert_eq!(
        (status(&answer), &json(&answer.stdout)["body"]["errorType"]),
        (1, &"ParameterNotFound".into())
    );

    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("config.json");
    std::fs::write(&file, text).expect("a file");
    let answer = output(program(&["config", "check", "--file", file.to_str().expect("UTF-8")]));
    assert_eq!((status(&answer), &json(&answer.stdout)["ok"]), (1, &false.into()));
    assert_eq!(status(&output(program(&["config", "check", "--file", "/no/such/file"]))), 2);
}

#[tokio::test]
async fn a_profile_and_a_region_are_found_as_in_aws_s_own_command_line() {
    let fixture = Fixture::start().await;
    let folder = TempDir::new().expect("a folder");
    let (credentials, config) = (folder.path().join("credentials"), folder.path().join("config"));
    let account_a = devstack::ACCOUNT_A;
    std::fs::write(
        &credentials,
        format!("[account-a]\naws_access_key_id = {account_a}\naws_secret_access_key = test\n"),
    )
    .expect("a file");
    std::fs::write(&config, format!("[profile account-a]\nregion = {}\n", devstack::REGION)).expect("a file");
    let ours = |flags: &[&str]| {
        let mut command = with_aws(&fixture, &[&["config", "check", PARAMETER], flags].concat());
        command.env("AWS_SHARED_CREDENTIALS_FILE", &credentials).env("AWS_CONFIG_FILE", &config);
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"] {
            command.env_remove(name);
        }
        command
    };
    let works = |command: Command| {
        let answer = output(command);
        assert_eq!(status(&answer), 0, "{}", String::from_utf8_lossy(&answer.stdout));
    };
    works(ours(&["--profile", "account-a"]));
    let mut command = ours(&[]);
    command.env("AWS_PROFILE", "account-a");
    works(command);
    // A profile that is given takes precedence over the keys of the environment, which are invalid here.
    let mut command = ours(&["--profile", "account-a"]);
    command.env("AWS_ACCESS_KEY_ID", "333333333333").env("AWS_SECRET_ACCESS_KEY", "test");
    works(command);
    // A region that is given takes precedence over the others: the parameter does not exist there.
    let answer = output(ours(&["--profile", "account-a", "--region", "us-west-2"]));
    assert_eq!(json(&answer.stdout)["body"]["errorType"], "ParameterNotFound");
    let mut command = ours(&["--profile", "account-a"]);
    command.env("AWS_REGION", "us-west-2");
    assert_eq!(json(&output(command).stdout)["body"]["errorType"], "ParameterNotFound");
}

/// Credentials that are missing do not come by themselves, except where something else is to give them.
#[test]
fn only_credentials_that_may_come_are_worth_another_try() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("config"), "[profile asks]\ncredential_process = false\n[profile loops]\nrole_arn = arn:aws:iam::111111111111:role/r\nsource_profile = nobody\n").expect("a file");
    std::fs::write(path("malformed"), "[default\naws_access_key_id = 111111111111\n").expect("a file");
    let silent = "http://127.0.0.1:1/credentials";
    for (flags, variables, expected, says) in [
        (&["--profile", "nobody"][..], &[][..], 1, "nobody"),
        (&[], &[("AWS_PROFILE", "nobody")], 1, "no credentials"),
        (&[], &[], 1, "no credentials"),
        (&[], &[("AWS_SHARED_CREDENTIALS_FILE", path("malformed").as_str())], 1, "could not be built"),
        (&["--profile", "loops"], &[], 1, "nobody"),
        (&["--profile", "asks"], &[], 75, ""),
        (&[], &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", silent)], 75, ""),
    ] {
        let mut command = program(&[&["config", "check", PARAMETER], flags].concat());
        command.env("AWS_CONFIG_FILE", path("config")).env("AWS_SHARED_CREDENTIALS_FILE", path("none"));
        command.env("AWS_REGION", devstack::REGION).env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("HOME", folder.path());
        command.envs(variables.iter().copied());
        let answer = output(command);
        let body = json(&answer.stdout)["body"].take();
        let error = body["error"].as_str().unwrap_or_default();
        assert!(status(&answer) == expected && error.contains(says), "{flags:?} {variables:?}: {body}");
        assert_eq!(body["retryable"], expected == 75, "{body}");
        let hint = body["hint"].as_str().unwrap_or_default();
        assert_eq!(hint.starts_with("Check your credentials"), expected == 1, "{hint}");
    }
}

#[test]
fn completions_know_the_commands_and_the_flags() {
    for shell in ["bash", "zsh", "fish"] {
        let answer = output(program(&["completions", shell]));
        let script = String::from_utf8(answer.stdout).expect("UTF-8");
        assert!(script.contains("dry-run") && script.contains("completions"), "{shell}");
    }
}
