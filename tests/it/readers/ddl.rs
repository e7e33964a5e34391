//! Tables are truncated, rewritten, attached and dropped while readers read: the right rows or an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use devstack::Postgres;
use tokio::time::sleep;

use super::extract;
use crate::command_line::{body, database, status};

const EXPORTS: usize = 34;
const ROWS: u64 = 20_000;

/// Runs statements in a loop, each a transaction, beside exports, and returns how many of these succeeded.
async fn exports_beside(postgres: &Postgres, table: &str, changes: &[&str], right: &[u64]) -> usize {
    let folder = tempfile::TempDir::new().expect("a folder");
    let client = postgres.connect().await.expect("a connection");
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, changes) = (Arc::clone(&stop), changes.join("\u{1}"));
    let changing = tokio::spawn(async move {
        while !stopped.load(Ordering::Relaxed) {
            for change in changes.split('\u{1}') {
                client.batch_execute(change).await.expect(change);
                // A reader's lock waits behind a change that waits: without a pause, no readers would ever join.
                sleep(Duration::from_millis(150)).await;
            }
        }
    });
    let mut done = 0;
    for run in 0..EXPORTS {
        let flags = ["--table", table, "--parallelism", "4", "--output", "f.csv", "--if-exists", "overwrite"];
        let output = tokio::task::block_in_place(|| extract(postgres, folder.path(), &flags));
        let answer = body(&output);
        if status(&output) == 0 {
            let file = std::fs::read_to_string(folder.path().join("f.csv")).expect("the file");
            let rows = file.lines().count() as u64 - 1;
            assert_eq!(answer["recordsProcessed"], rows, "{answer}");
            assert!(right.contains(&rows), "{rows} rows in run {run} of {table}: {answer}");
            done += 1;
        } else {
            let error = answer["errorType"].as_str().unwrap_or_default();
            assert!(["SnapshotUnavailable", "QueryFailed"].contains(&error), "{answer}");
        }
    }
    stop.store(true, Ordering::Relaxed);
    changing.await.expect("the changes");
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_table_that_is_truncated_and_rewritten() {
    let (postgres, _folder) = database().await;
    let sql = "CREATE TABLE t (id int, b int); INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g";
    postgres.execute("postgres", sql).await.expect("a table");
    let changes = [
        "BEGIN; TRUNCATE t; INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g; COMMIT",
        "ALTER TABLE t ALTER COLUMN b TYPE bigint",
        "VACUUM FULL t",
        "ALTER TABLE t ALTER COLUMN b TYPE int",
    ];
    assert!(exports_beside(&postgres, "t", &changes, &[ROWS]).await > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_partitioned_table_whose_partitions_come_and_go() {
    let (postgres, _folder) = database().await;
    let sql = "CREATE TABLE p (id int, k int) PARTITION BY LIST (k); \
        CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); \
        INSERT INTO p SELECT g, 1 + g % 2 FROM generate_series(1, 20000) g; \
        CREATE TABLE p3 (id int, k int); INSERT INTO p3 SELECT g, 3 FROM generate_series(1, 5000) g";
    postgres.execute("postgres", sql).await.expect("a table");
    let changes = [
        "ALTER TABLE p ATTACH PARTITION p3 FOR VALUES IN (3)",
        "BEGIN; DROP TABLE p2; CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); \
         INSERT INTO p SELECT g, 2 FROM generate_series(1, 10000) g; COMMIT",
        "BEGIN; TRUNCATE p1; INSERT INTO p1 SELECT g, 1 FROM generate_series(1, 10000) g; COMMIT",
        "ALTER TABLE p DETACH PARTITION p3",
    ];
    assert!(exports_beside(&postgres, "p", &changes, &[ROWS, ROWS + 5_000]).await > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_materialized_view_that_is_refreshed() {
    let (postgres, _folder) = database().await;
    let sql = "CREATE MATERIALIZED VIEW m AS SELECT g AS id FROM generate_series(1, 20000) g";
    postgres.execute("postgres", sql).await.expect("a view");
    assert!(exports_beside(&postgres, "m", &["REFRESH MATERIALIZED VIEW m"], &[ROWS]).await > 0);
}
