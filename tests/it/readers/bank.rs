//! Money and rows move while readers read: each file is one moment.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use devstack::Postgres;
use futures_util::future::try_join_all;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::extract;
use crate::command_line::{body, database, status};

const ACCOUNTS: i64 = 1_000;
const READERS: usize = 4;
/// Accounts that lie in pages by chance, a few in each.
const BANK: &str = "CREATE SEQUENCE ids START 1001; CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint, filler text); \
    ALTER TABLE accounts ALTER COLUMN filler SET STORAGE PLAIN; \
    INSERT INTO accounts SELECT g, 100, repeat('x', 1900) FROM generate_series(1, 1000) g ORDER BY random(); ANALYZE accounts";
/// Both move rows to other pages: there is no room in their own.
const MOVES: [&str; 2] = [
    "WITH pair AS (SELECT min(id) AS a, max(id) AS b FROM (SELECT id FROM accounts ORDER BY random() LIMIT 2) p) \
     UPDATE accounts SET balance = balance + CASE id WHEN a THEN -7 ELSE 7 END FROM pair WHERE id IN (a, b)",
    "WITH gone AS (DELETE FROM accounts WHERE id = (SELECT id FROM accounts ORDER BY random() LIMIT 1) RETURNING *) \
     INSERT INTO accounts SELECT nextval('ids'), balance, filler FROM gone",
];

/// Clients that move money and rows until they are stopped.
struct Bank {
    postgres: Postgres,
    stop: Arc<AtomicBool>,
    writers: Vec<JoinHandle<()>>,
}

impl Bank {
    async fn open(postgres: Postgres) -> Self {
        postgres.execute("postgres", BANK).await.expect("a bank");
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = Vec::new();
        for sql in MOVES.iter().cycle().take(4) {
            let client = postgres.connect().await.expect("a connection");
            let stop = Arc::clone(&stop);
            writers.push(tokio::spawn(async move {
                client
                    .batch_execute("SET default_transaction_isolation = 'repeatable read'")
                    .await
                    .expect("a setting");
                while !stop.load(Ordering::Relaxed) {
                    // Two that want the same account: one of them loses.
                    let _ = client.batch_execute(sql).await;
                    sleep(Duration::from_millis(1)).await;
                }
            }));
        }
        Self { postgres, stop, writers }
    }

    async fn close(self) {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await.expect("a writer");
        }
    }

    /// What is wrong with the accounts in the shares of readers that have, or do not have, one snapshot.
    async fn read(&self, is_shared: bool) -> Option<String> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let leader = self.postgres.connect().await.expect("a connection");
        leader.batch_execute(begin).await.expect("a transaction");
        let row =
            leader.query_one("SELECT pg_export_snapshot(), pg_relation_size('accounts') / 8192", &[]).await;
        let row = row.expect("a snapshot");
        let (snapshot, pages): (String, i64) = (row.get(0), row.get(1));
        let shares = (0..READERS as i64).map(async |reader| {
            let client = self.postgres.connect().await?;
            client.batch_execute(begin).await?;
            if is_shared {
                client.batch_execute(&format!("SET TRANSACTION SNAPSHOT '{snapshot}'")).await?;
            }
            let page = |reader: i64| pages * reader / READERS as i64;
            let end = if reader + 1 == READERS as i64 { 4_294_967_295 } else { page(reader + 1) };
            let sql = format!(
                "SELECT id, balance FROM accounts WHERE ctid >= '({},0)' AND ctid < '({end},0)'",
                page(reader)
            );
            let rows = client.query(&sql, &[]).await?;
            Ok::<_, Box<dyn std::error::Error>>(
                rows.iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<(i64, i64)>>(),
            )
        });
        judge(&try_join_all(shares).await.expect("shares").concat())
    }
}

fn judge(accounts: &[(i64, i64)]) -> Option<String> {
    let ids: HashSet<_> = accounts.iter().map(|(id, _)| id).collect();
    let sum: i64 = accounts.iter().map(|(_, balance)| balance).sum();
    let found = (accounts.len() as i64, ids.len() as i64, sum);
    (found != (ACCOUNTS, ACCOUNTS, 100 * ACCOUNTS)).then(|| format!("{found:?}"))
}

fn accounts(file: &Path) -> Vec<(i64, i64)> {
    let text = std::fs::read_to_string(file).expect("the file");
    let cells = |line: &str| {
        let mut cells = line.split(',').map(|cell| cell.parse().expect("a number"));
        (cells.next().expect("an id"), cells.next().expect("a balance"))
    };
    text.lines().skip(1).map(cells).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_export_is_one_moment_of_the_bank() {
    let (postgres, folder) = database().await;
    let bank = Bank::open(postgres).await;
    let file = folder.path().join("f.csv");
    let name = file.to_str().expect("a path");
    let by_table = ["--table", "accounts", "--parallelism", "4"];
    let by_column = ["--query", "SELECT id, balance FROM accounts", "--split-by", "id", "--parallelism", "4"];
    for run in 0..70 {
        let by = if run < 50 { &by_table[..] } else { &by_column[..] };
        let flags = [by, &["--output", name, "--if-exists", "overwrite", "--json"]].concat();
        let output = tokio::task::block_in_place(|| extract(&bank.postgres, folder.path(), &flags));
        assert_eq!(status(&output), 0, "{run}: {}", body(&output));
        assert_eq!(
            body(&output)["timings"]["readers"].as_array().map(Vec::len),
            Some(4),
            "{}",
            body(&output)
        );
        assert_eq!(judge(&accounts(&file)), None, "run {run}");
    }
    bank.close().await;
}

/// Without the shared snapshot, the same statements tear the bank apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_without_one_snapshot_would_lose_money() {
    let (postgres, _folder) = database().await;
    let bank = Bank::open(postgres).await;
    let mut torn = 0;
    for _ in 0..50 {
        assert_eq!(bank.read(true).await, None);
        torn += u32::from(bank.read(false).await.is_some());
    }
    assert!(torn > 0);
    bank.close().await;
}
