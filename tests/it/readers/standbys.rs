//! Readers at standbys, and at several servers behind one address.

use std::process::Command;
use std::time::Duration;

use devstack::{Leftovers, Postgres, PostgresOptions, TcpFault, TcpProxy};
use rds_data_extractor::config::ServerKind;
use rds_data_extractor::database::{Resolver, Session, SessionSettings, Snapshot, connect_by};
use rds_data_extractor::deadline::Deadline;
use rds_data_extractor::error::ErrorType;
use serde_json::Value;
use tempfile::TempDir;

use crate::command_line::{body, leftovers, locally, output, spawn, without_aws};
use crate::failover::{local, login};

const ROWS: i32 = 100_000;
const FOUR: [&str; 8] =
    ["--table", "t", "--parallelism", "4", "--output", "f.csv", "--if-exists", "overwrite"];

/// A primary with a table, two standbys that have it too, and a folder.
struct Cluster {
    primary: Postgres,
    standbys: [Postgres; 2],
    folder: TempDir,
}

impl Cluster {
    async fn start() -> Self {
        let primary = Postgres::start(PostgresOptions::replicating()).await.expect("a primary");
        let sql = format!(
            "CREATE TABLE t AS SELECT g AS id, md5(g::text) AS name FROM generate_series(1, {ROWS}) g"
        );
        primary.execute("postgres", &sql).await.expect("a table");
        let standby = || async { primary.start_standby().await.expect("a standby") };
        let standbys = [standby().await, standby().await];
        for standby in &standbys {
            primary.wait_for(standby).await.expect("the table at the standby");
        }
        Self { primary, standbys, folder: TempDir::new().expect("a folder") }
    }

    /// Extracts the table with four readers by this port. All servers have the passwords and the authority of the primary.
    fn extract(&self, port: u16) -> Command {
        let mut command = without_aws(&self.primary, self.folder.path(), &locally(&FOUR));
        command.env("PGPORT", port.to_string());
        command
    }

    /// Asserts that the file has every row once, and removes it.
    fn has_whole_file(&self, answer: &Value) {
        assert_eq!(answer["recordsProcessed"], ROWS, "{answer}");
        let path = self.folder.path().join("f.csv");
        let file = std::fs::read_to_string(&path).expect("the file");
        let mut ids: Vec<i32> = file
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().expect("a cell").trim_matches('"').parse().expect("a number"))
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=ROWS).collect::<Vec<_>>());
        std::fs::remove_file(path).expect("no file");
    }

    async fn leaves_nothing(&self) {
        for server in [&self.primary, &self.standbys[0], &self.standbys[1]] {
            assert_eq!(leftovers(server, self.folder.path()).await, Leftovers::default());
        }
    }
}

#[tokio::test]
async fn readers_at_standbys() {
    let cluster = Cluster::start().await;
    one_standby_is_read_by_many(&cluster).await;
    an_address_of_several_servers_is_refused(&cluster).await;
    another_server_s_snapshot_of_the_same_id_is_not_taken(&cluster.standbys).await;
    // The last, since the standby is none after it.
    a_standby_that_is_promoted_meanwhile(&cluster).await;
}

async fn one_standby_is_read_by_many(cluster: &Cluster) {
    cluster.has_whole_file(&body(&output(cluster.extract(cluster.standbys[0].port()))));
    cluster.leaves_nothing().await;
}

/// Two standbys that have replayed the same, as behind a reader endpoint; and a primary and a standby, as after a failover.
async fn an_address_of_several_servers_is_refused(cluster: &Cluster) {
    let [first, second] = &cluster.standbys;
    for servers in [[first, second], [&cluster.primary, second]] {
        let servers = servers.map(|server| ("127.0.0.1", server.port()));
        let endpoint = TcpProxy::balancing(&servers).await.expect("a proxy");
        for _ in 0..3 {
            let answer = body(&output(cluster.extract(endpoint.port())));
            assert_eq!(answer["errorType"], "SnapshotUnavailable", "{answer}");
            let hint = answer["hint"].as_str().expect("a hint");
            assert!(hint.contains("All readers must reach the same server"), "{hint}");
            cluster.leaves_nothing().await;
        }
    }
}

/// Sessions of a standby continue when it becomes a primary, and their snapshot stays.
async fn a_standby_that_is_promoted_meanwhile(cluster: &Cluster) {
    let standby = &cluster.standbys[0];
    let slow = TcpProxy::start("127.0.0.1", standby.port()).await.expect("a proxy");
    slow.fault(TcpFault::Throttle(500_000));
    let child = spawn(cluster.extract(slow.port()));
    while slow.sent() < 200_000 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    standby.promote().await.expect("a primary");
    standby.execute("postgres", "DELETE FROM t").await.expect("a change");
    slow.fault(TcpFault::None);
    cluster.has_whole_file(&body(&child.wait_with_output().expect("an end")));
    cluster.leaves_nothing().await;
}

/// The id of a snapshot is not unique: another server's snapshot can have it, and even be of the same transactions, and an
/// import does not fail.
async fn another_server_s_snapshot_of_the_same_id_is_not_taken(servers: &[Postgres; 2]) {
    let [server, another] = servers;
    let mut leader = session(server).await;
    leader.begin(settings(Snapshot::Shared)).await.expect("a transaction");
    // The local transaction number of the other server has to be lower, so this one's is raised.
    for _ in 0..200 {
        leader.release().await.expect("an end");
        leader.begin(settings(Snapshot::Shared)).await.expect("a transaction");
    }
    let exported = leader.export_snapshot().await.expect("a snapshot");
    let id = snapshots(server).await.pop().expect("the snapshot's file");

    let mut others = Vec::new();
    'found: loop {
        assert!(others.len() < 40, "no session of the other standby could export {id}");
        let other = another.connect().await.expect("a session");
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
        session(another).await.join(settings(Snapshot::Own), &exported).await.expect_err("another server");
    assert_eq!(error.error_type, ErrorType::SnapshotUnavailable, "{error}");
    assert!(error.message.contains("Another server answered"), "{error}");
    session(server).await.join(settings(Snapshot::Own), &exported).await.expect("the same server");
}

async fn snapshots(postgres: &Postgres) -> Vec<String> {
    let client = postgres.connect().await.expect("a session");
    let rows = client.query("SELECT pg_ls_dir('pg_snapshots')", &[]).await.expect("the files");
    rows.iter().map(|row| row.get(0)).collect()
}

fn settings(snapshot: Snapshot) -> SessionSettings {
    SessionSettings { writable: false, lossless: false, statement_timeout: None, snapshot, lock: None }
}

async fn session(postgres: &Postgres) -> Session {
    let address = local(postgres.port());
    let resolver = Resolver::instead(move |_| vec![address]);
    connect_by(&resolver, &login(postgres), ServerKind::Any, &Deadline::none()).await.expect("a session")
}
