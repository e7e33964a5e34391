//! Behind a transaction pooler a run leaves the server's connections as it found them, whatever becomes of it, and its
//! own values do not depend on who else is there.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use devstack::{PgBouncer, PgBouncerOptions, PoolMode, Postgres};
use serde_json::Value;
use tokio_postgres::Client;

use crate::command_line::{body, database, interrupt, locally, output, spawn, status, without_aws};

/// The program on the pooler's port.
fn through(pooler: &PgBouncer, postgres: &Postgres, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = without_aws(postgres, folder, &locally(arguments));
    command.env("PGPORT", pooler.port().to_string());
    command
}

async fn pool_of(postgres: &Postgres, mode: PoolMode, pool_size: usize) -> PgBouncer {
    let options = PgBouncerOptions { mode, pool_size, ..PgBouncerOptions::default() };
    PgBouncer::start(postgres, &options).await.expect("PgBouncer")
}

/// Settings by the connection's process id.
type Connections = BTreeMap<i32, BTreeMap<String, String>>;

/// Every setting of every connection of the pool, by its process id. As many transactions at once as there are
/// connections have each of them.
async fn settings(pooler: &PgBouncer, pool_size: usize) -> Connections {
    let mut all = BTreeMap::new();
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..pool_size {
        let client = pooler.connect_to("postgres").await.expect("a connection");
        client.batch_execute("BEGIN").await.expect("a transaction");
        let rows = client
            .query("SELECT pg_backend_pid(), name, setting FROM pg_settings", &[])
            .await
            .expect("settings");
        let pid = rows[0].get(0);
        all.insert(pid, rows.iter().map(|row| (row.get(1), row.get(2))).collect());
        clients.push(client);
    }
    assert_eq!(all.len(), pool_size, "one connection each");
    for client in clients {
        client.batch_execute("ROLLBACK").await.expect("an end");
    }
    all
}

/// The same settings; of a connection that is new, as another one's were.
fn assert_unchanged(before: &Connections, after: &Connections, what: &str) {
    let usual = before.values().next().expect("a connection");
    for (pid, settings) in after {
        let before = before.get(pid).unwrap_or(usual);
        let changed: Vec<_> =
            settings.iter().filter(|(name, value)| before.get(*name) != Some(value)).collect();
        assert!(changed.is_empty(), "{changed:?} after {what}");
    }
}

async fn statements(postgres: &Postgres, like: &str) -> i64 {
    let client = postgres.connect().await.expect("a connection");
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 \
        AND pid <> pg_backend_pid()";
    client.query_one(sql, &[&like]).await.expect("a count").get(0)
}

