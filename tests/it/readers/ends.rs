//! Several readers are interrupted. The matrix has the other ways in which they end.

use std::time::Duration;

use devstack::Postgres;
use tokio::time::sleep;

use super::nobody_is_left;
use crate::command_line::{body, database, files, interrupt, locally, spawn, status, without_aws};

/// Each row is slow, so that all readers are still at work.
const SLOW: &str = "CREATE TABLE t AS SELECT g AS id, repeat('x', 100) AS v FROM generate_series(1, 100000) g; \
    CREATE FUNCTION slow(v text) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN v; END $$; \
    CREATE INDEX ON t (id); ANALYZE t";
const FLAGS: [&str; 8] = [
    "--query",
    "SELECT id, slow(v) AS v FROM t",
    "--split-by",
    "id",
    "--parallelism",
    "3",
    "--output",
    "f.csv",
];

async fn until_all_read(postgres: &Postgres) {
    let client = postgres.connect().await.expect("a connection");
    let reading = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%slow%' AND pid <> pg_backend_pid() \
        AND query NOT LIKE 'EXPLAIN%'";
    while client.query_one(reading, &[]).await.expect("a count").get::<_, i64>(0) < 3 {
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn by_an_interruption() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", SLOW).await.expect("a table");
    let child = spawn(without_aws(&postgres, folder.path(), &locally(&FLAGS)));
    until_all_read(&postgres).await;
    interrupt(&child);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(body(&output)["errorType"], "Cancelled", "{}", status(&output));
    assert_eq!(files(folder.path()), Vec::<String>::new());
    nobody_is_left(&postgres).await;
}
