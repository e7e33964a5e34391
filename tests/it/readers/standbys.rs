//! Readers at standbys, and at several servers behind one address.

use std::process::Output;
use std::time::Duration;

use devstack::{Postgres, PostgresOptions, TcpFault, TcpProxy};
use rds_data_extractor::config::ServerKind;
use rds_data_extractor::database::{Resolver, Session, SessionSettings, Snapshot, connect_by};
use rds_data_extractor::deadline::Deadline;
use rds_data_extractor::error::ErrorType;
use tempfile::TempDir;

use crate::command_line::{body, files, leftovers, locally, output, spawn, without_aws};
use crate::failover::{local, login};

const ROWS: i32 = 100_000;
const FOUR: [&str; 8] =
    ["--table", "t", "--parallelism", "4", "--output", "f.csv", "--if-exists", "overwrite"];

/// A primary with a table, and a standby that has it too.
async fn replicated() -> (Postgres, Postgres, TempDir) {
    let primary = Postgres::start(PostgresOptions::replicating()).await.expect("a primary");
    let sql =
        format!("CREATE TABLE t AS SELECT g AS id, md5(g::text) AS name FROM generate_series(1, {ROWS}) g");
    primary.execute("postgres", &sql).await.expect("a table");
    let standby = primary.start_standby().await.expect("a standby");
    primary.wait_for(&standby).await.expect("the table at the standby");
    (primary, standby, TempDir::new().expect("a folder"))
}

/// Extracts the table with four readers, as a user of this server, by this port.
fn extract(postgres: &Postgres, folder: &TempDir, port: u16) -> Output {
    let mut command = without_aws(postgres, folder.path(), &locally(&FOUR));
    command.env("PGPORT", port.to_string());
    output(command)
}

/// Asserts that the file has every row once.
fn is_whole(folder: &TempDir) {
    let file = std::fs::read_to_string(folder.path().join("f.csv")).expect("the file");
    let mut ids: Vec<i32> = file
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().expect("a cell").trim_matches('"').parse().expect("a number"))
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=ROWS).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_standby_is_read_by_many() {
    let (_primary, standby, folder) = replicated().await;
    let answer = body(&extract(&standby, &folder, standby.port()));
    assert_eq!(answer["recordsProcessed"], ROWS, "{answer}");
    is_whole(&folder);
}

#[tokio::test]
async fn an_address_that_leads_to_two_servers_is_refused() {
    let (primary, standby, folder) = replicated().await;
    let ports = [standby.port(), primary.port()];
    let endpoint = TcpProxy::balancing(&ports.map(|port| ("127.0.0.1", port))).await.expect("a proxy");
    for _ in 0..3 {
        let answer = body(&extract(&standby, &folder, endpoint.port()));
        assert_eq!(answer["errorType"], "SnapshotUnavailable", "{answer}");
        let hint = answer["hint"].as_str().expect("a hint");
        assert!(hint.contains("All readers must reach the same server"), "{hint}");
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }
    for server in [&primary, &standby] {
        let left = leftovers(server, folder.path()).await;
        assert_eq!(left, devstack::Leftovers::default());
    }
}

/// Sessions of a standby continue when it becomes a primary, and their snapshot stays.
#[tokio::test]
async fn a_standby_that_is_promoted_meanwhile() {
    let (_primary, standby, folder) = replicated().await;
    let slow = TcpProxy::start("127.0.0.1", standby.port()).await.expect("a proxy");
    slow.fault(TcpFault::Throttle(500_000));
    let mut command = without_aws(&standby, folder.path(), &locally(&FOUR));
    command.env("PGPORT", slow.port().to_string());
    let child = spawn(command);
    while slow.sent() < 200_000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    standby.promote().await.expect("a primary");
    standby.execute("postgres", "DELETE FROM t").await.expect("a change");
    slow.fault(TcpFault::None);
    let answer = body(&child.wait_with_output().expect("an end"));
    assert_eq!(answer["recordsProcessed"], ROWS, "{answer}");
    is_whole(&folder);
}

/// The id of a snapshot is not unique: another server's snapshot can have it, and an import does not fail.
#[tokio::test]
async fn a_snapshot_of_the_same_id_at_another_server_is_not_taken_for_it() {
    let (primary, standby, _folder) = replicated().await;
    let mut leader = session(&primary).await;
    leader.begin(settings(Snapshot::Shared)).await.expect("a transaction");
    // The local transaction number of the other server has to be lower, so this one's is raised.
    for _ in 0..200 {
        leader.release().await.expect("an end");
        leader.begin(settings(Snapshot::Shared)).await.expect("a transaction");
    }
    let exported = leader.export_snapshot().await.expect("a snapshot");
    let id = snapshots(&primary).await.pop().expect("the snapshot's file");

    let mut others = Vec::new();
    'found: loop {
        assert!(others.len() < 40, "no session of the standby could export {id}");
        let other = standby.connect().await.expect("a session");
        for _ in 0..1_000 {
            other.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await.expect("a transaction");
            let row = other.query_one("SELECT pg_export_snapshot()", &[]).await.expect("a snapshot");
            let got: String = row.get(0);
            if got == id {
                others.push(other);
                break 'found;
            }
            if got[..8] != id[..8] || got > id {
                break;
            }
            other.batch_execute("ROLLBACK").await.expect("an end");
        }
        others.push(other);
    }
    let error =
        session(&standby).await.join(settings(Snapshot::Own), &exported).await.expect_err("another server");
    assert_eq!(error.error_type, ErrorType::SnapshotUnavailable, "{error}");
    assert!(error.message.contains("Another server answered"), "{error}");
    session(&primary).await.join(settings(Snapshot::Own), &exported).await.expect("the same server");
}

async fn snapshots(postgres: &Postgres) -> Vec<String> {
    let client = postgres.connect().await.expect("a session");
    let rows = client.query("SELECT pg_ls_dir('pg_snapshots')", &[]).await.expect("the files");
    rows.iter().map(|row| row.get(0)).collect()
}

fn settings(snapshot: Snapshot) -> SessionSettings {
    SessionSettings { writable: false, lossless: false, statement_timeout: None, snapshot }
}

async fn session(postgres: &Postgres) -> Session {
    let address = local(postgres.port());
    let resolver = Resolver::instead(move |_| vec![address]);
    connect_by(&resolver, &login(postgres), ServerKind::Any, &Deadline::none()).await.expect("a session")
}