/// Waits until as many statements as that run.
async fn until_they_are(postgres: &Postgres, like: &str, wanted: i64) {
    for _ in 0..100 {
        if statements(postgres, like).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("there are {} statements like {like}, not {wanted}", statements(postgres, like).await);
}

#[tokio::test]
async fn what_a_run_sets_ends_with_it() {
    let (postgres, folder) = database().await;
    postgres
        .execute("postgres", "CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        .await
        .expect("a table");
    let pooler = pool_of(&postgres, PoolMode::Transaction, 1).await;
    let before = settings(&pooler, 1).await;
    // (whether it may write, the query, more flags, how it ends)
    let runs: &[(bool, &str, &[&str], Option<&str>)] = &[
        (false, "SELECT 1 AS a", &["--timeout", "7"], None),
        (true, "SELECT 1 AS a", &["--timeout", "7"], None),
        (true, "INSERT INTO t VALUES (1) RETURNING a", &["--timeout", "7"], None),
        (true, "INSERT INTO t VALUES (1) RETURNING a", &[], Some("QueryFailed")),
        (false, "SELECT a FROM t WHERE false", &["--on-empty", "fail"], Some("NoData")),
        (true, "SELECT a FROM t WHERE false", &["--on-empty", "skip"], None),
        (false, "SELECT no_such_column", &[], Some("QueryInvalid")),
        (true, "SELECT 1 / (g - 5000) FROM generate_series(1, 9000) g", &[], Some("QueryFailed")),
        (false, "SELECT 1 / (g - 5000) FROM generate_series(1, 9000) g", &[], Some("QueryFailed")),
        (false, "SELECT pg_sleep(60)", &["--timeout", "3"], Some("DeadlineExceeded")),
        (true, "SELECT pg_sleep(60)", &["--timeout", "3"], Some("DeadlineExceeded")),
        (false, "SELECT xmlelement(name a)", &[], None),
    ];
    for (writes, query, flags, fails) in runs {
        let arguments = [&["--query", query, "--output", "-"], *flags].concat();
        let mut command = through(&pooler, &postgres, folder.path(), &arguments);
        if *writes {
            command.env("ALLOW_WRITES", "true");
        }
        let answer = output(command);
        let body = body(&answer);
        assert_eq!(body["errorType"].as_str(), *fails, "{query}: {body}\n{:#?}", pooler.log());
        let after = settings(&pooler, 1).await;
        assert_unchanged(&before, &after, query);
        assert!(after.keys().eq(before.keys()), "{query} had the pooler close the connection");
    }
}

/// A role, or a database, may have a setting that changes values; a pool mixes connections.
#[tokio::test]
async fn values_do_not_depend_on_who_else_is_on_the_pool() {
    mixed_runs(std::env::var("MIXED_RUNS").map_or(40, |runs| runs.parse().expect("a number"))).await;
}

/// Runs of every kind beside pgbench: afterwards every connection is as it was, no other client was cancelled, and
/// all values are right.
async fn mixed_runs(runs: usize) {
    const POOL: usize = 5;
    const SIDE_BY_SIDE: usize = 4;
    let (postgres, folder) = database().await;
    postgres
        .execute("postgres", "CREATE TABLE t (a int); ALTER DATABASE postgres SET extra_float_digits = 0")
        .await
        .expect("a setting");
    let pooler = pool_of(&postgres, PoolMode::Transaction, POOL).await;
    let pgbench = |arguments: &[&str]| {
        let mut command = Command::new("pgbench");
        command.args(["--host=127.0.0.1", "--username=postgres"]).args(arguments);
        command.env("PGPORT", pooler.port().to_string()).env("PGPASSWORD", postgres.password());
        command.env("PGSSLMODE", "disable").stdin(Stdio::null());
        command
    };
    let made = output(pgbench(&["--initialize", "--quiet", "postgres"]));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let before = settings(&pooler, POOL).await;

    let mut others = spawn(pgbench(&["--no-vacuum", "--client=8", "--rate=400", "--time=3600", "postgres"]));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = std::thread::scope(|scope| {
        let mut all = Vec::new();
        for _ in 0..SIDE_BY_SIDE {
            all.push(scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if i >= runs {
                        break;
                    }
                    one_of_them(i, |arguments| through(&pooler, &postgres, folder.path(), arguments));
                }
            }));
        }
        let ended: Vec<_> = all.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        ended.iter().all(Result::is_ok)
    });
    assert!(done, "{:#?}", pooler.log());
    assert!(others.try_wait().expect("a state").is_none(), "pgbench has ended: {:#?}", pooler.log());
    // It says at once what has failed, and nothing else before its end.
    others.kill().expect("pgbench runs");
    let said = others.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.contains("error") && !said.contains("aborted"), "{said}");
    until_they_are(&postgres, "%pg_sleep%", 0).await;

    assert_unchanged(&before, &settings(&pooler, POOL).await, "all of them");
    let client = postgres.connect().await.expect("a connection");
    let written: i64 = client.query_one("SELECT count(*) FROM t", &[]).await.expect("a count").get(0);
    assert_eq!(written, (0..runs).filter(|i| i % 10 == 7).count() as i64);
    let right = (0..runs).filter(|i| ![3, 5].contains(&(i % 10))).count();
    eprintln!(
        "{runs} runs: {right} of {right} values right, {} cancelled or out of time, every setting of {POOL} connections as it \
         was, no client of pgbench failed",
        runs - right
    );
}

const FLOATS: &str = "SELECT ARRAY[0.1::float8 + 0.2] AS a";
const FLOATS_FILE: &str = "a\n{0.30000000000000004}\n";

