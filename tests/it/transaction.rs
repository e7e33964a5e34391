//! A run is one transaction: changes are committed before the file appears, or not at all.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use devstack::{Postgres, PostgresOptions, TcpFault, TcpProxy};
use serde_json::Value;
use tempfile::TempDir;

use crate::command_line::{body, database, files, interrupt, locally, output, spawn, status, without_aws};

/// Returns the command of a program that may write.
fn writing(postgres: &Postgres, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = without_aws(postgres, folder, &locally(arguments));
    command.env("ALLOW_WRITES", "true");
    command
}

async fn rows(postgres: &Postgres) -> i64 {
    let client = postgres.connect().await.expect("a connection");
    client.query_one("SELECT count(*) FROM t", &[]).await.expect("a count").get(0)
}

fn says(body: &Value, words: &str) -> bool {
    body["error"].as_str().is_some_and(|error| error.contains(words))
}

async fn with_table(sql: &str) -> (Postgres, TempDir) {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", sql).await.expect("a table");
    (postgres, folder)
}

#[tokio::test]
async fn a_failure_before_the_commit_rolls_back() {
    let (postgres, folder) = with_table(
        "CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1);
        CREATE PROCEDURE commits(INOUT a int) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; COMMIT; END $$",
    )
    .await;
    for (query, flags, error_type) in [
        // The server refuses COMMIT, after all rows were received.
        ("INSERT INTO t VALUES (1) RETURNING a", &[][..], "QueryFailed"),
        ("WITH gone AS (DELETE FROM t RETURNING a) SELECT 1 / (a - 1) FROM gone", &[], "QueryFailed"),
        (
            "WITH gone AS (DELETE FROM t RETURNING a) SELECT a FROM gone WHERE false",
            &["--on-empty", "fail"],
            "NoData",
        ),
        (
            "WITH gone AS (DELETE FROM t RETURNING a) SELECT pg_sleep(60)",
            &["--timeout", "3"],
            "DeadlineExceeded",
        ),
        ("CALL commits(1)", &[], "QueryInvalid"),
    ] {
        let flags = [&["--query", query, "--output", "f.csv"], flags].concat();
        let body = body(&output(writing(&postgres, folder.path(), &flags)));
        assert_eq!(body["errorType"], error_type, "{query}: {body}");
        assert!(!says(&body, "committed"), "{query}: {body}");
        assert_eq!((rows(&postgres).await, files(folder.path())), (1, Vec::new()), "{query}");
    }
    let skip = [
        "--query",
        "WITH gone AS (DELETE FROM t RETURNING a) SELECT a FROM gone WHERE false",
        "--output",
        "f.csv",
    ];
    let skip = [&skip[..], &["--on-empty", "skip"]].concat();
    assert_eq!(status(&output(writing(&postgres, folder.path(), &skip))), 0);
    assert_eq!(rows(&postgres).await, 0);
}

#[tokio::test]
async fn a_commit_without_an_answer_is_not_tried_again() {
    let (postgres, folder) = with_table("CREATE TABLE t (a int)").await;
    let proxy = TcpProxy::start("127.0.0.1", postgres.port()).await.expect("a proxy");
    for (fault, error_type) in [
        (TcpFault::CutWhen(b"COMMIT"), "ConnectionLost"),
        (TcpFault::ResetWhen(b"COMMIT"), "ConnectionLost"),
        (TcpFault::StallWhen(b"COMMIT"), "DeadlineExceeded"),
    ] {
        proxy.fault_next(&[fault]);
        let flags =
            ["--query", "INSERT INTO t VALUES (1) RETURNING a", "--output", "f.csv", "--timeout", "3"];
        let mut command = writing(&postgres, folder.path(), &flags);
        command.env("PGPORT", proxy.port().to_string()).env("PGSSLMODE", "disable");
        let body = body(&output(command));
        assert_eq!(body["errorType"], error_type, "{fault:?}: {body}");
        assert!(says(&body, "the changes may be committed"), "{fault:?}: {body}");
        assert_eq!((&body["retryable"], files(folder.path())), (&Value::Bool(false), Vec::new()), "{body}");
    }
}

#[tokio::test]
async fn a_file_that_fails_after_the_commit_is_told_with_it() {
    let (postgres, folder) = with_table("CREATE TABLE t (a int)").await;
    let query = "INSERT INTO t SELECT 1 FROM pg_sleep(1) RETURNING a";
    let flags = ["--query", query, "--output", "f.csv", "--if-exists", "fail"];
    let child = spawn(writing(&postgres, folder.path(), &flags));
    until_it_runs(&postgres).await;
    std::fs::write(folder.path().join("f.csv"), "theirs").expect("a file");
    let body = body(&child.wait_with_output().expect("an end"));
    assert_eq!(body["errorType"], "ObjectExists", "{body}");
    assert!(says(&body, "changes are committed"), "{body}");
    assert_eq!((&body["retryable"], rows(&postgres).await), (&Value::Bool(false), 1), "{body}");
}

