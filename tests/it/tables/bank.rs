//! Accounts move between 300 tables while they are exported: each set is one moment.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use devstack::{Postgres, TcpFault, TcpProxy};
use serde_json::Value;
use tokio::time::sleep;

use super::{exporting, lines, manifest};
use crate::command_line::{body, database, output};
use crate::writers::{NOT_COMPARED, NOT_SHARED, Writers};

const TABLES: usize = 300;
const ACCOUNTS: usize = 3_000;
const BANK: &str = "CREATE SCHEMA bank; DO $$ BEGIN FOR i IN 0..299 LOOP \
    EXECUTE format('CREATE TABLE bank.branch_%s (id int PRIMARY KEY, balance int)', i); \
    EXECUTE format('INSERT INTO bank.branch_%s SELECT g, 100 FROM generate_series(%s, %s) g', i, 10 * i, 10 * i + 9); \
    END LOOP; END $$";

/// Clients that move accounts between branches until they are stopped.
struct Bank {
    postgres: Postgres,
    writers: Writers,
}

impl Bank {
    async fn open(postgres: Postgres) -> Self {
        postgres.execute("postgres", BANK).await.expect("a bank");
        let mut writers = Writers::default();
        for _ in 0..3 {
            let client = postgres.connect().await.expect("a connection");
            writers.start(|go_on| async move {
                while go_on.yes() {
                    let [from, to] = [(); 2].map(|()| format!("bank.branch_{}", fastrand::usize(..TABLES)));
                    // Half of what the branch has, so that the accounts stay spread.
                    let sql = format!(
                        "WITH gone AS (DELETE FROM {from} WHERE id IN (SELECT id FROM {from} LIMIT (SELECT (count(*) + 1) / 2 \
                         FROM {from})) RETURNING *) INSERT INTO {to} SELECT * FROM gone"
                    );
                    // Two that want the same account: one of them finds it gone.
                    client.batch_execute(&sql).await.expect("a move");
                    sleep(Duration::from_millis(1)).await;
                }
            });
        }
        Self { postgres, writers }
    }

    async fn close(self) {
        self.writers.stop().await;
    }
}

/// Returns what is wrong with the accounts of the set, if there is something.
fn judge(folder: &Path) -> Option<String> {
    let tables = lines(folder);
    let accounts: Vec<_> = tables.values().flatten().collect();
    let ids: HashSet<_> = accounts.iter().map(|line| line.split(',').next()).collect();
    let found = (tables.len(), accounts.len(), ids.len());
    (found != (TABLES, ACCOUNTS, ACCOUNTS)).then(|| format!("{found:?}"))
}

/// Exports the bank; returns the answer, and what is wrong with the set, if there is one.
fn export(bank: &Bank, folder: &Path, port: u16, readers: &str) -> (Value, Option<String>) {
    let _ = std::fs::remove_dir_all(folder.join("set"));
    let mut command = exporting(&bank.postgres, folder, "bank.*", &["--parallelism", readers]);
    command.env("PGPORT", port.to_string()).env("PGSSLMODE", "disable");
    let answer = body(&tokio::task::block_in_place(|| output(command)));
    let wrong = answer["errorType"].is_null().then(|| judge(folder)).flatten();
    (answer, wrong)
}

/// What makes each table a moment of its own for the only reader.
const NO_SNAPSHOT: (&[u8], &[u8]) =
    (b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", b"BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY ");

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_set_is_one_moment_of_all_tables() {
    let (postgres, folder) = database().await;
    let bank = Bank::open(postgres).await;
    let (folder, port) = (folder.path(), bank.postgres.port());
    for (run, readers) in ["4", "1"].into_iter().cycle().take(10).enumerate() {
        let begun = Instant::now();
        let (answer, wrong) = export(&bank, folder, port, readers);
        assert_eq!(answer["recordsProcessed"], ACCOUNTS, "run {run}: {answer}");
        assert_eq!(wrong, None, "run {run}");
        assert_eq!(answer["tables"].as_array().map(Vec::len), Some(TABLES), "{answer}");
        println!("{TABLES} tables, {readers} readers: {:?}, {}", begun.elapsed(), answer["timings"]);
    }
    let manifest = manifest(folder);
    assert_eq!(
        (&manifest["rows"], manifest["tables"].as_array().map(Vec::len)),
        (&ACCOUNTS.into(), Some(TABLES))
    );

    // The same readers without the snapshot would lose accounts, if they did not see it.
    let proxy = TcpProxy::start("127.0.0.1", port).await.expect("a proxy");
    proxy.fault(TcpFault::Replace(&[NOT_SHARED]));
    let (answer, _) = export(&bank, folder, proxy.port(), "4");
    assert_eq!(answer["errorType"], "SnapshotUnavailable", "they see it: {answer}");
    for (readers, without) in [("4", &[NOT_SHARED, NOT_COMPARED][..]), ("1", &[NO_SNAPSHOT])] {
        proxy.fault(TcpFault::Replace(without));
        let torn = (0..10).filter(|_| export(&bank, folder, proxy.port(), readers).1.is_some()).count();
        println!("{torn} of 10 sets are no moment of the bank without the snapshot, by {readers} readers");
        assert!(torn > 0, "{readers} readers");
    }
    bank.close().await;
}