/// Eight of ten are right, one is interrupted, one runs out of time.
fn one_of_them(i: usize, through: impl Fn(&[&str]) -> Command) {
    let with = |query, more: &[&str]| through(&[&["--query", query, "--output", "-"], more].concat());
    match i % 10 {
        3 => {
            let child = spawn(with("SELECT pg_sleep(77)", &[]));
            std::thread::sleep(Duration::from_millis(400));
            interrupt(&child);
            let answer = child.wait_with_output().expect("an end");
            assert_eq!(body(&answer)["errorType"], "Cancelled");
        }
        5 => {
            let answer = output(with("SELECT pg_sleep(77)", &["--timeout", "3"]));
            assert_eq!(body(&answer)["errorType"], "DeadlineExceeded");
        }
        7 => {
            let mut command = with("INSERT INTO t VALUES (1) RETURNING ARRAY[0.1::float8 + 0.2] AS a", &[]);
            command.env("ALLOW_WRITES", "true");
            let answer = output(command);
            assert_eq!(String::from_utf8_lossy(&answer.stdout), FLOATS_FILE, "{answer:?}");
        }
        _ => {
            let answer = output(with(FLOATS, &["--timeout", "30"]));
            assert_eq!(String::from_utf8_lossy(&answer.stdout), FLOATS_FILE, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_interruption_ends_the_statement_behind_a_pooler() {
    let (postgres, folder) = database().await;
    for mode in [PoolMode::Transaction, PoolMode::Session] {
        let pooler = pool_of(&postgres, mode, 2).await;
        let arguments = ["--query", "SELECT pg_sleep(77)", "--output", "-"];
        let child = spawn(through(&pooler, &postgres, folder.path(), &arguments));
        until_they_are(&postgres, "%pg_sleep(77)%", 1).await;
        interrupt(&child);
        let answer = child.wait_with_output().expect("an end");
        assert_eq!(body(&answer)["errorType"], "Cancelled", "{mode:?}");
        assert_eq!(statements(&postgres, "%pg_sleep(77)%").await, 0, "{mode:?}: it runs on");
    }
}

#[tokio::test]
async fn at_the_deadline_no_statement_runs_on_behind_a_pooler() {
    let (postgres, folder) = database().await;
    for mode in [PoolMode::Transaction, PoolMode::Session] {
        let pooler = pool_of(&postgres, mode, 2).await;
        let arguments = ["--query", "SELECT pg_sleep(77)", "--output", "-", "--timeout", "3"];
        let answer = output(through(&pooler, &postgres, folder.path(), &arguments));
        assert_eq!(body(&answer)["errorType"], "DeadlineExceeded", "{mode:?}");
        // The program waits for the statement's end before it answers.
        assert_eq!(statements(&postgres, "%pg_sleep(77)%").await, 0, "{mode:?}: it runs on");
    }
}

/// How the pooler refuses, and what is answered: errorType and a word of the hint.
#[tokio::test]
async fn what_a_pooler_refuses_is_told_apart_and_not_tried_again() {
    let (postgres, folder) = database().await;
    let pooler = pool_of(&postgres, PoolMode::Transaction, 1).await;
    let with = |pooler: &PgBouncer, variables: &[(&str, &str)], flags: &[&str]| {
        let mut command = without_aws(&postgres, folder.path(), flags);
        command.env("PGPORT", pooler.port().to_string()).envs(variables.iter().copied());
        let answer = output(command);
        let said = String::from_utf8_lossy(&answer.stderr);
        assert!(!said.contains("trying again"), "{said}");
        assert_ne!(status(&answer), 0, "{said}");
        body(&answer)
    };
    let query = ["--query", "SELECT 1", "--output", "-"];
    let login = |user, database| [&["extract", "--user", user, "--database", database], &query[..]].concat();
    let body = with(&pooler, &[("PGPASSWORD", "wrong")], &login("postgres", "postgres"));
    assert_eq!(body["errorType"], "AuthenticationFailed", "{body}");
    let body = with(&pooler, &[], &login("nobody", "postgres"));
    assert_eq!(body["errorType"], "AuthenticationFailed", "{body}");
    let body = with(&pooler, &[], &login("postgres", "nowhere"));
    assert_eq!(body["errorType"], "InvalidDbConfig", "{body}");
    assert!(says(&body, "nowhere"), "{body}");

    let body = with(&pooler, &[("PGOPTIONS", "-c work_mem=64MB")], &login("postgres", "postgres"));
    assert_eq!(body["errorType"], "ConnectFailed", "{body}");
    assert!(says(&body, "remove PGOPTIONS"), "{body}");
    assert_eq!(body["retryable"], false, "{body}");

    let pooler = pool_of(&postgres, PoolMode::Statement, 1).await;
    let body = with(&pooler, &[], &login("postgres", "postgres"));
    assert_eq!(body["errorType"], "InvalidDbConfig", "{body}");
    assert!(says(&body, "statement mode") && says(&body, "transaction"), "{body}");
    assert_eq!(body["retryable"], false, "{body}");
}

/// `PgBouncer` passes on the server's words without its SQLSTATE.
#[tokio::test]
async fn a_server_without_a_free_connection_behind_a_pooler_is_tried_again() {
    let (postgres, folder) = database().await;
    let role = "CREATE ROLE crowded LOGIN PASSWORD 'secret' CONNECTION LIMIT 0";
    postgres.execute("postgres", role).await.expect("a role");
    let users = vec![("crowded".to_owned(), "secret".to_owned())];
    let options = PgBouncerOptions { mode: PoolMode::Session, users, ..PgBouncerOptions::default() };
    let pooler = PgBouncer::start(&postgres, &options).await.expect("PgBouncer");
    let login = ["extract", "--user", "crowded", "--database", "postgres"];
    let query = ["--query", "SELECT 1", "--output", "-", "--timeout", "8"];
    let mut command = without_aws(&postgres, folder.path(), &[&login[..], &query].concat());
    command.env("PGPORT", pooler.port().to_string()).env("PGPASSWORD", "secret");
    let answer = output(command);
    let body = body(&answer);
    assert_eq!(body["errorType"], "ConnectFailed", "{body}");
    assert!(says(&body, "too many connections for role"), "{body}");
    assert_eq!(body["retryable"], true, "{body}");
}

fn says(body: &Value, words: &str) -> bool {
    body["error"].as_str().is_some_and(|error| error.contains(words))
        || body["hint"].as_str().is_some_and(|hint| hint.contains(words))
}