async fn sleepers(postgres: &Postgres) -> i64 {
    let client = postgres.connect().await.expect("a connection");
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' \
        AND pid <> pg_backend_pid()";
    client.query_one(sql, &[]).await.expect("a count").get(0)
}

async fn until_it_runs(postgres: &Postgres) {
    for _ in 0..200 {
        if sleepers(postgres).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the query does not run");
}

#[tokio::test]
async fn where_cancel_requests_do_not_arrive_a_second_session_cancels() {
    let (postgres, folder) = database().await;
    let proxy = TcpProxy::start("127.0.0.1", postgres.port()).await.expect("a proxy");
    for fault in [TcpFault::Reset, TcpFault::CutAfter(0)] {
        proxy.fault_next(&[TcpFault::None, fault]);
        let mut command = without_aws(
            &postgres,
            folder.path(),
            &locally(&["--query", "SELECT pg_sleep(77)", "--output", "-"]),
        );
        command.env("PGPORT", proxy.port().to_string());
        let child = spawn(command);
        until_it_runs(&postgres).await;
        let before = proxy.accepted();
        interrupt(&child);
        let answer = child.wait_with_output().expect("an end");
        assert!(String::from_utf8_lossy(&answer.stderr).contains("Cancelled"), "{fault:?}: {answer:?}");
        assert_eq!(sleepers(&postgres).await, 0, "{fault:?}: it runs on");
        assert_eq!(proxy.accepted() - before, 2, "{fault:?}: a cancel request and a session");
    }
}

/// On a standby, transactions of that role could not even begin.
#[tokio::test]
async fn a_standby_without_serializable_transactions_is_read_all_the_same() {
    let settings = vec![("wal_level".to_owned(), "replica".to_owned())];
    let options = PostgresOptions { settings, ..PostgresOptions::default() };
    let postgres = Postgres::start(options).await.expect("PostgreSQL");
    let folder = TempDir::new().expect("a folder");
    let sql = "ALTER ROLE postgres SET default_transaction_isolation = serializable";
    postgres.execute("postgres", sql).await.expect("a setting");
    let shown = |query| {
        let flags = ["--query", query, "--output", "-"];
        output(without_aws(&postgres, folder.path(), &locally(&flags)))
    };
    let isolation = "SELECT current_setting('transaction_isolation') AS i, pg_is_in_recovery() AS r";
    let text = |answer: &Output| String::from_utf8_lossy(&answer.stdout).into_owned();
    assert_eq!(text(&shown(isolation)), "i,r\nserializable,f\n");
    postgres.become_standby().await.expect("a standby");
    let answer = shown(isolation);
    assert_eq!(text(&answer), "i,r\nrepeatable read,t\n", "{answer:?}");
}

#[tokio::test]
async fn a_database_that_cannot_speak_utf_8_is_named_with_a_way_out() {
    let (postgres, folder) =
        with_table("CREATE DATABASE old ENCODING 'MULE_INTERNAL' LOCALE 'C' TEMPLATE template0").await;
    postgres.create_database("new").await.expect("a database");
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command
            .args(["-ec", script])
            .stdin(Stdio::null())
            .env("PGHOST", "127.0.0.1")
            .env("PGUSER", "postgres");
        command.env("PGPORT", postgres.port().to_string()).env("PGPASSWORD", postgres.password());
        let answer = output(command);
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    };
    shell(
        r"printf 'CREATE TABLE t AS SELECT text %s\351%s AS a' \' \' | PGCLIENTENCODING=LATIN1 psql -d old",
    );
    let from = |database| {
        let flags = ["extract", "--user", "postgres", "--database", database, "--output", "-"];
        output(without_aws(&postgres, folder.path(), &[&flags[..], &["--query", "SELECT a FROM t"]].concat()))
    };
    let body = body(&from("old"));
    assert_eq!(
        (&body["errorType"], &body["retryable"]),
        (&"InvalidDbConfig".into(), &false.into()),
        "{body}"
    );
    let hint = body["hint"].as_str().expect("a hint");
    assert!(
        hint.contains("MULE_INTERNAL") && hint.contains("pg_dump --encoding=LATIN1 OLD | psql NEW"),
        "{body}"
    );
    shell("pg_dump --encoding=LATIN1 old | psql --quiet --output=/dev/null new");
    assert_eq!(String::from_utf8_lossy(&from("new").stdout), "a\né\n");
}
