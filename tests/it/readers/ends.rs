//! However several readers end, all of them end.

use std::time::Duration;

use devstack::{Postgres, TcpFault, TcpProxy};
use tokio::time::sleep;

use super::nobody_is_left;
use crate::command_line::{body, database, files, interrupt, locally, output, spawn, status, without_aws};

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
async fn by_the_deadline() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", SLOW).await.expect("a table");
    let flags = [&FLAGS[..], &["--timeout", "4"]].concat();
    let answer = body(&output(without_aws(&postgres, folder.path(), &locally(&flags))));
    assert_eq!(answer["errorType"], "DeadlineExceeded", "{answer}");
    assert_eq!(files(folder.path()), Vec::<String>::new());
    nobody_is_left(&postgres).await;
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

#[tokio::test]
async fn by_the_first_failure_of_any_reader() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", SLOW).await.expect("a table");
    for (how, error_type) in
        [("pg_terminate_backend", "ConnectionLost"), ("pg_cancel_backend", "QueryTimeout")]
    {
        let child = spawn(without_aws(&postgres, folder.path(), &locally(&FLAGS)));
        until_all_read(&postgres).await;
        let client = postgres.connect().await.expect("a connection");
        let victim = format!(
            "SELECT {how}(pid) FROM pg_stat_activity WHERE query LIKE '%slow%' AND pid <> pg_backend_pid() ORDER BY pid DESC LIMIT 1"
        );
        client.query(&victim, &[]).await.expect("a victim");
        drop(client);
        let output = child.wait_with_output().expect("an end");
        let answer = body(&output);
        assert_eq!(answer["errorType"], error_type, "{answer}");
        assert_eq!(files(folder.path()), Vec::<String>::new());
        nobody_is_left(&postgres).await;
    }
}

/// The connection of each reader in its turn is cut, or stalls, in the middle of its rows.
#[tokio::test]
async fn by_the_network_of_reader_k() {
    let (postgres, folder) = database().await;
    let sql = "CREATE TABLE t AS SELECT g AS id, repeat('x', 100) AS v FROM generate_series(1, 400000) g";
    postgres.execute("postgres", sql).await.expect("a table");
    let proxy = TcpProxy::start(postgres.host(), postgres.port()).await.expect("a proxy");
    for reader in 0..3 {
        for (fault, error_type) in [
            (TcpFault::CutAfter(1_000_000), "ConnectionLost"),
            (TcpFault::ResetAfter(1_000_000), "ConnectionLost"),
            (TcpFault::StallAfter(1_000_000), "DeadlineExceeded"),
        ] {
            let mut faults = vec![TcpFault::None; reader];
            faults.push(fault);
            proxy.fault_next(&faults);
            let flags = ["--table", "t", "--parallelism", "3", "--output", "f.csv", "--timeout", "8"];
            let mut command = without_aws(&postgres, folder.path(), &locally(&flags));
            command.env("PGPORT", proxy.port().to_string());
            let answer = body(&output(command));
            assert_eq!(answer["errorType"], error_type, "{reader}, {fault:?}: {answer}");
            assert_eq!(files(folder.path()), Vec::<String>::new());
        }
    }
    proxy.reset_all();
    nobody_is_left(&postgres).await;
}
