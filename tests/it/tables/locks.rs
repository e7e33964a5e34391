//! Tables that cannot be locked: an error that says why, and nothing is left.

use devstack::{Leftovers, Postgres, PostgresOptions};
use tempfile::TempDir;

use super::export;
use crate::command_line::{body, database, files, output, without_aws};

const TABLES: &str = "CREATE SCHEMA s; DO $$ BEGIN FOR i IN 0..299 LOOP \
    EXECUTE format('CREATE TABLE s.t_%s (id int)', i); END LOOP; END $$";

async fn nothing_is_left(postgres: &Postgres, folder: &TempDir) {
    assert_eq!(files(folder.path()), Vec::<String>::new());
    let left = Leftovers::default().in_database(postgres, |_| true).await.expect("the sessions");
    assert_eq!(left, Leftovers::default());
}

#[tokio::test]
async fn more_locks_than_the_server_has() {
    let settings = [("max_locks_per_transaction", "10"), ("max_connections", "20")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let postgres = Postgres::start(PostgresOptions { settings, ..PostgresOptions::default() }).await;
    let (postgres, folder) = (postgres.expect("PostgreSQL"), TempDir::new().expect("a folder"));
    let client = postgres.connect().await.expect("a connection");
    client.batch_execute("CREATE SCHEMA s").await.expect("a schema");
    for table in 0..300 {
        // Each in a transaction of its own, since it needs locks, too.
        client.batch_execute(&format!("CREATE TABLE s.t_{table} (id int)")).await.expect("a table");
    }
    drop(client);
    let answer = export(&postgres, folder.path(), "s.*", &["--parallelism", "8"]);
    assert_eq!(answer["errorType"], "QueryFailed", "{answer}");
    assert!(
        answer["hint"].as_str().is_some_and(|hint| hint.contains("max_locks_per_transaction")),
        "{answer}"
    );
    nothing_is_left(&postgres, &folder).await;
}

#[tokio::test]
async fn a_table_that_another_session_holds() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TABLES).await.expect("tables");
    let other = postgres.connect().await.expect("a connection");
    other.batch_execute("BEGIN; LOCK TABLE s.t_7").await.expect("a lock");
    let answer = export(&postgres, folder.path(), "s.*", &["--parallelism", "2"]);
    assert_eq!(answer["errorType"], "SnapshotUnavailable", "{answer}");
    assert!(
        answer["error"].as_str().is_some_and(|error| error.contains("holds, or waits for, a lock")),
        "{answer}"
    );
    assert_eq!(answer["retryable"], true);
}

/// The only reader needs a second session until all tables are locked.
#[tokio::test]
async fn one_connection_is_too_few() {
    let (postgres, folder) = database().await;
    let role = "CREATE ROLE one LOGIN PASSWORD 'one' CONNECTION LIMIT 1; CREATE TABLE t (a int); GRANT SELECT ON t TO one";
    postgres.execute("postgres", role).await.expect("a role");
    let login = ["extract", "--user", "one", "--database", "postgres", "--tables", "t", "--output", "set/"];
    let mut command = without_aws(&postgres, folder.path(), &login);
    command.env("PGPASSWORD", "one");
    let answer = body(&output(command));
    assert_eq!(answer["errorType"], "SnapshotUnavailable", "{answer}");
    nothing_is_left(&postgres, &folder).await;
}
