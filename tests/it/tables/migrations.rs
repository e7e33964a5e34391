//! Tables are created, dropped, renamed and truncated while they are exported: all rows once, or an error.

use std::time::Duration;

use devstack::{TcpFault, TcpProxy};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::{exporting, lines};
use crate::command_line::{body, database, output};

const EXPORTS: usize = 30;
const ROWS: usize = 4_000;
const TABLES: &str = "CREATE SCHEMA s; CREATE TABLE s.a AS SELECT g AS id FROM generate_series(1, 1000) g; \
    CREATE TABLE s.b AS SELECT g AS id FROM generate_series(1001, 2000) g; \
    CREATE TABLE s.c AS SELECT g AS id FROM generate_series(2001, 3000) g; \
    CREATE TABLE s.d AS SELECT g AS id FROM generate_series(3001, 4000) g";
/// Each leaves as many rows in the tables of the schema as there were.
const CHANGES: [&str; 6] = [
    "BEGIN; TRUNCATE s.a; SELECT pg_sleep(0.02); INSERT INTO s.a SELECT generate_series(1, 1000); COMMIT",
    "BEGIN; CREATE TABLE s.e AS SELECT * FROM s.b; DROP TABLE s.b; COMMIT",
    "ALTER TABLE s.e RENAME TO b",
    "ALTER TABLE s.c ALTER COLUMN id TYPE bigint",
    "BEGIN; CREATE TABLE s.f AS SELECT * FROM s.d WHERE id > 3500; DELETE FROM s.d WHERE id > 3500; COMMIT",
    "BEGIN; INSERT INTO s.d SELECT * FROM s.f; DROP TABLE s.f; COMMIT",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_row_is_lost_with_its_table() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TABLES).await.expect("tables");
    let client = postgres.connect().await.expect("a connection");
    let (begin, mut wanted) = mpsc::channel::<u64>(1);
    let changing = tokio::spawn(async move {
        let mut changes = CHANGES.into_iter().cycle();
        while let Some(run) = wanted.recv().await {
            sleep(Duration::from_millis(run * 37 % 500)).await;
            let change = changes.next().expect("a change");
            client.batch_execute(change).await.expect(change);
        }
    });
    // Behind a change that waits, readers give up after 5 s; the test has not that much time, so they do it sooner. Between
    // the selection of the tables and their locks there is time for a change.
    let proxy = TcpProxy::start("127.0.0.1", postgres.port()).await.expect("a proxy");
    proxy.fault(TcpFault::Replace(&[
        (b"lock_timeout = '5s'", b"lock_timeout = 300 "),
        (b"SET LOCAL jit = off", b"SELECT pg_sleep(.1)"),
    ]));
    let mut done = 0;
    for run in 0..EXPORTS {
        begin.send(run as u64).await.expect("the changes");
        let _ = std::fs::remove_dir_all(folder.path().join("set"));
        let mut command = exporting(&postgres, folder.path(), "s.*", &["--parallelism", "3"]);
        command.env("PGPORT", proxy.port().to_string()).env("PGSSLMODE", "disable");
        let answer = body(&tokio::task::block_in_place(|| output(command)));
        if answer["errorType"].is_null() {
            let rows: usize = lines(folder.path()).values().map(Vec::len).sum();
            assert_eq!((rows, &answer["recordsProcessed"]), (ROWS, &ROWS.into()), "run {run}: {answer}");
            done += 1;
        } else {
            let error = answer["errorType"].as_str().unwrap_or_default();
            assert!(["SnapshotUnavailable", "QueryFailed"].contains(&error), "run {run}: {answer}");
        }
    }
    drop(begin);
    changing.await.expect("the changes");
    println!("{done} of {EXPORTS} exports succeeded");
    assert!(done > EXPORTS / 4);
}

/// What TRUNCATE removes is gone for older snapshots, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_table_that_is_new_in_the_snapshot_is_not_emptied_before_it_is_locked() {
    let (postgres, folder) = database().await;
    let tables = "CREATE SCHEMA s; CREATE TABLE s.a AS SELECT g AS id FROM generate_series(1, 1000) g; \
        CREATE TABLE s.c (id int)";
    postgres.execute("postgres", tables).await.expect("tables");
    let client = postgres.connect().await.expect("a connection");
    client.batch_execute("BEGIN; LOCK TABLE s.a").await.expect("a lock");
    let awaited = async |table: &str| {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::text::regclass";
        while client.query_one(waiting, &[&table]).await.expect("a number").get::<_, i64>(0) == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let command = exporting(&postgres, folder.path(), "s.*", &["--parallelism", "2"]);
    let exported = tokio::task::spawn_blocking(move || body(&output(command)));
    awaited("s.a").await;
    // The tables are selected. From now on the rows are in another, on which nobody can have a lock before it is empty.
    let moved = "CREATE TABLE s.b AS TABLE s.a; DELETE FROM s.a; COMMIT; BEGIN; LOCK TABLE s.b";
    client.batch_execute(moved).await.expect(moved);
    awaited("s.b").await;
    client.batch_execute("INSERT INTO s.c TABLE s.b; TRUNCATE s.b; COMMIT").await.expect("moved again");
    let answer = exported.await.expect("an answer");
    let rows: usize = lines(folder.path()).values().map(Vec::len).sum();
    assert_eq!((rows, &answer["recordsProcessed"]), (1_000, &1_000.into()), "{answer}");
}
