//! Readers that cannot join: an error that says why, and nothing is left.

use std::path::Path;
use std::process::Output;

use devstack::{PgBouncer, PgBouncerOptions, PoolMode, Postgres};
use tempfile::TempDir;

use super::nobody_is_left;
use crate::command_line::{body, database, files, locally, output, without_aws};

async fn with_table() -> (Postgres, TempDir) {
    let (postgres, folder) = database().await;
    let sql = "CREATE TABLE t AS SELECT g AS id, md5(g::text) AS name FROM generate_series(1, 100000) g";
    postgres.execute("postgres", sql).await.expect("a table");
    (postgres, folder)
}

const FOUR: [&str; 8] =
    ["--table", "t", "--parallelism", "4", "--output", "f.csv", "--if-exists", "overwrite"];

fn on_port(postgres: &Postgres, folder: &Path, port: u16) -> Output {
    let mut command = without_aws(postgres, folder, &locally(&FOUR));
    command.env("PGPORT", port.to_string());
    output(command)
}

fn refused(answer: &Output, folder: &Path, error: &str, hint: &str) {
    let answer = body(answer);
    assert_eq!(
        (&answer["errorType"], &answer["retryable"]),
        (&"SnapshotUnavailable".into(), &true.into()),
        "{answer}"
    );
    let says = |field: &str, words: &str| answer[field].as_str().is_some_and(|text| text.contains(words));
    assert!(says("error", error) && says("hint", hint), "{answer}");
    assert_eq!(files(folder), Vec::<String>::new());
}

#[tokio::test]
async fn a_table_that_another_session_holds() {
    let (postgres, folder) = with_table().await;
    let other = postgres.connect().await.expect("a connection");
    other.batch_execute("BEGIN; LOCK TABLE t").await.expect("a lock");
    let answer = on_port(&postgres, folder.path(), postgres.port());
    refused(&answer, folder.path(), "holds, or waits for, a lock", "VACUUM FULL");
}

#[tokio::test]
async fn fewer_connections_than_readers() {
    let (postgres, folder) = with_table().await;
    let role = "CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 3; GRANT SELECT ON t TO few";
    postgres.execute("postgres", role).await.expect("a role");
    let login = ["extract", "--user", "few", "--database", "postgres"];
    let mut command = without_aws(&postgres, folder.path(), &[&login[..], &FOUR].concat());
    command.env("PGPASSWORD", "few");
    refused(&output(command), folder.path(), "of 4 could not connect", "choose a smaller parallelism");
    nobody_is_left(&postgres).await;
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_with_fewer_connections_than_readers() {
    readers_behind_a_pool(PoolMode::Transaction).await;
}

#[tokio::test]
async fn a_pooler_in_session_mode_with_fewer_connections_than_readers() {
    readers_behind_a_pool(PoolMode::Session).await;
}

/// Four readers fail behind a pool of two connections, and succeed behind one of four.
async fn readers_behind_a_pool(mode: PoolMode) {
    let (postgres, folder) = with_table().await;
    let pool = async |pool_size| {
        let options = PgBouncerOptions { mode, pool_size, ..PgBouncerOptions::default() };
        PgBouncer::start(&postgres, &options).await.expect("PgBouncer")
    };
    let few = pool(2).await;
    refused(
        &on_port(&postgres, folder.path(), few.port()),
        folder.path(),
        "within 30 s",
        "A pooler has fewer free connections",
    );
    let enough = pool(4).await;
    let answer = body(&on_port(&postgres, folder.path(), enough.port()));
    assert_eq!(answer["recordsProcessed"], 100_000, "{answer}");
}
