//! Money and rows move while readers read: each file is one moment.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use devstack::{Postgres, TcpFault, TcpProxy};
use serde_json::Value;
use tokio::time::sleep;

use crate::command_line::{body, database, locally, output, without_aws};
use crate::writers::{NOT_COMPARED, NOT_SHARED, Writers};

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
    writers: Writers,
}

impl Bank {
    async fn open(postgres: Postgres) -> Self {
        postgres.execute("postgres", BANK).await.expect("a bank");
        let mut writers = Writers::default();
        for sql in MOVES.iter().cycle().take(4) {
            let client = postgres.connect().await.expect("a connection");
            writers.start(|go_on| async move {
                client
                    .batch_execute("SET default_transaction_isolation = 'repeatable read'")
                    .await
                    .expect("a setting");
                while go_on.yes() {
                    // Two that want the same account: one of them loses.
                    let _ = client.batch_execute(sql).await;
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

/// Exports the accounts with several readers; returns the answer, and what is wrong with the file, if there is one.
fn export(bank: &Bank, folder: &Path, port: u16, by: &[&str]) -> (Value, Option<String>) {
    let file = folder.join("f.csv");
    let flags = [by, &["--parallelism", "4", "--output", "f.csv", "--if-exists", "overwrite"]].concat();
    let mut command = without_aws(&bank.postgres, folder, &locally(&flags));
    command.env("PGPORT", port.to_string()).env("PGSSLMODE", "disable");
    let answer = body(&tokio::task::block_in_place(|| output(command)));
    let wrong = answer["errorType"].is_null().then(|| judge(&accounts(&file))).flatten();
    (answer, wrong)
}

const BY_TABLE: &[&str] = &["--table", "accounts"];
const BY_COLUMN: &[&str] = &["--query", "SELECT id, balance FROM accounts", "--split-by", "id"];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_export_is_one_moment_of_the_bank() {
    let (postgres, folder) = database().await;
    let bank = Bank::open(postgres).await;
    let (folder, port) = (folder.path(), bank.postgres.port());
    for run in 0..70 {
        let by = if run < 50 { BY_TABLE } else { BY_COLUMN };
        let (answer, wrong) = export(&bank, folder, port, by);
        assert_eq!(answer["timings"]["readers"].as_array().map(Vec::len), Some(READERS), "{run}: {answer}");
        assert_eq!(wrong, None, "run {run}");
    }

    // The same readers without the snapshot would lose money, if they did not see it.
    let proxy = TcpProxy::start("127.0.0.1", port).await.expect("a proxy");
    proxy.fault(TcpFault::Replace(&[NOT_SHARED]));
    let mut refused = 0;
    for run in 0..10 {
        let (answer, wrong) = export(&bank, folder, proxy.port(), BY_TABLE);
        assert_eq!(wrong, None, "run {run}");
        refused += usize::from(answer["errorType"] == "SnapshotUnavailable");
    }
    assert!(refused > 0, "they see it");
    proxy.fault(TcpFault::Replace(&[NOT_SHARED, NOT_COMPARED]));
    for by in [BY_TABLE, BY_COLUMN] {
        let torn = (0..20).filter(|_| export(&bank, folder, proxy.port(), by).1.is_some()).count();
        println!("{torn} of 20 exports are no moment of the bank without the snapshot, by {by:?}");
        assert!(torn > 0, "{by:?}");
    }
    bank.close().await;
}
