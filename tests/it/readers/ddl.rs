//! Tables are truncated, rewritten, attached and dropped while readers read: the right rows or an error.

use std::time::Duration;

use devstack::{Postgres, TcpFault, TcpProxy};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::command_line::{body, database, locally, output, status, without_aws};

/// The exports of each kind of table, unless `DDL_EXPORTS` says another number.
const EXPORTS: usize = 34;
const ROWS: usize = 20_000;

/// Runs statements in a loop, each a transaction, beside exports, some of which must succeed. `is_right` looks at the lines of
/// a file without its header.
async fn exports_beside(
    postgres: &Postgres,
    table: &str,
    changes: &[&str],
    is_right: impl Fn(&[&str]) -> bool,
) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let client = postgres.connect().await.expect("a connection");
    // A change for each export but every fourth, at a moment of its own: changes without a pause would keep readers from ever
    // joining, and a pause of a fixed time does so on a busy machine.
    let (begin, mut wanted) = mpsc::channel::<u64>(1);
    let changes: Vec<String> = changes.iter().map(|change| (*change).to_owned()).collect();
    let changing = tokio::spawn(async move {
        let mut next = changes.iter().cycle();
        while let Some(run) = wanted.recv().await {
            sleep(Duration::from_millis(run * 7 % 100)).await;
            let change = next.next().expect("a change");
            client.batch_execute(change).await.expect(change);
        }
    });
    // Behind a change that waits, readers give up after 5 s; the test has not that much time, so they do it sooner.
    let proxy = TcpProxy::start("127.0.0.1", postgres.port()).await.expect("a proxy");
    proxy.fault(TcpFault::Replace(&[(b"lock_timeout = '5s'", b"lock_timeout = 300 ")]));
    let exports = std::env::var("DDL_EXPORTS").map_or(EXPORTS, |text| text.parse().expect("a number"));
    let mut done = 0;
    for run in 0..exports {
        if run % 4 > 0 {
            begin.send(run as u64).await.expect("the changes");
        }
        let flags = ["--table", table, "--parallelism", "4", "--output", "f.csv", "--if-exists", "overwrite"];
        let mut command = without_aws(postgres, folder.path(), &locally(&flags));
        command.env("PGPORT", proxy.port().to_string()).env("PGSSLMODE", "disable");
        let output = tokio::task::block_in_place(|| output(command));
        let answer = body(&output);
        if status(&output) == 0 {
            let file = std::fs::read_to_string(folder.path().join("f.csv")).expect("the file");
            let lines: Vec<_> = file.lines().skip(1).collect();
            assert_eq!(answer["recordsProcessed"], lines.len(), "{answer}");
            assert!(is_right(&lines), "{} rows in run {run} of {table}: {answer}", lines.len());
            done += 1;
        } else {
            let error = answer["errorType"].as_str().unwrap_or_default();
            assert!(["SnapshotUnavailable", "QueryFailed"].contains(&error), "{answer}");
        }
    }
    drop(begin);
    changing.await.expect("the changes");
    println!("{done} of {exports} exports of {table} succeeded");
    assert!(done > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_table_that_is_truncated_and_rewritten() {
    let (postgres, _folder) = database().await;
    let sql = "CREATE TABLE t (id int, b int); INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g";
    postgres.execute("postgres", sql).await.expect("a table");
    let changes = [
        "BEGIN; TRUNCATE t; SELECT pg_sleep(0.05); INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g; COMMIT",
        "ALTER TABLE t ALTER COLUMN b TYPE bigint",
        "VACUUM FULL t",
        "ALTER TABLE t ALTER COLUMN b TYPE int",
    ];
    exports_beside(&postgres, "t", &changes, |lines| lines.len() == ROWS).await;
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
        "BEGIN; DROP TABLE p2; SELECT pg_sleep(0.05); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); \
         INSERT INTO p SELECT g, 2 FROM generate_series(1, 10000) g; COMMIT",
        "BEGIN; TRUNCATE p1; SELECT pg_sleep(0.05); INSERT INTO p1 SELECT g, 1 FROM generate_series(1, 10000) g; COMMIT",
        "ALTER TABLE p DETACH PARTITION p3",
    ];
    exports_beside(&postgres, "p", &changes, |lines| [ROWS, ROWS + 5_000].contains(&lines.len())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_materialized_view_that_is_refreshed() {
    let (postgres, _folder) = database().await;
    let sql = "CREATE MATERIALIZED VIEW m AS SELECT g AS id FROM generate_series(1, 20000) g";
    postgres.execute("postgres", sql).await.expect("a view");
    exports_beside(&postgres, "m", &["REFRESH MATERIALIZED VIEW m"], |lines| lines.len() == ROWS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_schema_that_another_one_replaces() {
    let (postgres, _folder) = database().await;
    let sql = "CREATE SCHEMA blue; CREATE SCHEMA green; \
        CREATE TABLE blue.t AS SELECT g AS id, repeat('b', 600) AS of FROM generate_series(1, 20000) g; \
        CREATE TABLE green.t AS SELECT g AS id, repeat('g', 600) AS of FROM generate_series(1, 20000) g; \
        ALTER SCHEMA blue RENAME TO live";
    postgres.execute("postgres", sql).await.expect("schemas");
    // Locks on tables do not hold these up.
    let changes = [
        "BEGIN; ALTER SCHEMA live RENAME TO blue; ALTER SCHEMA green RENAME TO live; COMMIT",
        "BEGIN; ALTER SCHEMA live RENAME TO green; ALTER SCHEMA blue RENAME TO live; COMMIT",
    ];
    let is_one_table = |lines: &[&str]| {
        let blue = lines.iter().filter(|line| line.contains("bbb")).count();
        lines.len() == ROWS && (blue == 0 || blue == ROWS)
    };
    exports_beside(&postgres, "live.t", &changes, is_one_table).await;
}
